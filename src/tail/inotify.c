#include "tail/inotify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "linnet/base/xalloc.h"

int
inotify_watches_open(struct inotify_watches *watches)
{
	*watches = (struct inotify_watches){
		.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
	};
	return watches->fd < 0 ? -errno : 0;
}

static void
inotify_watch_free(struct inotify_watches *watches, struct inotify_watch *watch)
{
	HASH_DEL(watches->by_wd, watch);
	free(watch->path);
	free(watch);
}

void
inotify_watches_clear(struct inotify_watches *watches)
{
	struct inotify_watch *watch, *next;

	HASH_ITER(hh, watches->by_wd, watch, next)
	inotify_watch_free(watches, watch);
}

int
inotify_watch_hold(struct inotify_watches *watches, const char *path, uint32_t mask)
{
	int wd = inotify_add_watch(watches->fd, path, mask);
	struct inotify_watch *watch;

	if (wd < 0)
		return -errno;
	HASH_FIND_INT(watches->by_wd, &wd, watch);
	if (!watch) {
		watch = xcalloc(1, sizeof(*watch));
		watch->wd = wd;
		HASH_ADD_INT(watches->by_wd, wd, watch);
	}
	watch->holders++;
	/* A link in the older path may lead elsewhere by now. */
	free(watch->path);
	watch->path = xstrdup(path);
	return wd;
}

void
inotify_watch_release(struct inotify_watches *watches, int wd)
{
	struct inotify_watch *watch;

	HASH_FIND_INT(watches->by_wd, &wd, watch);
	if (!watch || --watch->holders)
		return;
	/* Fails if the inode is gone: its watch has ended with it. */
	inotify_rm_watch(watches->fd, wd);
	inotify_watch_free(watches, watch);
}

const char *
inotify_watch_path(const struct inotify_watches *watches, int wd)
{
	const struct inotify_watch *watch;

	HASH_FIND_INT(watches->by_wd, &wd, watch);
	return watch ? watch->path : NULL;
}
