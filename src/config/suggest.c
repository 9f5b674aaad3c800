/* Finds the key that a misspelt one probably means. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

#define NAME_BYTES 64 /* longer names get no suggestion */

/* The number of letters to insert, drop, replace, or swap with the next one, to turn a
 * into b. Case does not matter. SIZE_MAX if a or b is longer than NAME_BYTES. */
static size_t
suggest_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NAME_BYTES + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	if (a_length > NAME_BYTES || b_length > NAME_BYTES)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *spare = before;
		before = last;
		last = row;
		row = spare;
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = strncasecmp(a + i - 1, b + j - 1, 1) == 0;
			row[j] = last[j - 1] + (same ? 0 : 1);
			if (last[j] + 1 < row[j])
				row[j] = last[j] + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			if (i > 1 && j > 1 && before[j - 2] + 1 < row[j] &&
				strncasecmp(a + i - 1, b + j - 2, 1) == 0 &&
				strncasecmp(a + i - 2, b + j - 1, 1) == 0)
				row[j] = before[j - 2] + 1;
		}
	}
	return row[b_length];
}

/* The most mistakes in a name of that length for a suggestion. */
static size_t
suggest_max_distance(size_t length)
{
	return length <= 4 ? 1 : length <= 8 ? 2 : 3;
}

/* The length of the group in "group.leaf"; 0 if there is no dot. */
static size_t
suggest_group_length(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? (size_t)(dot - path) : 0;
}

/* How much path differs from option. SIZE_MAX: too much for a suggestion. */
static size_t
suggest_cost(const char *path, const char *option)
{
	size_t group = suggest_group_length(path),
	       option_group = suggest_group_length(option);
	const char *leaf = path + (group ? group + 1 : 0);
	const char *option_leaf = option + (option_group ? option_group + 1 : 0);
	size_t length = strlen(leaf);
	size_t whole = suggest_distance(path, strlen(path), option, strlen(option));
	size_t group_distance = suggest_distance(path, group, option, option_group);
	size_t leaf_distance =
		suggest_distance(leaf, length, option_leaf, strlen(option_leaf));
	bool group_near = group == 0 || group_distance <= suggest_max_distance(group);
	size_t leaf_slips = group_near   ? suggest_max_distance(length)
			    : length > 4 ? 1
					 : 0;

	if (leaf_distance <= leaf_slips)
		return 8 * leaf_distance +
		       (group_near && group_distance < 7 ? group_distance : 7);
	if ((group == 0 || strchr(path, '.') != path + group) && whole <= 2)
		return 64 + whole;
	return SIZE_MAX;
}

/* The member with the lowest cost. */
const struct config_option *
config_option_suggest(const struct config_members *members, const char *path)
{
	const struct config_option *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < members->count; i++) {
		size_t cost = suggest_cost(path, members->options[i].path);
		if (cost < least) {
			least = cost;
			best = &members->options[i];
		}
	}
	return best;
}

char *
config_group_suggest(const char *name)
{
	const char *best = NULL;
	size_t least = suggest_max_distance(strlen(name)) + 1;

	for (size_t i = 0; i < config_option_count; i++) {
		const char *path = config_options[i].path;
		size_t distance = suggest_distance(
			name, strlen(name), path, suggest_group_length(path));
		if (suggest_group_length(path) > 0 && distance < least) {
			least = distance;
			best = path;
		}
	}
	return best ? xstrndup(best, suggest_group_length(best)) : NULL;
}
