#include "chat/far_people.h"

#include <limits.h>
#include <string.h>

#include "chat/attendance.h"
#include "chat/naming.h"

/* The door of that word (static), or NULL. */
static const char *
far_people_door(const char *word)
{
	enum wire wire;

	for (wire = 0; wire < WIRE_COUNT; wire++)
		if (!strcmp(wire_door(wire), word))
			return wire_door(wire);
	return NULL;
}

static void
far_people_on_here(struct chat *chat, const struct cluster_event *event)
{
	struct far_part *part =
		roster_add_far(chat->roster, event->name, event->key, event->node);

	part->is_doubted = false;
	part->sessions = event->sessions;
	roster_set_far_proofs(chat->roster, part, event->proofs);
}

static void
far_people_remove(struct chat *chat, struct far_part *part)
{
	while (!LIST_EMPTY(&part->stays))
		attendance_go_far(chat, LIST_FIRST(&part->stays));
	roster_remove_far(chat->roster, part);
}

static void
far_people_on_enter(
	struct chat *chat, struct far_part *part, const struct cluster_event *event)
{
	const char *door = far_people_door(event->via);

	if (door)
		attendance_arrive_far(
			chat, rooms_find_or_add(chat->rooms, event->room), part, door)
			->is_doubted = false;
}

static void
far_people_on_leave(
	struct chat *chat, struct far_part *part, const struct cluster_event *event)
{
	const struct room *room = rooms_find(chat->rooms, event->room);
	struct far_stay *stay = room ? rooms_find_stay(room, part) : NULL;

	if (stay)
		attendance_go_far(chat, stay);
}

/* Somebody else has that name already: part becomes one of it. */
static void
far_people_merge(
	struct chat *chat, struct far_part *part, const struct cluster_event *event)
{
	struct far_part *into =
		roster_add_far(chat->roster, event->name, event->key, part->node);
	struct far_stay *stay;

	into->sessions += part->sessions;
	LIST_FOREACH (stay, &part->stays, part_link)
		attendance_arrive_far(chat, stay->attendee->room, into, stay->door);
	if (!*into->proofs.token)
		roster_set_far_proofs(chat->roster, into, &part->proofs);
	far_people_remove(chat, part);
}

static void
far_people_on_rename(struct chat *chat, const struct cluster_event *event)
{
	struct person *person = roster_find_key(chat->roster, event->was_key);
	struct person *target = roster_find_key(chat->roster, event->key);
	struct far_part *part, *next;

	if (!person)
		return;
	if (target == person)
		target = NULL;
	if (target)
		for (part = LIST_FIRST(&person->far); part; part = next) {
			next = LIST_NEXT(part, person_link);
			if (!next && !roster_is_near(person))
				person = NULL;
			far_people_merge(chat, part, event);
		}
	if (person)
		naming_follow(chat, person, target, event->name);
}

/* Remove the parts on node; UINT_MAX: those that a picture did not have. */
static void
far_people_sweep(struct chat *chat, unsigned node)
{
	struct far_part *part, *next_part;
	struct far_stay *stay, *next;
	bool is_gone;

	for (part = LIST_FIRST(roster_far_parts(chat->roster)); part; part = next_part) {
		next_part = LIST_NEXT(part, link);
		is_gone = node == UINT_MAX ? part->is_doubted : part->node == node;
		if (is_gone) {
			far_people_remove(chat, part);
			continue;
		}
		for (stay = LIST_FIRST(&part->stays); stay; stay = next) {
			next = LIST_NEXT(stay, part_link);
			if (node == UINT_MAX && stay->is_doubted)
				attendance_go_far(chat, stay);
		}
	}
}

static void
far_people_doubt(struct chat *chat)
{
	struct far_part *part;
	struct far_stay *stay;

	LIST_FOREACH (part, roster_far_parts(chat->roster), link) {
		part->is_doubted = true;
		LIST_FOREACH (stay, &part->stays, part_link)
			stay->is_doubted = true;
	}
}

/* Something that a person does whom the node has told of. */
static void
far_people_on_place(struct chat *chat, const struct cluster_event *event)
{
	struct far_part *part = roster_find_far(chat->roster, event->key, event->node);

	if (!part)
		return;
	if (event->kind == CLUSTER_ENTER)
		far_people_on_enter(chat, part, event);
	else if (event->kind == CLUSTER_LEAVE)
		far_people_on_leave(chat, part, event);
	else
		far_people_remove(chat, part);
}

void
far_people_on_event(struct chat *chat, const struct cluster_event *event)
{
	switch (event->kind) {
	case CLUSTER_HERE:
		far_people_on_here(chat, event);
		break;
	case CLUSTER_ENTER:
	case CLUSTER_LEAVE:
	case CLUSTER_LEFT:
		far_people_on_place(chat, event);
		break;
	case CLUSTER_RENAME:
		far_people_on_rename(chat, event);
		break;
	case CLUSTER_GONE:
		far_people_sweep(chat, event->node);
		break;
	case CLUSTER_ANEW:
		far_people_doubt(chat);
		break;
	case CLUSTER_WHOLE:
		far_people_sweep(chat, UINT_MAX);
		break;
	default:
		break;
	}
}

void
far_people_free(struct chat *chat)
{
	struct far_part *part;

	while ((part = LIST_FIRST(roster_far_parts(chat->roster))))
		far_people_remove(chat, part);
}
