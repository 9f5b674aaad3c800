#include "client/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/output.h"
#include "linnet/base/xalloc.h"

/* A longer file is not one of ours. */
#define FILE_MAX_BYTES (1024 * 1024)

int
places_open(struct places *places, const char *path)
{
	char *text;
	size_t len;
	FILE *file;

	*places = (struct places){ .path = path };
	file = path ? fopen(path, "re") : NULL;
	if (!file) {
		places->of_rooms = json_object();
		if (!path || errno == ENOENT)
			return 0;
		output_note("%s: %s", path, strerror(errno));
		return -EIO;
	}
	text = xmalloc(FILE_MAX_BYTES);
	len = fread(text, 1, FILE_MAX_BYTES, file);
	places->of_rooms = json_loadb(text, len, 0, NULL);
	free(text);
	fclose(file);
	if (json_is_object(places->of_rooms))
		return 0;
	output_note("%s: this is not a file of --state; give another name, or remove it",
		path);
	return -EINVAL;
}

void
places_free(struct places *places)
{
	json_decref(places->of_rooms);
}

/* Rooms are told apart without regard to ASCII case; the exact spelling comes first. */
static const char *
places_find_key(const struct places *places, const char *room)
{
	const char *key, *found = NULL;
	json_t *place;

	json_object_foreach(places->of_rooms, key, place)
	{
		if (!strcmp(key, room))
			return key;
		if (!strcasecmp(key, room))
			found = key;
	}
	return found;
}

const char *
places_find(const struct places *places, const char *room)
{
	const char *key = places_find_key(places, room);

	return key ? json_string_value(json_object_get(places->of_rooms, key)) : NULL;
}

void
places_set(struct places *places, const char *room, const char *place)
{
	const char *key = places_find_key(places, room);

	json_object_set_new(places->of_rooms, key ? key : room, json_string(place));
	places->is_changed = true;
}

static int
places_write(const struct places *places, const char *draft)
{
	char *text = json_dumps(places->of_rooms, JSON_INDENT(1));
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), r = 0;
	size_t len = strlen(text);

	if (fd < 0) {
		r = -errno;
		free(text);
		return r;
	}
	text[len] = '\n'; /* in the place of the NUL */
	if (write(fd, text, len + 1) != (ssize_t)len + 1 || fdatasync(fd) < 0)
		r = errno ? -errno : -EIO;
	if (close(fd) < 0 && !r)
		r = -errno;
	free(text);
	return r;
}

int
places_save(struct places *places)
{
	char *draft;
	int r;

	if (!places->path || !places->is_changed)
		return 0;
	draft = xasprintf("%s.new", places->path);
	r = places_write(places, draft);
	if (!r && rename(draft, places->path) < 0)
		r = -errno;
	if (r)
		output_note("%s: %s", places->path, strerror(-r));
	free(draft);
	places->is_changed = false;
	return r;
}
