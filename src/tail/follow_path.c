#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"
#include "tail/follow_private.h"

#define FOLDER_EVENTS                                                                    \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |          \
		IN_MOVE_SELF | IN_ONLYDIR)

/* Events about the folder itself. */
#define FOLDER_GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

void
follow_path_init(struct follow_path *path, const char *text)
{
	*path = (struct follow_path){ .path = xstrdup(text) };
	TAILQ_INIT(&path->moves);
}

static void
follow_path_release_places(
	struct inotify_watches *watches, struct follow_place *places, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		inotify_watch_release(watches, places[i].wd);
		free(places[i].name);
	}
}

void
follow_path_fini(struct follow_path *path, struct inotify_watches *watches)
{
	follow_path_clear_moves(path);
	follow_path_release_places(watches, path->places, path->count);
	free(path->path);
}

/* Split text: the name goes to name, the folder stays in text. */
static void
follow_path_split(char *text, char *name)
{
	char *slash = strrchr(text, '/');

	snprintf(name, NAME_MAX + 1, "%.*s", NAME_MAX, slash ? slash + 1 : text);
	if (slash)
		slash[slash == text] = '\0';
	else
		memcpy(text, ".", sizeof("."));
}

/* Watch the folder of text, or the nearest folder above it that exists. What appears in
 * it before the watch begins is found by the look that follows. */
static int
follow_path_watch_folder(
	struct inotify_watches *watches, const char *text, struct follow_place *place)
{
	char folder[PATH_MAX], name[NAME_MAX + 1];

	snprintf(folder, sizeof(folder), "%s", text);
	place->is_folder = false;
	for (;;) {
		follow_path_split(folder, name);
		place->wd = inotify_watch_hold(watches, folder, FOLDER_EVENTS);
		if (place->wd >= 0)
			break;
		if ((place->wd != -ENOENT && place->wd != -ENOTDIR) ||
			!strcmp(folder, ".") || !strcmp(folder, "/"))
			return place->wd;
		place->is_folder = true;
	}
	place->name = xstrdup(name);
	return 0;
}

/* If text is a link, replace it by its target. Returns false if it is not. */
static bool
follow_path_resolve_link(char *text)
{
	char target[PATH_MAX], whole[PATH_MAX];
	ssize_t n = readlink(text, target, sizeof(target));
	const char *slash = strrchr(text, '/');
	int len = slash ? (int)(slash - text) + 1 : 0;

	if (n <= 0 || n == (ssize_t)sizeof(target))
		return false;
	if (target[0] == '/')
		len = 0;
	n = snprintf(whole, sizeof(whole), "%.*s%.*s", len, text, (int)n, target);
	if (n >= (ssize_t)sizeof(whole))
		return false;
	memcpy(text, whole, (size_t)n + 1);
	return true;
}

int
follow_path_watch(struct follow_path *path, struct inotify_watches *watches)
{
	struct follow_place places[FOLLOW_PLACES];
	char text[PATH_MAX];
	size_t count = 0;
	int r;

	snprintf(text, sizeof(text), "%s", path->path);
	do {
		r = follow_path_watch_folder(watches, text, &places[count]);
		if (r == 0)
			count++;
	} while (r == 0 && count < FOLLOW_PLACES && !places[count - 1].is_folder &&
		 follow_path_resolve_link(text));
	/* Release the old watches last, so that a watch in both lists never ends. */
	follow_path_release_places(watches, path->places, path->count);
	memcpy(path->places, places, count * sizeof(places[0]));
	path->count = count;
	return r;
}

static void
follow_path_forget_move(struct follow_path *path, struct follow_move *move)
{
	TAILQ_REMOVE(&path->moves, move, link);
	path->move_count--;
	follow_reader_free(move->reader);
	free(move->name);
	free(move);
}

void
follow_path_clear_moves(struct follow_path *path)
{
	while (!TAILQ_EMPTY(&path->moves))
		follow_path_forget_move(path, TAILQ_FIRST(&path->moves));
}

static struct follow_move *
follow_path_find_move(struct follow_path *path, const struct inotify_event *event)
{
	struct follow_move *move;

	TAILQ_FOREACH (move, &path->moves, link)
		if (move->wd == event->wd && !strcmp(move->name, event->name))
			return move;
	return NULL;
}

static struct follow_move *
follow_path_find_unplaced(struct follow_path *path, uint32_t cookie)
{
	struct follow_move *move;

	TAILQ_FOREACH (move, &path->moves, link)
		if (move->wd < 0 && move->cookie == cookie)
			return move;
	return NULL;
}

static const struct follow_place *
follow_path_find_place(const struct follow_path *path, const struct inotify_event *event)
{
	size_t i;

	for (i = 0; i < path->count; i++)
		if (path->places[i].wd == event->wd &&
			(event->len ? !strcmp(path->places[i].name, event->name)
				    : (event->mask & FOLDER_GONE) != 0))
			return &path->places[i];
	return NULL;
}

/* If there are as many as may be open, the oldest one is forgotten. */
static struct follow_move *
follow_path_add_move(struct follow_path *path)
{
	struct follow_move *move = xcalloc(1, sizeof(*move));

	if (path->move_count == FOLLOW_DESCRIPTORS)
		follow_path_forget_move(path, TAILQ_FIRST(&path->moves));
	TAILQ_INSERT_TAIL(&path->moves, move, link);
	path->move_count++;
	return move;
}

/* The file of move was renamed again. */
static void
follow_path_lose_move(struct follow_move *move, uint32_t cookie)
{
	follow_reader_free(move->reader);
	move->reader = NULL;
	free(move->name);
	move->name = NULL;
	move->wd = -1;
	move->cookie = cookie;
}

/* If the file is open already it can still be read. Keep it, but let no later rename
 * match it. */
static void
follow_path_on_deleted(struct follow_path *path, struct follow_move *move)
{
	if (!move->reader) {
		follow_path_forget_move(path, move);
		return;
	}
	move->wd = -1;
	move->cookie = 0; /* no rename has this cookie */
}

bool
follow_path_on_event(struct follow_path *path, const struct inotify_event *event)
{
	const struct follow_place *place = follow_path_find_place(path, event);
	struct follow_move *move, *unplaced;
	bool is_ours = place && !place->is_folder, concerns_us;

	if (!event->len)
		return place;
	move = follow_path_find_move(path, event);
	unplaced = follow_path_find_unplaced(path, event->cookie);
	concerns_us = place || move || unplaced;
	if (event->mask & IN_MOVED_FROM) {
		if (!move && is_ours)
			move = follow_path_add_move(path);
		if (move)
			follow_path_lose_move(move, event->cookie);
	} else if (event->mask & IN_MOVED_TO) {
		if (move) /* another file has its name now */
			follow_path_forget_move(path, move);
		if (unplaced && is_ours) { /* it is back at the path */
			follow_path_forget_move(path, unplaced);
		} else if (unplaced) {
			unplaced->wd = event->wd;
			unplaced->name = xstrdup(event->name);
		}
	} else if ((event->mask & IN_DELETE) && move) {
		follow_path_on_deleted(path, move);
	}
	return concerns_us;
}

bool
follow_path_has_traced_moves(const struct follow_path *path)
{
	const struct follow_move *move;

	TAILQ_FOREACH (move, &path->moves, link)
		if (!move->reader)
			return false;
	return true;
}

void
follow_path_open_moves(struct follow_path *path, const struct inotify_watches *watches,
	size_t max_line_bytes)
{
	struct follow_move *move;
	char text[PATH_MAX + NAME_MAX + 2];

	TAILQ_FOREACH (move, &path->moves, link) {
		const char *folder = inotify_watch_path(watches, move->wd);

		if (move->reader || !folder)
			continue;
		snprintf(text, sizeof(text), "%s/%s", folder, move->name);
		if (follow_reader_open(&move->reader, text, max_line_bytes) < 0)
			move->reader = NULL;
	}
}
