/* tls_private.h - shared by tls.c (certificate and protocol settings) and tls_relay.c
 * (connections). */
#pragma once

#include <openssl/ssl.h>

#include "linnet/net/tls.h"

/* A new TLS session on the socket fd. The caller frees it. */
SSL *tls_session_new(struct tls *tls, int fd);

/* OpenSSL's text for its oldest error. */
const char *tls_error_text(void);
