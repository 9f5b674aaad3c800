#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"
#include "die.h"
#include "wire.h"

enum {
	EVENTS_MAX = 256,
	OPENING_MAX = 64, /* connections not yet accepted, well below any backlog */
	STEP_MS = 100,    /* delay in noticing a signal or a stall */
	QUIET_MS = 30,    /* silence after which nothing more will come */
	READ_BYTES = 256 * 1024,
	UPGRADE_BYTES = 512,
	SHOWN_BYTES = 400, /* of something unexpected */
};

/* Waiting bytes: an unfinished frame on input, unsent bytes on output. */
struct bytes {
	char *at;
	size_t n;
	size_t room;
};

struct client {
	int fd;
	unsigned number;
	bool open; /* the server has accepted it */
	struct bytes in;
	struct bytes out;
};

struct load {
	struct load_plan plan;
	struct child *server;
	int epoll_fd;
	unsigned started;
	unsigned opened;
	struct client *clients;
	struct ledger *ledger;

	uint32_t to_send; /* in this run */
	uint32_t under_way;
	unsigned window;
	uint64_t progress; /* grows with every receipt */
	uint64_t progress_seen;
	uint64_t progress_ns; /* time of the last growth */
	uint64_t frames;
	uint64_t frame_bytes;
	uint64_t *sent_ns; /* by message */
	struct histogram *latency;

	uint32_t mask;
	bool has_shown_unexpected;
	char *text;  /* message_bytes */
	char *frame; /* one outgoing frame */
	char *input; /* READ_BYTES */
};

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
bytes_append(struct bytes *bytes, const char *from, size_t n)
{
	if (bytes->n + n > bytes->room) {
		bytes->room = 2 * (bytes->n + n);
		bytes->at = realloc(bytes->at, bytes->room);
		if (!bytes->at)
			die("out of memory for %zu bytes", bytes->room);
	}
	if (n > 0)
		memcpy(bytes->at + bytes->n, from, n);
	bytes->n += n;
}

static bool
is_bare(const struct load *load)
{
	return load->plan.bare_frame_bytes > 0;
}

static void
client_watch(struct load *load, struct client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };

	if (epoll_ctl(load->epoll_fd, operation, client->fd, &event) < 0)
		die("epoll_ctl: %m");
}

/* Send at once. Bytes that the socket does not accept wait for on_writable. */
static void
client_send(struct load *load, struct client *client, const char *bytes, size_t n)
{
	ssize_t sent = 0;

	if (client->out.n == 0) {
		sent = send(client->fd, bytes, n, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			die("client %u: send: %m", client->number);
		if (sent < 0)
			sent = 0;
		if ((size_t)sent < n)
			client_watch(load, client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	}
	bytes_append(&client->out, bytes + sent, n - (size_t)sent);
}

static void
on_writable(struct load *load, struct client *client)
{
	ssize_t sent = send(client->fd, client->out.at, client->out.n, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0)
		die("client %u: send: %m", client->number);
	client->out.n -= (size_t)sent;
	memmove(client->out.at, client->out.at + sent, client->out.n);
	if (client->out.n == 0)
		client_watch(load, client, EPOLL_CTL_MOD, EPOLLIN);
}

/* Returns a new mask for each frame. It must vary but may be guessable
 * (xorshift32). */
static uint32_t
next_mask(struct load *load)
{
	load->mask ^= load->mask << 13;
	load->mask ^= load->mask >> 17;
	load->mask ^= load->mask << 5;
	return load->mask;
}

static void
send_message(struct load *load)
{
	uint32_t number = ledger_send(load->ledger);
	struct client *sender = &load->clients[number % load->plan.senders];
	size_t n;

	if (is_bare(load)) {
		n = load->plan.bare_frame_bytes;
		wire_write_message(load->frame, n, sender->number, number);
	} else {
		wire_write_message(
			load->text, load->plan.message_bytes, sender->number, number);
		n = wire_write_frame(load->frame, WIRE_TEXT, load->text,
			load->plan.message_bytes, next_mask(load));
	}
	load->under_way++;
	load->to_send--;
	load->sent_ns[number] = now_ns();
	client_send(load, sender, load->frame, n);
}

static void
fill_window(struct load *load)
{
	while (load->to_send > 0 && load->under_way < load->window)
		send_message(load);
}

/* Print only the first one, which usually explains the others. */
static void
note_unexpected(
	struct load *load, const struct client *client, const char *text, size_t n)
{
	ledger_receive_unexpected(load->ledger);
	if (load->has_shown_unexpected)
		return;
	load->has_shown_unexpected = true;
	fprintf(stderr, "linnet-bench: client %u received: %.*s\n", client->number,
		(int)(n < SHOWN_BYTES ? n : SHOWN_BYTES), text);
}

static void
on_message(struct load *load, const struct client *client, const struct wire_frame *frame,
	size_t frame_bytes, uint64_t received_ns)
{
	uint32_t number;

	load->progress++;
	if (!wire_find_message(frame->payload, frame->payload_bytes, &number) ||
		number >= load->plan.messages) {
		note_unexpected(load, client, frame->payload, frame->payload_bytes);
		return;
	}
	load->frames++;
	load->frame_bytes += frame_bytes;
	if (load->latency)
		histogram_add(load->latency, received_ns - load->sent_ns[number]);
	if (ledger_receive(load->ledger, client->number, number))
		load->under_way--;
}

static void
on_frame(struct load *load, struct client *client, const struct wire_frame *frame,
	size_t frame_bytes, uint64_t received_ns)
{
	const unsigned char *code = (const unsigned char *)frame->payload;
	char pong[WIRE_HEAD_BYTES_MAX + 125];

	switch (frame->opcode) {
	case WIRE_TEXT:
		on_message(load, client, frame, frame_bytes, received_ns);
		break;
	case WIRE_PING:
		if (frame->payload_bytes > sizeof(pong) - WIRE_HEAD_BYTES_MAX)
			die("client %u: a ping of %zu bytes", client->number,
				frame->payload_bytes);
		client_send(load, client, pong,
			wire_write_frame(pong, WIRE_PONG, frame->payload,
				frame->payload_bytes, next_mask(load)));
		break;
	case WIRE_PONG:
		break;
	case WIRE_CLOSE:
		die("client %u: closed by the server with code %d", client->number,
			frame->payload_bytes < 2 ? 1005 : code[0] << 8 | code[1]);
	default:
		note_unexpected(load, client, frame->payload, frame->payload_bytes);
	}
}

/* The length of the frame at the start of bytes; 0 if it is incomplete. */
static size_t
parse_frame(const struct load *load, const struct client *client, const char *bytes,
	size_t n, struct wire_frame *frame)
{
	size_t bare_bytes = load->plan.bare_frame_bytes;
	ssize_t parsed;

	if (bare_bytes > 0) {
		*frame = (struct wire_frame){ WIRE_TEXT, bytes, bare_bytes };
		return n < bare_bytes ? 0 : bare_bytes;
	}
	parsed = wire_parse_frame(bytes, n, frame);
	if (parsed < 0)
		die("client %u: not a frame that a server may send: %02x %02x",
			client->number, (unsigned char)bytes[0], (unsigned char)bytes[1]);
	return (size_t)parsed;
}

/* Take the server's acceptance off the front of bytes. Returns its length; 0 if
 * it is incomplete. */
static size_t
take_acceptance(const struct client *client, bool bare, const char *bytes, size_t n)
{
	char head[4096];
	const char *end;
	size_t head_bytes;

	if (bare)
		return n < BARE_GREETING_BYTES ? 0 : BARE_GREETING_BYTES;
	end = memmem(bytes, n, "\r\n\r\n", 4);
	if (!end && n < sizeof(head))
		return 0;
	head_bytes = end ? (size_t)(end - bytes) + 4 : n;
	if (head_bytes >= sizeof(head))
		die("client %u: the answer to the upgrade is too long", client->number);
	memcpy(head, bytes, head_bytes);
	head[head_bytes] = '\0';
	if (!wire_upgrade_is_accepted(head, "chat"))
		die("client %u: not upgraded, or not to the subprotocol chat:\n%s",
			client->number, head);
	return head_bytes;
}

/* Handle the complete frames; returns their number of bytes. */
static size_t
handle_input(struct load *load, struct client *client, const char *bytes, size_t n,
	uint64_t now)
{
	struct wire_frame frame;
	size_t done = 0;
	size_t part;

	if (!client->open) {
		done = take_acceptance(client, is_bare(load), bytes, n);
		if (done == 0)
			return 0;
		client->open = true;
		load->opened++;
		load->progress++;
	}
	while ((part = parse_frame(load, client, bytes + done, n - done, &frame)) > 0) {
		on_frame(load, client, &frame, part, now);
		done += part;
	}
	return done;
}

/* All clients read into one buffer; each client stores only its unfinished frame. */
static void
on_readable(struct load *load, struct client *client)
{
	size_t kept = client->in.n;
	size_t done;
	ssize_t n;

	if (kept > READ_BYTES / 2)
		die("client %u: a frame of more than %d bytes", client->number,
			READ_BYTES / 2);
	n = recv(client->fd, load->input + kept, READ_BYTES - kept, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		die("client %u: recv: %m", client->number);
	if (n == 0)
		die("client %u: the server closed the connection", client->number);
	if (kept > 0)
		memcpy(load->input, client->in.at, kept);
	client->in.n = 0;
	done = handle_input(load, client, load->input, kept + (size_t)n, now_ns());
	bytes_append(&client->in, load->input + done, kept + (size_t)n - done);
}

/* One turn of the loop. Events without a client are the server's log. Returns the
 * number of clients with an event. */
static int
turn(struct load *load, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(load->epoll_fd, events, EVENTS_MAX, timeout_ms);
	int clients = 0;

	die_if_signalled();
	for (int i = 0; i < n; i++) {
		struct client *client = events[i].data.ptr;

		if (!client) {
			child_read_log(load->server);
			if (events[i].events & EPOLLHUP)
				die("%s ended", load->server->name);
			continue;
		}
		clients++;
		if (events[i].events & EPOLLOUT)
			on_writable(load, client);
		if (events[i].events & ~(uint32_t)EPOLLOUT) {
			on_readable(load, client);
			fill_window(load);
		}
	}
	return clients;
}

/* Whether nothing has been received for too long. */
static bool
has_stalled(struct load *load)
{
	uint64_t now = now_ns();

	if (load->progress != load->progress_seen) {
		load->progress_seen = load->progress;
		load->progress_ns = now;
	}
	return now - load->progress_ns > (uint64_t)load->plan.stall_ms * 1000000;
}

/* On loopback a blocking connect() returns at once while the backlog has room. */
static void
client_connect(struct load *load, struct client *client)
{
	static const int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(load->server->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	char request[UPGRADE_BYTES];

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		die("client %u: socket: %m", client->number);
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		die_if_signalled();
		die("client %u: connect: %m", client->number);
	}
	if (fcntl(client->fd, F_SETFL, O_NONBLOCK) < 0)
		die("client %u: fcntl: %m", client->number);
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	client_watch(load, client, EPOLL_CTL_ADD, EPOLLIN);
	if (!is_bare(load))
		client_send(load, client, request,
			wire_write_upgrade(request, sizeof(request), load->server->port,
				"/ws", "chat"));
}

static void
connect_some(struct load *load)
{
	while (load->started < load->plan.clients &&
		load->started - load->opened < OPENING_MAX) {
		struct client *client = &load->clients[load->started];

		client->number = load->started++;
		client_connect(load, client);
	}
}

static void
connect_all(struct load *load)
{
	load->progress++;
	while (load->opened < load->plan.clients) {
		connect_some(load);
		turn(load, STEP_MS);
		if (has_stalled(load))
			die("%s accepted only %u of %u connections", load->server->name,
				load->opened, load->plan.clients);
	}
}

static void
watch_log(struct load *load)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, load->server->log_fd, &event) < 0)
		die("epoll_ctl: %m");
}

struct load *
load_open(const struct load_plan *plan, struct child *server)
{
	struct load *load = die_or_allocate(1, sizeof(*load));
	size_t payload_bytes = plan->message_bytes > plan->bare_frame_bytes
				       ? plan->message_bytes
				       : plan->bare_frame_bytes;

	load->plan = *plan;
	load->server = server;
	load->mask = 0x9e3779b9;
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll_fd < 0)
		die("epoll_create1: %m");
	load->clients = die_or_allocate(plan->clients, sizeof(*load->clients));
	load->ledger = ledger_new(plan->clients, plan->senders, plan->messages);
	load->sent_ns = die_or_allocate(plan->messages, sizeof(*load->sent_ns));
	load->text = die_or_allocate(1, plan->message_bytes);
	load->frame = die_or_allocate(1, WIRE_HEAD_BYTES_MAX + payload_bytes);
	load->input = die_or_allocate(1, READ_BYTES);
	watch_log(load);
	connect_all(load);
	return load;
}

bool
load_run(struct load *load, uint32_t messages, unsigned window, struct histogram *latency)
{
	load->to_send = messages;
	load->window = window;
	load->latency = latency;
	load->progress++;
	fill_window(load);
	while (load->under_way > 0 && !has_stalled(load))
		turn(load, STEP_MS);
	load->to_send = 0;
	load->latency = NULL;
	return load->under_way == 0;
}

void
load_settle(struct load *load)
{
	while (turn(load, QUIET_MS) > 0) {
	}
}

struct ledger_counts
load_count(const struct load *load)
{
	return ledger_count(load->ledger);
}

size_t
load_average_frame_bytes(const struct load *load)
{
	return load->frames ? (load->frame_bytes + load->frames / 2) / load->frames : 0;
}

static void
client_close(struct client *client)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client->fd);
	free(client->in.at);
	free(client->out.at);
}

void
load_close(struct load *load)
{
	for (unsigned i = 0; i < load->plan.clients; i++)
		client_close(&load->clients[i]);
	close(load->epoll_fd);
	ledger_free(load->ledger);
	free(load->clients);
	free(load->sent_ns);
	free(load->text);
	free(load->frame);
	free(load->input);
	free(load);
}
