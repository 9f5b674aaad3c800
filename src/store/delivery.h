/* delivery.h - answers are given to the callbacks, in the thread that uses the store. */
#pragma once

#include "store/driver.h"

/* Deliver from the front of writes until max_bytes of them are delivered. Returns how
 * many bytes were. */
size_t store_deliver_writes(
	struct store *store, struct store_writes *writes, size_t max_bytes);

/* Deliver read and free it. */
void store_deliver_read(struct store *store, struct store_read *read);
