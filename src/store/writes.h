/* writes.h - entries on their way to the driver. */
#pragma once

#include "store/driver.h"

/* A write with a copy of entry. A driver makes one with ticket 0 and an id to tell an
 * entry of another process: store_answer_writes takes it among its answers, in the order
 * of the room, and frees it. */
struct store_write *store_new_write(const struct store_entry *entry, uint64_t ticket);

/* Free write. Unless its ticket is 0, it is not under way any more. */
void store_free_write(struct store *store, struct store_write *write);

/* The driver could not store write: keep it for the next flush, as if it had not tried.
 * Returns false if it was withdrawn, with the error to answer. */
bool store_hold(struct store *store, struct store_write *write);
