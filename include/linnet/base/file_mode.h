/* file_mode.h - who can read a file. */
#pragma once

#include <stdbool.h>

/* True if path is a regular file that every user of this machine can read: its mode says
 * so, and the modes of all folders above it let everybody through. */
bool file_mode_is_public(const char *path);
