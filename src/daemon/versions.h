/* versions.h - the versions of Linnet and of its libraries. */
#pragma once

/* Print one line each to stdout. */
void versions_print(void);
