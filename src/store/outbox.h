/* outbox.h - answers that wait for store_dispatch. */
#pragma once

#include "store/driver.h"

/* Make an empty outbox. Returns 0, or -errno if there is no descriptor for it. In either
 * case close it. */
int store_outbox_open(struct store_outbox *outbox);

/* Close the outbox, which is empty. */
void store_outbox_close(struct store_outbox *outbox);

/* Give back writes, which become an empty list, or read, with their answers. Any thread
 * may call it. */
void store_answer_writes(struct store *store, struct store_writes *writes);
void store_answer_read(struct store *store, struct store_read *read);

/* Make store_fd readable, so that store_dispatch is called. Any thread may call it. */
void store_wake(struct store *store);

/* Append what is in the outbox to writes and reads. */
void store_outbox_take(struct store_outbox *outbox, struct store_writes *writes,
	struct store_reads *reads);

/* Put writes that were not delivered in front of those answered meanwhile. */
void store_put_back(struct store *store, struct store_writes *writes);
