/* reads.h - pages that are asked for. */
#pragma once

#include "store/driver.h"

/* The count of reads under way of that kind. */
size_t *store_count_of(struct store *store, enum store_read_kind kind);
