/* places.h - how far each room was read, kept in a file over runs. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* A file with one JSON object: {"ROOM":"EPOCH:ID"}. */
struct places {
	const char *path; /* borrowed; NULL: kept in memory only */
	json_t *of_rooms;
	bool is_changed; /* since places_save */
};

/* Read the file at path, if there is one. Returns 0, or -errno after printing why. Free
 * with places_free. */
int places_open(struct places *places, const char *path);
void places_free(struct places *places);

/* The place in room, whatever the case of its ASCII letters, or NULL. Valid until
 * places_set. */
const char *places_find(const struct places *places, const char *room);
void places_set(struct places *places, const char *room, const char *place);

/* Replace the file, if something has changed. It is whole at any time, also after a power
 * loss. Returns 0, or -errno after printing why. */
int places_save(struct places *places);
