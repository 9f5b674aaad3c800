/* inotify.h - inotify watches that several may hold: an inode has only one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct inotify_watch {
	int wd;
	unsigned holders;
	char *path; /* by which it was first reached */
};

struct inotify_watches {
	int fd; /* inotify's, nonblocking */
	struct inotify_watch *list;
	size_t count;
	size_t capacity;
};

/* Open inotify. Returns 0 or -errno. */
int inotify_watches_open(struct inotify_watches *watches);

/* Forget the watches. The descriptor stays open, with them. */
void inotify_watches_clear(struct inotify_watches *watches);

/* Hold a watch on path with mask, which is the same for all that hold it. Returns its
 * descriptor for inotify_watch_release, or -errno. */
int inotify_watch_hold(struct inotify_watches *watches, const char *path, uint32_t mask);

/* Give it back; a negative wd is fine. */
void inotify_watch_release(struct inotify_watches *watches, int wd);

/* The path of wd, or NULL. */
const char *inotify_watch_path(const struct inotify_watches *watches, int wd);
