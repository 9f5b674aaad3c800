#include "linnet/hub.h"

#include <assert.h>
#include <stdlib.h>

#include "linnet/xalloc.h"

struct hub {
	char *room;
	size_t count;
	TAILQ_HEAD(, session) sessions;
};

struct hub *
hub_new(const char *room)
{
	struct hub *hub = xcalloc(1, sizeof(*hub));

	hub->room = xstrdup(room);
	TAILQ_INIT(&hub->sessions);
	return hub;
}

const char *
hub_room_name(const struct hub *hub)
{
	return hub->room;
}

void
hub_enter(struct hub *hub, struct session *session)
{
	TAILQ_INSERT_TAIL(&hub->sessions, session, room_link);
	hub->count++;
}

void
hub_leave(struct hub *hub, struct session *session)
{
	assert(hub->count > 0);
	TAILQ_REMOVE(&hub->sessions, session, room_link);
	hub->count--;
}

size_t
hub_count(const struct hub *hub)
{
	return hub->count;
}

size_t
hub_broadcast(struct hub *hub, struct frame *frame, const struct session *except)
{
	struct session *session;
	size_t queued = 0;

	TAILQ_FOREACH (session, &hub->sessions, room_link)
		if (session != except && session_send(session, frame) == 0)
			queued++;
	return queued;
}

void
hub_close_all(struct hub *hub, uint16_t code, const char *reason)
{
	struct session *session;

	TAILQ_FOREACH (session, &hub->sessions, room_link)
		session_close(session, code, reason);
}

void
hub_free(struct hub *hub)
{
	if (!hub)
		return;
	assert(TAILQ_EMPTY(&hub->sessions));
	free(hub->room);
	free(hub);
}
