/* rlimit.h - the limit of open files. */
#pragma once

#include <stddef.h>

/* Set the limit of open files to what connections need with each of them, the process
 * itself and others of its files, up or down: libwebsockets makes its tables as large as
 * that. Returns how many connections fit; less than asked for is logged. */
size_t rlimit_fit(size_t connections, size_t each, size_t others);
