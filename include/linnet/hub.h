/* hub.h - the room and who is in it. */
#pragma once

#include <stddef.h>

#include "linnet/frame.h"
#include "linnet/session.h"

struct hub;

/* A hub with one room of that name (copied). Freed by hub_free. */
struct hub *hub_new(const char *room);

/* The room's name; the hub's. */
const char *hub_room_name(const struct hub *hub);

/* Put session at the end of the room's list. It must be in no room, and must leave before
 * its door frees it. */
void hub_enter(struct hub *hub, struct session *session);

/* Take session out of the room. Not to be called from within hub_broadcast. */
void hub_leave(struct hub *hub, struct session *session);

/* How many sessions are in the room, closing ones included. */
size_t hub_count(const struct hub *hub);

/* Queue frame for every session in the room but except (NULL: for every one). The caller
 * keeps its own reference. Membership does not change meanwhile: a session that does not
 * keep up is only marked as closing. Returns to how many it was queued. */
size_t hub_broadcast(struct hub *hub, struct frame *frame, const struct session *except);

/* Close every session in the room with code. */
void hub_close_all(struct hub *hub, uint16_t code, const char *reason);

/* Free the hub, which must be empty; NULL is fine. */
void hub_free(struct hub *hub);
