/* resume.h - entering rooms: what a member missed, then what is new. */
#pragma once

#include "chat/requests.h"

/* Send member what it missed since that id, then new messages. Without a complete history
 * it gets new messages only. It is first sent "joined" if it wants it. since may be NULL.
 */
void resume_member(
	struct chat *chat, struct member *member, const char *since, const char *ref);

/* The room of member has another history now: begin that one without what was missed. */
void resume_anew(struct chat *chat, struct member *member);

/* Member was sent everything up to id, but the room has gone on without it: send it the
 * rest from the store. */
void resume_from(struct chat *chat, struct member *member, uint64_t id);

/* The epoch of member's room is another one now: tell it, or let it connect again. */
void resume_epoch(struct chat *chat, struct member *member);

/* The store has answered a REQUEST_SYNC. */
void resume_on_synced(struct chat *chat, const struct request *request, int error);

/* The store has answered a REQUEST_RESUME. */
void resume_on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

input_handler resume_do_join, resume_do_switch;
