#include "linnet/base/file_mode.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool
file_mode_is_public(const char *path)
{
	char real[PATH_MAX], *slash;
	struct stat status;

	if (!realpath(path, real) || stat(real, &status) < 0 ||
		!S_ISREG(status.st_mode) || !(status.st_mode & S_IROTH))
		return false;
	while ((slash = strrchr(real, '/')) != NULL && slash != real) {
		*slash = '\0';
		if (stat(real, &status) < 0 || !(status.st_mode & S_IXOTH))
			return false;
	}
	return true;
}
