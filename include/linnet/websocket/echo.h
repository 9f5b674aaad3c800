/* echo.h - the echo service: every message comes back with the same opcode and bytes. */
#pragma once

#include "linnet/websocket/websocket.h"
#include "linnet/websocket/ws_writer.h"

/* A longer message is refused with 1009. */
#define ECHO_MESSAGE_BYTES (16 * 1024 * 1024)

struct echo_door {
	struct websocket_service service;
	struct ws_drain *drain;
};

/* Set up the door; borrows drain, which must outlive its connections. */
void echo_door_init(struct echo_door *door, struct ws_drain *drain);
