#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "../folder.h"
#include "linnet/base/clock.h"
#include "linnet/config/config.h"
#include "linnet/net/conn.h"
#include "linnet/net/tls.h"
#include "loop_fixture.h"
#include "net/reject.h"

/* A test that waits longer fails. */
#define PATIENCE_MS 60000

static struct config_errors tls_errors;

/* More than both sockets and the relay between them hold. */
#define MANY_BYTES (8 * 1024 * 1024)

/* The most that they may hold. */
#define FEW_BYTES (1024 * 1024)

struct fixture {
	char certificates[2][128], keys[2][128];
	struct loop_fixture loop;
	struct conn_table conns;
	struct reject *reject;
	struct tls *tls;
	struct tls_door door;
	SSL_CTX *clients;
	int opened; /* the last descriptor that on_open was given; -1: none */
};

static struct fixture *fixture;
static char folder[FOLDER_BYTES];

static void
on_closed(struct conn *conn)
{
	(void)conn;
}

static const struct door plain_door = { .name = "plain", .on_closed = on_closed };

static void
on_open(void *context, struct conn *conn, int fd)
{
	assert_ptr_equal(context, fixture);
	assert_null(conn->door);
	conn->door = &plain_door;
	conn_free(conn);
	fixture->opened = fd;
}

static void
on_turn(void *context)
{
	(void)context;
	tls_door_tick(&fixture->door, clock_now_ms());
}

static void
turn(void)
{
	loop_fixture_turn(&fixture->loop, LOOP_FIXTURE_SLEEP_MS);
}

static void
write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	if (certificate)
		assert_int_equal(PEM_write_X509(file, certificate), 1);
	else
		assert_int_equal(
			PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(file), 0);
}

/* Make a self-signed certificate for name, and its key. */
static void
make_certificate(int number, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(certificate, subject);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	snprintf(fixture->certificates[number], 128, "%s/%d.pem", folder, number);
	snprintf(fixture->keys[number], 128, "%s/%d.key", folder, number);
	write_pem(fixture->certificates[number], NULL, certificate);
	write_pem(fixture->keys[number], key, NULL);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* Load a certificate with a key. The errors are those of the last call. */
static struct tls *
load_tls(const char *certificate, const char *key)
{
	char settings[2][160];
	const char *const texts[] = { settings[0], settings[1] };
	const struct config_input input = {
		.settings = texts,
		.setting_count = 2,
		.default_root = "/",
	};
	struct config_errors warnings = { 0 };
	struct config *config;
	struct tls *tls;

	snprintf(
		settings[0], sizeof(settings[0]), "http.tls_certificate=%s", certificate);
	snprintf(settings[1], sizeof(settings[1]), "http.tls_key=%s", key);
	config_errors_clear(&tls_errors);
	config = config_load(&input, &tls_errors);
	assert_non_null(config);
	tls = tls_new(config, &tls_errors, &warnings);
	assert_int_equal(warnings.count, 0);
	config_free(config);
	return tls;
}

static int
set_up(void **state)
{
	fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	*state = fixture;
	fixture->opened = -1;
	folder_make(folder);
	make_certificate(0, "first");
	make_certificate(1, "second");
	loop_fixture_open(&fixture->loop, on_turn, NULL);
	conn_table_init(&fixture->conns, 100, 100, NULL);
	fixture->reject = reject_new(fixture->loop.loop);
	fixture->clients = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(fixture->clients, SSL_MODE_ENABLE_PARTIAL_WRITE);
	fixture->tls = load_tls(fixture->certificates[0], fixture->keys[0]);
	assert_non_null(fixture->tls);
	tls_door_init(&fixture->door, fixture->tls, fixture->loop.loop, fixture->reject,
		on_open, fixture);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tls_door_clear(&fixture->door);
	config_errors_clear(&tls_errors);
	tls_free(fixture->tls);
	reject_free(fixture->reject);
	conn_table_clear(&fixture->conns);
	conn_table_fini(&fixture->conns);
	SSL_CTX_free(fixture->clients);
	loop_fixture_close(&fixture->loop);
	folder_remove(folder);
	free(fixture);
	return 0;
}

/* A connected client, and the door's end of its connection. */
struct pair {
	SSL *client;
	int fd;
	int plain;
};

static void
run_until(bool (*is_done)(struct pair *pair), struct pair *pair, const char *what)
{
	int64_t limit_ms = clock_now_ms() + PATIENCE_MS;

	while (!is_done(pair)) {
		if (clock_now_ms() > limit_ms)
			fail_msg("waited in vain for %s", what);
		turn();
	}
}

static bool
is_connected(struct pair *pair)
{
	return SSL_connect(pair->client) == 1 && fixture->opened >= 0;
}

static struct pair
open_pair(void)
{
	static const struct sockaddr_in address = { .sin_family = AF_INET };
	struct pair pair = { .client = SSL_new(fixture->clients) };
	struct conn *conn;
	const char *why;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	pair.fd = fds[0];
	assert_int_equal(SSL_set_fd(pair.client, fds[0]), 1);
	conn = conn_admit(&fixture->conns, (const void *)&address, TRANSPORT_HTTP, &why);
	assert_non_null(conn);
	fixture->opened = -1;
	tls_door_accept(&fixture->door, conn, fds[1]);
	run_until(is_connected, &pair, "the handshake");
	pair.plain = fixture->opened;
	return pair;
}

static void
close_pair(struct pair *pair)
{
	SSL_free(pair->client);
	close(pair->fd);
	if (pair->plain >= 0)
		close(pair->plain);
}

static void
assert_name(struct pair *pair, const char *name)
{
	X509 *certificate = SSL_get1_peer_certificate(pair->client);
	char text[64];

	X509_NAME_get_text_by_NID(
		X509_get_subject_name(certificate), NID_commonName, text, sizeof(text));
	assert_string_equal(text, name);
	X509_free(certificate);
}

static bool
has_come(struct pair *pair)
{
	char text[6] = "";

	return recv(pair->plain, text, 5, MSG_PEEK | MSG_DONTWAIT) == 5;
}

static void
assert_talks(struct pair *pair)
{
	char text[6] = "";

	assert_int_equal(SSL_write(pair->client, "hello", 5), 5);
	run_until(has_come, pair, "what the peer said");
	assert_int_equal(recv(pair->plain, text, 5, 0), 5);
	assert_string_equal(text, "hello");
}

static void
test_a_new_certificate_is_used_for_new_connections_only(void **state)
{
	struct pair old = open_pair(), new;
	struct tls *fresh;

	(void)state;
	assert_name(&old, "first");
	fresh = load_tls(fixture->certificates[1], fixture->keys[1]);
	assert_non_null(fresh);
	tls_replace(fixture->tls, fresh);
	new = open_pair();
	assert_name(&new, "second");
	assert_talks(&old);
	assert_talks(&new);
	close_pair(&old);
	close_pair(&new);
}

static void
test_a_key_of_another_certificate_is_refused(void **state)
{
	char wanted[512];

	(void)state;
	assert_null(load_tls(fixture->certificates[1], fixture->keys[0]));
	snprintf(wanted, sizeof(wanted),
		"-s http.tls_key=%s: http.tls_key %s: is not the key of "
		"http.tls_certificate",
		fixture->keys[0], fixture->keys[0]);
	assert_int_equal(tls_errors.count, 1);
	assert_string_equal(tls_errors.lines[0], wanted);
}

static void
test_a_missing_certificate_hides_no_missing_key(void **state)
{
	(void)state;
	assert_null(load_tls("/no/cert.pem", "/no/key.pem"));
	assert_int_equal(tls_errors.count, 2);
	assert_string_equal(tls_errors.lines[0],
		"-s http.tls_certificate=/no/cert.pem: http.tls_certificate "
		"/no/cert.pem: No such file or directory");
	assert_string_equal(tls_errors.lines[1],
		"-s http.tls_key=/no/key.pem: http.tls_key /no/key.pem: No such file or "
		"directory");
}

static char bytes[65536];

/* Write from the door, turn after turn, until its socket takes nothing more. */
static size_t
fill_from_door(struct pair *pair)
{
	size_t len = 0;
	int quiet = 0;

	while (quiet < 5 && len < MANY_BYTES) {
		ssize_t n = send(pair->plain, bytes, sizeof(bytes), MSG_DONTWAIT);

		quiet = n > 0 ? 0 : quiet + 1;
		len += n > 0 ? (size_t)n : 0;
		turn();
	}
	return len;
}

static size_t
fill_from_peer(struct pair *pair)
{
	size_t len = 0;
	int quiet = 0;

	while (quiet < 5 && len < MANY_BYTES) {
		int n = SSL_write(pair->client, bytes, 16384);

		quiet = n > 0 ? 0 : quiet + 1;
		len += n > 0 ? (size_t)n : 0;
		turn();
	}
	return len;
}

static void
test_a_peer_that_does_not_read_blocks_the_door(void **state)
{
	struct pair pair = open_pair();
	size_t len = fill_from_door(&pair), read = 0;
	int64_t limit_ms = clock_now_ms() + PATIENCE_MS;

	(void)state;
	assert_in_range(len, 1, FEW_BYTES);
	while (read < len && clock_now_ms() < limit_ms) {
		int n = SSL_read(pair.client, bytes, sizeof(bytes));

		read += n > 0 ? (size_t)n : 0;
		turn();
	}
	assert_int_equal(read, len);
	close_pair(&pair);
}

static void
test_a_door_that_does_not_read_blocks_the_peer(void **state)
{
	struct pair pair = open_pair();
	size_t len = fill_from_peer(&pair), read = 0;
	int64_t limit_ms = clock_now_ms() + PATIENCE_MS;

	(void)state;
	assert_in_range(len, 1, FEW_BYTES);
	while (read < len && clock_now_ms() < limit_ms) {
		ssize_t n = recv(pair.plain, bytes, sizeof(bytes), MSG_DONTWAIT);

		read += n > 0 ? (size_t)n : 0;
		turn();
	}
	assert_int_equal(read, len);
	close_pair(&pair);
}

static bool
is_relay_gone(struct pair *pair)
{
	(void)pair;
	return LIST_EMPTY(&fixture->door.relays);
}

static bool
has_ended(struct pair *pair)
{
	char byte;

	return recv(pair->fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void
test_everything_written_before_the_door_closes_arrives(void **state)
{
	struct pair pair = open_pair();
	size_t len = fill_from_door(&pair), read = 0;
	int64_t limit_ms = clock_now_ms() + PATIENCE_MS;
	int n = 0;

	(void)state;
	close(pair.plain);
	pair.plain = -1;
	assert_false(tls_door_is_idle(&fixture->door));
	while (clock_now_ms() < limit_ms) {
		n = SSL_read(pair.client, bytes, sizeof(bytes));
		if (n <= 0 && SSL_get_error(pair.client, n) != SSL_ERROR_WANT_READ)
			break;
		read += n > 0 ? (size_t)n : 0;
		turn();
	}
	assert_int_equal(read, len);
	assert_int_equal(SSL_get_error(pair.client, n), SSL_ERROR_ZERO_RETURN);
	run_until(has_ended, &pair, "the end below TLS");
	assert_true(tls_door_is_idle(&fixture->door));
	assert_false(LIST_EMPTY(&fixture->door.relays));
	SSL_shutdown(pair.client);
	run_until(is_relay_gone, &pair, "the end of the connection");
	close_pair(&pair);
}

/* This takes as long as the relay's time limit. */
static void
test_a_peer_that_does_not_read_after_the_door_closed_is_cut_off(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	fill_from_door(&pair);
	close(pair.plain);
	pair.plain = -1;
	run_until(is_relay_gone, &pair, "the end of the connection");
	close_pair(&pair);
}

static bool
has_ended_for_door(struct pair *pair)
{
	char byte;

	return recv(pair->plain, &byte, 1, MSG_DONTWAIT) == 0;
}

static bool
has_answer(struct pair *pair)
{
	char text[6] = "";

	return SSL_read(pair->client, text, 5) == 5 && !strcmp(text, "reply");
}

static void
test_a_peer_that_has_half_closed_is_still_answered(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	assert_talks(&pair);
	SSL_shutdown(pair.client);
	run_until(has_ended_for_door, &pair, "the end of what the peer says");
	assert_int_equal(send(pair.plain, "reply", 5, MSG_DONTWAIT), 5);
	run_until(has_answer, &pair, "the answer");
	close(pair.plain);
	pair.plain = -1;
	run_until(is_relay_gone, &pair, "the end of the connection");
	close_pair(&pair);
}

static void
test_a_close_without_a_tls_close_reaches_the_door(void **state)
{
	struct pair pair = open_pair();

	(void)state;
	close(pair.fd);
	pair.fd = -1;
	run_until(has_ended_for_door, &pair, "the end");
	close(pair.plain);
	pair.plain = -1;
	run_until(is_relay_gone, &pair, "the end of the connection");
	SSL_free(pair.client);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_new_certificate_is_used_for_new_connections_only),
		TEST(test_a_key_of_another_certificate_is_refused),
		TEST(test_a_missing_certificate_hides_no_missing_key),
		TEST(test_a_peer_that_does_not_read_blocks_the_door),
		TEST(test_a_door_that_does_not_read_blocks_the_peer),
		TEST(test_everything_written_before_the_door_closes_arrives),
		TEST(test_a_peer_that_does_not_read_after_the_door_closed_is_cut_off),
		TEST(test_a_peer_that_has_half_closed_is_still_answered),
		TEST(test_a_close_without_a_tls_close_reaches_the_door),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
