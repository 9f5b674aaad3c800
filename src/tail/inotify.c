#include "tail/inotify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"

int
follow_watches_open(struct follow_watches *watches)
{
	*watches = (struct follow_watches){
		.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
	};
	return watches->fd < 0 ? -errno : 0;
}

void
follow_watches_close(struct follow_watches *watches)
{
	size_t i;

	for (i = 0; i < watches->count; i++)
		free(watches->list[i].path);
	free(watches->list);
	close(watches->fd);
}

static struct follow_watch *
find(const struct follow_watches *watches, int wd)
{
	size_t i;

	for (i = 0; i < watches->count; i++)
		if (watches->list[i].wd == wd)
			return &watches->list[i];
	return NULL;
}

int
follow_watch_hold(struct follow_watches *watches, const char *path, uint32_t mask)
{
	int wd = inotify_add_watch(watches->fd, path, mask);
	struct follow_watch *watch;

	if (wd < 0)
		return -errno;
	watch = find(watches, wd);
	if (watch) {
		watch->holders++;
		return wd;
	}
	if (watches->count == watches->capacity) {
		watches->capacity = watches->capacity ? 2 * watches->capacity : 8;
		watches->list = xrealloc(
			watches->list, watches->capacity * sizeof(watches->list[0]));
	}
	watches->list[watches->count++] = (struct follow_watch){
		.wd = wd,
		.holders = 1,
		.path = xstrdup(path),
	};
	return wd;
}

void
follow_watch_release(struct follow_watches *watches, int wd)
{
	struct follow_watch *watch = find(watches, wd);

	if (!watch || --watch->holders)
		return;
	/* Fails where the inode has gone and has taken its watch along. */
	inotify_rm_watch(watches->fd, wd);
	free(watch->path);
	*watch = watches->list[--watches->count];
}

const char *
follow_watch_path(const struct follow_watches *watches, int wd)
{
	const struct follow_watch *watch = find(watches, wd);

	return watch ? watch->path : NULL;
}
