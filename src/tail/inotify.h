/* inotify.h - inotify watches with several holders: the kernel has one per inode. */
#pragma once

#include <stdint.h>

#include "linnet/base/hash.h"

struct inotify_watch {
	int wd;
	unsigned holders;
	char *path; /* of the last inotify_watch_hold */
	UT_hash_handle hh;
};

struct inotify_watches {
	int fd; /* inotify's, nonblocking */
	struct inotify_watch *by_wd;
};

/* Open inotify. Returns 0 or -errno. */
int inotify_watches_open(struct inotify_watches *watches);

/* Free the watches. The descriptor stays open, and the watches with it. */
void inotify_watches_clear(struct inotify_watches *watches);

/* Watch path for the events in mask; every holder of a watch must use the same mask.
 * Returns a watch descriptor for inotify_watch_release, or -errno. */
int inotify_watch_hold(struct inotify_watches *watches, const char *path, uint32_t mask);

/* Give up a watch; the last holder ends it. A negative wd is fine. */
void inotify_watch_release(struct inotify_watches *watches, int wd);

/* The path of a watch, or NULL if there is no such watch. */
const char *inotify_watch_path(const struct inotify_watches *watches, int wd);
