/* fuzz.h - the entry point of a fuzz target, and its assertion. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Run the target on the size bytes of data. Returns 0, or aborts if a check fails. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}
