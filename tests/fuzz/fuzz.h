/* fuzz.h - what a fuzzer is, and how it fails with a reason. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Whatever the size bytes of data are, it returns 0; it ends the process where a promise
 * is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}
