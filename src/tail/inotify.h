/* inotify.h - inotify watches that several may hold: an inode has only one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct follow_watch {
	int wd;
	unsigned holders;
	char *path; /* by which it was first reached */
};

struct follow_watches {
	int fd; /* inotify's, nonblocking */
	struct follow_watch *list;
	size_t count;
	size_t capacity;
};

/* Open inotify. Returns 0 or -errno. */
int follow_watches_open(struct follow_watches *watches);

/* Close it, with all watches. */
void follow_watches_close(struct follow_watches *watches);

/* Hold a watch on path with mask, which is the same for all that hold it. Returns its
 * descriptor for follow_watch_release, or -errno. */
int follow_watch_hold(struct follow_watches *watches, const char *path, uint32_t mask);

/* Give it back; a negative wd is fine. */
void follow_watch_release(struct follow_watches *watches, int wd);

/* The path of wd, or NULL. */
const char *follow_watch_path(const struct follow_watches *watches, int wd);
