/* fuzz.h - the entry point of a fuzzer, and how it reports a failure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Must return 0 for any data. Ends the process if a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}
