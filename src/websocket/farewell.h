/* farewell.h - the end of a WebSocket whose peer has sent its close frame while answers
 * for it were still to come. libwebsockets would close the connection at once. So the
 * connection is taken from it, and the frames are written here. */
#pragma once

#include "linnet/net/out_queue.h"
#include "linnet/websocket/websocket.h"

/* Take the connection of socket, in the callback of the close frame: libwebsockets closes
 * a dead socket in its place. answer, consumed, is the close frame to answer with.
 * Returns false, with answer left to the caller, if there is no descriptor for it. */
bool farewell_begin(struct websocket *socket, struct frame *answer);

/* libwebsockets has closed its socket: go on. Writes the queue of socket until its
 * service has answered everything or 5 s are over, then the close frame. */
void farewell_go_on(struct websocket *socket, struct out_queue_drain *drain);

/* Write the queue at the end of this turn of the loop. */
void farewell_wake(struct websocket *socket);
