/* snapshot.h - a snapshot is what a newcomer is sent of a room: its alarms and metrics.
 */
#pragma once

#include "chat/rooms.h"

/* Send member a snapshot of its room: the last value of each metric and, if wants_alarms
 * is set, the active alarms. */
void snapshot_begin(struct member *member, bool wants_alarms);

/* Send more of it now that the session's queue is written. */
void snapshot_continue(struct session *session);
