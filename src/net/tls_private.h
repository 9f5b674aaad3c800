/* tls_private.h - shared by tls.c (certificate and protocol settings), tls_relay.c
 * (connections) and tls_socket.c (their sockets). */
#pragma once

#include <openssl/ssl.h>

#include "linnet/net/tls.h"

/* A new TLS session on the socket fd. The caller frees it. */
SSL *tls_session_new(struct tls *tls, int fd);

/* A BIO that reads and writes the socket fd, which it does not close. It belongs to the
 * SSL that it is set for. */
BIO *tls_socket_new(int fd);

/* OpenSSL's text for its oldest error. */
const char *tls_error_text(void);
