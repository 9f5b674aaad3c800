#include "chat/near_people.h"

#include "chat/proofs.h"

static bool
near_people_has_others(const struct chat *chat)
{
	return cluster_is_shared(&chat->cluster);
}

static unsigned
near_people_sessions(const struct person *person)
{
	const struct session *session;
	unsigned count = 0;

	TAILQ_FOREACH (session, &person->sessions, person_link)
		count++;
	return count;
}

static void
near_people_tell_here(struct chat *chat, const struct person *person)
{
	struct cluster_proofs proofs;

	proofs_of_person(&proofs, person);
	cluster_tell(&chat->cluster, &(struct cluster_event){
					     .kind = CLUSTER_HERE,
					     .name = person->name,
					     .key = roster_key(person),
					     .sessions = near_people_sessions(person),
					     .proofs = &proofs,
				     });
}

static void
near_people_tell_place(struct chat *chat, enum cluster_event_kind kind,
	const struct attendee *attendee, enum wire via)
{
	cluster_tell(&chat->cluster, &(struct cluster_event){
					     .kind = kind,
					     .name = attendee->person->name,
					     .key = roster_key(attendee->person),
					     .room = attendee->room->name,
					     .via = wire_door(via),
				     });
}

void
near_people_enter(
	struct chat *chat, const struct attendee *attendee, const struct session *session)
{
	struct person *person = attendee->person;

	if (!near_people_has_others(chat) || attendee->sessions > 1)
		return;
	if (!person->is_told)
		near_people_tell_here(chat, person);
	person->is_told = true;
	near_people_tell_place(chat, CLUSTER_ENTER, attendee, session->wire);
}

void
near_people_leave(struct chat *chat, const struct attendee *attendee, enum wire via)
{
	if (near_people_has_others(chat) && attendee->sessions == 1)
		near_people_tell_place(chat, CLUSTER_LEAVE, attendee, via);
}

void
near_people_change(struct chat *chat, const struct person *person)
{
	if (near_people_has_others(chat) && person->is_told)
		near_people_tell_here(chat, person);
}

bool
near_people_rename(struct chat *chat, const struct person *person, const char *was,
	const struct name_forms *forms)
{
	if (!near_people_has_others(chat) || !person->is_told)
		return false;
	cluster_tell(&chat->cluster, &(struct cluster_event){
					     .kind = CLUSTER_RENAME,
					     .name = person->name,
					     .key = roster_key(person),
					     .was = was,
					     .was_key = forms->digests[NAME_FOLDED],
				     });
	return true;
}

void
near_people_gone(struct chat *chat, struct person *person)
{
	if (!near_people_has_others(chat) || !person->is_told)
		return;
	person->is_told = false;
	cluster_tell(&chat->cluster, &(struct cluster_event){
					     .kind = CLUSTER_LEFT,
					     .name = person->name,
					     .key = roster_key(person),
				     });
}
