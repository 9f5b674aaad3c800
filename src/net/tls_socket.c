/* The socket of a TLS connection, for OpenSSL. OpenSSL's own BIO of sockets calls read(2)
 * and write(2), which take longer than recv(2) and send(2): a twentieth of what a
 * delivery costs. */
#include <errno.h>
#include <openssl/bio.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/tls_private.h"

static int
tls_socket_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int
tls_socket_write(BIO *bio, const char *bytes, int len)
{
	ssize_t n = send(tls_socket_fd(bio), bytes, (size_t)len, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (n < 0 && BIO_sock_non_fatal_error(errno))
		BIO_set_retry_write(bio);
	return (int)n;
}

static int
tls_socket_read(BIO *bio, char *bytes, int len)
{
	ssize_t n = recv(tls_socket_fd(bio), bytes, (size_t)len, 0);

	BIO_clear_retry_flags(bio);
	if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	else if (n < 0 && BIO_sock_non_fatal_error(errno))
		BIO_set_retry_read(bio);
	return (int)n;
}

/* What libssl asks a BIO: it has nothing to flush, and it tells whether the peer has
 * ended without TLS's own end. Other questions are answered by 0, which means no. */
static long
tls_socket_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return command == BIO_CTRL_FLUSH;
}

/* It is made once and lives as long as the process. */
static const BIO_METHOD *
tls_socket_method(void)
{
	static BIO_METHOD *method;

	if (method)
		return method;
	method = BIO_meth_new(
		BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "Linnet's socket");
	if (!method || !BIO_meth_set_write(method, tls_socket_write) ||
		!BIO_meth_set_read(method, tls_socket_read) ||
		!BIO_meth_set_ctrl(method, tls_socket_ctrl))
		abort(); /* out of memory */
	return method;
}

BIO *
tls_socket_new(int fd)
{
	BIO *bio = BIO_new(tls_socket_method());

	if (!bio)
		abort(); /* out of memory */
	BIO_set_data(bio, (void *)(intptr_t)fd);
	BIO_set_init(bio, 1);
	return bio;
}
