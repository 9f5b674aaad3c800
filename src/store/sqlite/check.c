#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"
#include "store/sqlite/sqlite.h"

static char check_why[300]; /* *why may point to it */

static int
check_refuse(const char *what, const char **why)
{
	int error = errno;

	snprintf(check_why, sizeof(check_why), "%s: %s", what, strerror(error));
	*why = check_why;
	return -error;
}

/* SQLite makes files beside the history, so the folder must be writable. */
static int
check_folder(const char *path, const char **why)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, (size_t)(slash - path + 1)) : xstrdup(".");
	int r = faccessat(AT_FDCWD, folder, R_OK | W_OK | X_OK, AT_EACCESS);

	if (r < 0)
		r = check_refuse("its folder cannot be used; create it, or let the user "
				 "that runs linnetd write to it",
			why);
	free(folder);
	return r;
}

int
sqlite_check(const char *path, const char **why)
{
	struct stat status;
	int64_t bytes;
	int r = sqlite_schema_check_file(path, &bytes, why);

	if (r == 0)
		r = check_folder(path, why);
	/* A new history is made. */
	if (r < 0 || lstat(path, &status) < 0)
		return r;
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0)
		return check_refuse("it cannot be written", why);
	return 0;
}
