/* echo.h - the echo service: sends every message back with the same opcode and bytes. */
#pragma once

#include "linnet/websocket/websocket.h"

/* A longer message is rejected with close code 1009. */
#define ECHO_MESSAGE_BYTES (16 * 1024 * 1024)

/* Without on_check, which the door sets in its copy. */
extern const struct websocket_service echo_service;
