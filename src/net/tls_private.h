/* tls_private.h - what the parts of tls share: tls.c the certificate and what is spoken,
 * tls_relay.c the connections. */
#pragma once

#include <openssl/ssl.h>

#include "linnet/net/tls.h"

/* Of a connection that begins on the socket fd. The caller frees it. */
SSL *tls_session_new(struct tls *tls, int fd);

/* What OpenSSL says of its oldest error. */
const char *tls_error_text(void);
