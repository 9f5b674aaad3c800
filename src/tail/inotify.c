#include "tail/inotify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

void
inotify_watches_clear(struct inotify_watches *watches)
{
	size_t i;

	for (i = 0; i < watches->count; i++)
		free(watches->list[i].path);
	free(watches->list);
}

static struct inotify_watch *
inotify_watch_find(const struct inotify_watches *watches, int wd)
{
	size_t i;

	for (i = 0; i < watches->count; i++)
		if (watches->list[i].wd == wd)
			return &watches->list[i];
	return NULL;
}

int
inotify_watch_hold(struct inotify_watches *watches, const char *path, uint32_t mask)
{
	int wd = inotify_add_watch(watches->fd, path, mask);
	struct inotify_watch *watch;

	if (wd < 0)
		return -errno;
	watch = inotify_watch_find(watches, wd);
	if (watch) {
		watch->holders++;
		/* A link in the older path may lead elsewhere by now. */
		free(watch->path);
		watch->path = xstrdup(path);
		return wd;
	}
	if (watches->count == watches->capacity) {
		watches->capacity = watches->capacity ? 2 * watches->capacity : 8;
		watches->list = xrealloc(
			watches->list, watches->capacity * sizeof(watches->list[0]));
	}
	watches->list[watches->count++] = (struct inotify_watch){
		.wd = wd,
		.holders = 1,
		.path = xstrdup(path),
	};
	return wd;
}

void
inotify_watch_release(struct inotify_watches *watches, int wd)
{
	struct inotify_watch *watch = inotify_watch_find(watches, wd);

	if (!watch || --watch->holders)
		return;
	/* Fails if the inode is gone: its watch has ended with it. */
	inotify_rm_watch(watches->fd, wd);
	free(watch->path);
	*watch = watches->list[--watches->count];
}

const char *
inotify_watch_path(const struct inotify_watches *watches, int wd)
{
	const struct inotify_watch *watch = inotify_watch_find(watches, wd);

	return watch ? watch->path : NULL;
}
