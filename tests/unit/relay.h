/* relay.h - stands between a client and the UNIX socket of a server, and cuts or holds
 * what goes through it. Include it behind cmocka.h. */
#pragma once

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RELAY_PAIRS 64
#define RELAY_BYTES 65536

struct relay_pair {
	int client, server; /* -1: closed */
	bool is_old;        /* it was there when relay_hold was called */
	char *held;
	size_t held_len;
};

struct relay {
	char path[100], server[100];
	int listener, wake[2];
	struct relay_pair pairs[RELAY_PAIRS];
	size_t count;
	pthread_t thread;
	atomic_bool is_holding, is_ending;
	/* So many bytes of a reply pass, then its connection is closed; -1: all. Once. */
	atomic_int cut_after;
};

static inline int
relay_socket(const char *path, bool is_listener)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (is_listener ? bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
				  listen(fd, 64) < 0
			: connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline void
relay_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void
relay_accept(struct relay *relay)
{
	struct relay_pair *pair = &relay->pairs[relay->count];

	if (relay->count == RELAY_PAIRS)
		abort();
	*pair = (struct relay_pair){ .client = accept(relay->listener, NULL, NULL) };
	pair->server = relay_socket(relay->server, false);
	if (pair->server < 0)
		relay_close(&pair->client);
	relay->count++;
}

static inline void
relay_write(int fd, const char *bytes, ssize_t len)
{
	for (ssize_t done = 0, n; fd >= 0 && done < len; done += n)
		if ((n = send(fd, bytes + done, (size_t)(len - done), MSG_NOSIGNAL)) <= 0)
			return;
}

/* What the client has sent. */
static inline void
relay_from_client(struct relay *relay, struct relay_pair *pair)
{
	char bytes[RELAY_BYTES];
	ssize_t len = read(pair->client, bytes, sizeof(bytes));

	if (len <= 0) {
		relay_close(&pair->client);
		if (!pair->held_len)
			relay_close(&pair->server);
	} else if (relay->is_holding && pair->is_old) {
		pair->held = realloc(pair->held, pair->held_len + (size_t)len);
		memcpy(pair->held + pair->held_len, bytes, (size_t)len);
		pair->held_len += (size_t)len;
	} else {
		relay_write(pair->server, bytes, len);
	}
}

static inline void
relay_from_server(struct relay *relay, struct relay_pair *pair)
{
	char bytes[RELAY_BYTES];
	ssize_t len = read(pair->server, bytes, sizeof(bytes));
	int cut = relay->cut_after;

	if (len > 0 && cut >= 0) {
		relay->cut_after = -1;
		relay_write(pair->client, bytes, cut < len ? cut : len);
		len = 0;
	}
	if (len > 0) {
		relay_write(pair->client, bytes, len);
		return;
	}
	relay_close(&pair->server);
	relay_close(&pair->client);
}

static inline void
relay_release(struct relay *relay)
{
	for (size_t i = 0; i < relay->count; i++) {
		struct relay_pair *pair = &relay->pairs[i];
		relay_write(pair->server, pair->held, (ssize_t)pair->held_len);
		pair->held_len = 0;
	}
}

static inline void *
relay_run(void *context)
{
	struct relay *relay = context;
	struct pollfd fds[2 + 2 * RELAY_PAIRS];

	while (!relay->is_ending) {
		size_t count = relay->count;
		char byte = 0;

		fds[0] = (struct pollfd){ relay->listener, POLLIN, 0 };
		fds[1] = (struct pollfd){ relay->wake[0], POLLIN, 0 };
		for (size_t i = 0; i < count; i++) {
			fds[2 + 2 * i] =
				(struct pollfd){ relay->pairs[i].client, POLLIN, 0 };
			fds[3 + 2 * i] =
				(struct pollfd){ relay->pairs[i].server, POLLIN, 0 };
		}
		poll(fds, 2 + 2 * count, -1);
		if (fds[1].revents && read(relay->wake[0], &byte, 1) < 0)
			abort();
		for (size_t i = 0; byte == 'h' && i < count; i++)
			relay->pairs[i].is_old = true;
		if (byte == 'r')
			relay_release(relay);
		for (size_t i = 0; i < count; i++) {
			if (fds[3 + 2 * i].revents && relay->pairs[i].server >= 0)
				relay_from_server(relay, &relay->pairs[i]);
			if (fds[2 + 2 * i].revents && relay->pairs[i].client >= 0)
				relay_from_client(relay, &relay->pairs[i]);
		}
		if (fds[0].revents)
			relay_accept(relay);
	}
	return NULL;
}

static inline void
relay_tell(struct relay *relay, char what)
{
	assert_int_equal(write(relay->wake[1], &what, 1), 1);
}

/* Hold what clients send on the connections that are there. */
static inline void
relay_hold(struct relay *relay)
{
	relay->is_holding = true;
	relay_tell(relay, 'h');
}

/* Send what was held. */
static inline void
relay_let_go(struct relay *relay)
{
	relay->is_holding = false;
	relay_tell(relay, 'r');
}

static inline void
relay_start(struct relay *relay, const char *folder, const char *server)
{
	*relay = (struct relay){ .cut_after = -1 };
	snprintf(relay->path, sizeof(relay->path), "%s/relay.sock", folder);
	strncpy(relay->server, server, sizeof(relay->server) - 1);
	relay->listener = relay_socket(relay->path, true);
	assert_true(relay->listener >= 0);
	assert_int_equal(pipe(relay->wake), 0);
	assert_int_equal(pthread_create(&relay->thread, NULL, relay_run, relay), 0);
}

static inline void
relay_stop(struct relay *relay)
{
	relay->is_ending = true;
	relay_tell(relay, 'e');
	pthread_join(relay->thread, NULL);
	for (size_t i = 0; i < relay->count; i++) {
		relay_close(&relay->pairs[i].client);
		relay_close(&relay->pairs[i].server);
		free(relay->pairs[i].held);
	}
	relay_close(&relay->listener);
	relay_close(&relay->wake[0]);
	relay_close(&relay->wake[1]);
}
