/* near_people.h - what other nodes are told of the people on this one. Does nothing if
 * there are no others. */
#pragma once

#include "chat/chat_private.h"

/* session, of the person of attendee, was counted. */
void near_people_enter(struct chat *chat, const struct attendee *attendee,
	const struct session *session);

/* A session of attendee that was there by the door of via will be uncounted. */
void near_people_leave(struct chat *chat, const struct attendee *attendee, enum wire via);

/* person may have other proofs, or has another number of sessions. */
void near_people_change(struct chat *chat, const struct person *person);

/* person was called was until now. Returns true if others were told, and the cluster has
 * taken the name back. */
bool near_people_rename(struct chat *chat, const struct person *person, const char *was,
	const struct name_forms *forms);

/* The last session of person is about to go. It has left its rooms. */
void near_people_gone(struct chat *chat, struct person *person);
