/* erased.h - what is left of an entry's tail when its text or a name is erased. Tails are
 * as in store_entry, with a NUL behind them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/store/store.h"

/* True if somebody called name (folded) has said the entry, or acknowledged or cleared
 * its alarm. */
bool erased_has_name(const char *tail, size_t len, const char *name);

/* The tail of message when it is deleted: its time and, unless a name is given, who has
 * said it. NULL if it cannot be deleted: it is an alarm or a line of a log; it is
 * deleted already, or another name has said it. The caller frees it. */
char *erased_tail(const struct store_message *message, const char *name);

/* The tail without name (folded). The caller frees it. */
char *erased_without_name(const char *tail, size_t len, const char *name);
