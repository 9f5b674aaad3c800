/* identity.h - who sends a request: which client, and whether it is this machine itself.
 * Everything else asks the conn and the request for the answer. */
#pragma once

#include "http/http_private.h"

/* Find the client of the request, serve it on the connection, and set is_local and
 * not_local. Returns 0, -EACCES if the client is banned, or -EUSERS if it is over its
 * limit of connections. May be called again for the same request. */
int identity_find(struct http_request *request);

/* True if the page that sent the request was loaded by TLS, as far as the connection and
 * a trusted proxy tell. */
bool identity_is_https(const struct http_request *request);
