/* folder.h - a folder of its own for the files of a test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Length of the name of a folder, with the NUL. */
#define FOLDER_BYTES sizeof("/tmp/linnet-test-XXXXXX")

/* Make a folder and write its name to name, which has room for FOLDER_BYTES. */
static inline void
folder_make(char *name)
{
	strcpy(name, "/tmp/linnet-test-XXXXXX");
	assert_non_null(mkdtemp(name));
}

static inline int
folder_remove_one(
	const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

/* Remove the folder with everything in it. */
static inline void
folder_remove(const char *name)
{
	assert_int_equal(
		nftw(name, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT), 0);
}

/* The path of name in folder; valid until the eighth next call. */
static inline const char *
folder_path(const char *folder, const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}
