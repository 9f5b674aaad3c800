/* Preloaded into the daemon: writes and syncs hang while the file $HANG_FILE exists, as
 * on a disk or a file server that does not answer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void
hang(void)
{
	const char *file = getenv("HANG_FILE");

	while (file && access(file, F_OK) == 0)
		usleep(10000);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	ssize_t (*next)(int, const void *, size_t, off64_t) =
		dlsym(RTLD_NEXT, "pwrite64");

	hang();
	return next(fd, bytes, len, offset);
}

int
fsync(int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, "fsync");

	hang();
	return next(fd);
}

int
fdatasync(int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");

	hang();
	return next(fd);
}
