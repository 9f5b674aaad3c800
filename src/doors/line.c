#include "linnet/doors/line.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "doors/telnet.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

#define READ_BYTES 4096

/* How long a silent peer waits for its welcome. Clients of other protocols send first, so
 * most of them are recognised before the room is told that somebody has entered. */
#define GREETING_MS 300

/* Requests that a peer may have in the store. At this many it is not read from, so that a
 * program that writes faster than the store waits and loses no lines. */
#define UNDER_WAY_MAX 64

/* Time for a peer to read its last lines. */
#define GOODBYE_MS 5000

/* Time for it to close after that. If linnetd closed first, with input unread, the kernel
 * would send a reset, and the peer could lose those lines. */
#define LINGER_MS 2000

/* If a login is needed: time for it, and how many other lines may come before it. */
#define LOGIN_MS 30000
#define STRANGE_LINES_MAX 10
#define LOGIN_FIRST "* This needs a token: /login TOKEN\n"

struct line {
	struct session session;
	struct conn *conn;
	struct line_door *door;
	struct loop_socket socket;
	struct loop_timer *pause; /* until the welcome; later, until a retry */
	struct out_queue out_queue;
	struct deferred deferred; /* continues with input that had to wait */
	struct telnet telnet;
	enum telnet_event next; /* not handled yet */
	bool is_greeted;        /* it has sent something, or has waited for GREETING_MS */
	bool is_in;             /* it is in the chat, after the login if one is needed */
	unsigned strange_lines; /* lines before the login, other than /login and /quit */
	bool has_ended;         /* the peer has closed its half */
	bool is_finishing;      /* everything is written: wait for the peer to close */
	size_t raw_len, raw_done;
	char raw[READ_BYTES];
};

static struct line *
line_from_session(struct session *session)
{
	return container_of(session, struct line, session);
}

static struct line *
line_from_out_queue(struct out_queue *out_queue)
{
	return container_of(out_queue, struct line, out_queue);
}

static struct line *
line_from_socket(struct loop_socket *socket)
{
	return container_of(socket, struct line, socket);
}

static void
line_on_wake(struct session *session)
{
	struct line *line = line_from_session(session);

	out_queue_wake(&line->out_queue);
	/* The next line may be waiting for this answer. */
	deferred_ask(line->door->deferred, &line->deferred);
}

/* Send text past session_send, which rejects everything once the session is closing. */
static void
line_put(struct line *line, const char *text)
{
	struct frame *frame = frame_new(text, strlen(text));

	frame_queue_push(&line->session.queue, frame);
	frame_unref(frame);
	out_queue_wake(&line->out_queue);
}

static void
line_on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct line *line = line_from_session(session);
	char text[160];

	conn_note_ending(line->conn, session->ending);
	if (code != CLOSE_NORMAL && line->is_greeted) {
		snprintf(text, sizeof(text), "* Goodbye: %s\n", reason);
		line_put(line, text);
	}
	out_queue_wake(&line->out_queue);
	line->conn->deadline_ms = clock_now_ms() + GOODBYE_MS;
	chat_on_closing(line->door->chat, session);
	deferred_ask(line->door->deferred, &line->deferred);
}

/* It stays who it is, and shares the limits that it shared. */
static bool
line_on_log_in(struct session *session, const char *text)
{
	const struct permissions *permissions = access_permissions_of_token(
		&line_from_session(session)->door->access, text);

	if (!permissions)
		return false;
	session_admit(session, permissions, session->peer, session->since_ms);
	permissions_unref(permissions);
	return true;
}

static const struct session_ops session_ops = {
	.wake = line_on_wake, .drop = line_on_drop, .log_in = line_on_log_in
};

/* Returns true if input is ignored from now on. */
static bool
line_is_over(const struct line *line)
{
	return line->session.closed || line->conn->table->is_stopping;
}

static void
line_forget(struct line *line)
{
	line->next = TELNET_MORE;
	line->telnet.line.text.len = 0;
	if (line->telnet.line.text.capacity > READ_BYTES)
		shown_line_clear(&line->telnet.line);
}

/* No answer while other output waits: a peer that asks again and again and does not read
 * would fill its queue. */
static void
line_answer_mark(struct line *line)
{
	line->next = TELNET_MORE;
	if (out_queue_is_idle(&line->out_queue))
		line_put(line, TELNET_NO_MARK);
}

/* Close the connection, with text as the reason. A failed login gets no second try. */
static void
line_turn_away(struct line *line, const char *code, const char *text)
{
	line_put(line, "* ");
	line_put(line, text);
	line_put(line, "\n");
	session_close(&line->session, CLOSE_POLICY, code);
}

/* Enter the chat with permissions and token (NULL: none), if everything allows it: this
 * is the last check, so a client is charged only if it enters. */
static void
line_enter(struct line *line, const struct permissions *permissions,
	const struct token *token)
{
	static const struct chat_wishes wishes = { .wants_events = true,
		.wants_progress = true };
	const struct access *access = &line->door->access;
	struct chat *chat = line->door->chat;
	struct gate_client *client = access_client_of(access, line->conn, token);
	struct message_fault fault;
	const char *text, *code = chat_entry_fault(chat, permissions, NULL, &text);

	if (code) {
		line_turn_away(line, code, text);
		return;
	}
	if (access_connect(access, client, &fault) < 0) {
		session_close_as(&line->session, ENDING_FLOODING, CLOSE_TRY_AGAIN,
			"your address opens too many connections, try later");
		return;
	}
	line->conn->deadline_ms = 0;
	line->is_in = true;
	session_admit(&line->session, permissions, line->conn->peer, clock_unix_ms());
	session_set_client(&line->session, client);
	chat_open(chat, &line->session, &wishes);
	log_info("session_name", log_uint("session", line->session.number),
		log_str("peer", line->conn->peer), SESSION_WHO_FIELDS(&line->session));
}

static void
line_log_in(struct line *line, const char *text, size_t len)
{
	static const struct access_asked asked = { .door = "line" };
	const struct access *access = &line->door->access;
	struct access_refusal refusal;
	const struct permissions *permissions =
		access_log_in(access, text, len, &refusal);

	if (permissions) {
		line_enter(line, permissions, tokens_check(access->tokens, text, len));
	} else {
		access_note_refused(access, line->conn, &asked, &refusal);
		line_turn_away(line, refusal.fault.code, refusal.fault.text);
	}
	permissions_unref(permissions);
}

/* Let the peer in, or ask it to log in. Called once it is known not to speak another
 * protocol. */
static void
line_greet(struct line *line)
{
	const struct access *access = &line->door->access;

	loop_timer_stop(line->pause);
	line->is_greeted = true;
	if (access_needs_login(access))
		line_put(line, LOGIN_FIRST);
	else
		line_enter(line, access_permissions_of_line(access), NULL);
}

/* Close a client of another protocol. None of its input is used. */
static void
line_reject_protocol(struct line *line)
{
	log_warn("refused", log_str("peer", line->conn->peer), log_str("why", "protocol"),
		log_str("protocol", line->telnet.protocol), log_str("door", "line"));
	metrics.refused[REFUSED_BY_PROTOCOL]++;
	session_close(&line->session, CLOSE_PROTOCOL, "this port is for lines of text");
}

/* Returns true if the len bytes of text are word, in capitals or not. */
static bool
line_is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(text, word, len);
}

/* Handle a line before the login: only /login and /quit do anything. */
static void
line_hear_stranger(struct line *line, const char *text, size_t len)
{
	static const char login[] = "/login ";
	const size_t start = sizeof(login) - 1;

	while (len && (text[len - 1] == '\r' || text[len - 1] == ' '))
		len--;
	if (len > start && !strncasecmp(text, login, start))
		line_log_in(line, text + start, len - start);
	else if (line_is_word(text, len, "/quit") || line_is_word(text, len, "Q"))
		session_close(&line->session, CLOSE_NORMAL, "bye");
	else if (++line->strange_lines > STRANGE_LINES_MAX)
		line_turn_away(line, "token_required", "this needs a token");
	else if (len)
		line_put(line, LOGIN_FIRST);
}

/* An empty line with more input after it may belong to a binary header: a PROXY header of
 * version 2 begins with two empty lines and a NUL byte. */
static bool
line_may_be_foreign(const struct line *line)
{
	return line->next == TELNET_LINE && !line->telnet.line.text.len &&
	       line->raw_done < line->raw_len;
}

/* Decide by the first input whether the peer is let in. Returns false if line->next is
 * not to be used. */
static bool
line_pass_gate(struct line *line)
{
	if (line->next == TELNET_FOREIGN)
		line_reject_protocol(line);
	else if (!line->is_greeted && !line_may_be_foreign(line))
		line_greet(line);
	return line->is_greeted && !line_is_over(line);
}

/* Handle line->next. Returns false if that has to wait. */
static bool
line_do_next(struct line *line)
{
	const struct buffer *text = &line->telnet.line.text;
	struct chat *chat = line->door->chat;
	int64_t wait_ms;

	if (line->next == TELNET_MARK) {
		line_answer_mark(line);
		return true;
	}
	if (!line_pass_gate(line)) {
		line_forget(line);
		return true;
	}
	if (!line->is_in) {
		line_hear_stranger(line, text->len ? text->bytes : "", text->len);
		line_forget(line);
		return true;
	}
	if (line->next == TELNET_TOO_LONG)
		wait_ms = chat_refuse_line(chat, &line->session, clock_unix_ms());
	else
		wait_ms = chat_handle_line(chat, &line->session,
			text->len ? text->bytes : "", text->len, true, clock_unix_ms());
	if (wait_ms == CHAT_WHEN_WOKEN)
		return false;
	if (wait_ms) {
		loop_timer_start(line->pause, wait_ms, 0);
		return false;
	}
	line_forget(line);
	return true;
}

/* Handle what was read. Returns false if the rest has to wait. */
static bool
line_take_in(struct line *line)
{
	size_t max = (size_t)line->door->config->limits.message_bytes, used;

	for (;;) {
		if (line_is_over(line)) {
			line_forget(line);
			line->raw_done = line->raw_len;
		}
		if (chat_request_count(&line->session) >= UNDER_WAY_MAX ||
			(line->next != TELNET_MORE && !line_do_next(line)))
			return false;
		if (line->raw_done == line->raw_len)
			return true;
		line->next = telnet_read(&line->telnet, line->raw + line->raw_done,
			line->raw_len - line->raw_done, max, &used);
		line->raw_done += used;
	}
}

/* The peer sends nothing more. */
static void
line_end(struct line *line)
{
	line->has_ended = true;
	line->next = telnet_end(&line->telnet);
	deferred_ask(line->door->deferred, &line->deferred);
}

/* The connection failed. */
static void
line_lose(struct line *line, int error)
{
	if (error == ETIMEDOUT)
		log_info("dead_peer", log_str("peer", line->conn->peer),
			log_uint("session", line->session.number),
			SESSION_WHO_FIELDS(&line->session));
	conn_note_ending(line->conn, error == ETIMEDOUT ? ENDING_TIMEOUT : ENDING_LOST);
	conn_kill(line->conn);
}

/* Discard input until the peer closes. */
static void
line_read_away(struct line *line)
{
	ssize_t n = recv(line->socket.fd, line->raw, sizeof(line->raw), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn_kill(line->conn);
}

static void
line_on_readable(struct loop_socket *socket)
{
	struct line *line = line_from_socket(socket);
	ssize_t n;

	if (line->is_finishing) {
		line_read_away(line);
		return;
	}
	n = recv(line->socket.fd, line->raw, sizeof(line->raw), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		line_lose(line, errno);
		return;
	}
	line->conn->received_bytes += (size_t)n;
	line->raw_len = (size_t)n;
	line->raw_done = 0;
	if (n == 0)
		line_end(line);
	if (n == 0 || !line_take_in(line))
		loop_socket_watch_input(socket, false);
}

/* Returns true if the peer has sent data or has closed, and that was not read yet. */
static bool
line_has_input(const struct line *line)
{
	struct pollfd poll_fd = { .fd = line->socket.fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0;
}

static void
line_on_writable(struct loop_socket *socket)
{
	out_queue_on_writable(&line_from_socket(socket)->out_queue);
}

static const struct loop_socket_ops socket_ops = {
	.on_readable = line_on_readable,
	.on_writable = line_on_writable,
};

static void
line_on_pause_over(void *context)
{
	struct line *line = context;

	if (!line->is_greeted && line_has_input(line)) {
		/* The loop was busy, and timers run before input. Wait again: the
		 * input may be of another protocol. */
		loop_timer_start(line->pause, GREETING_MS, 0);
		return;
	}
	if (!line->is_greeted && !line_is_over(line))
		line_greet(line);
	deferred_ask(line->door->deferred, &line->deferred);
}

/* Continue with the input that had to wait. */
static void
line_on_deferred(struct deferred *deferred)
{
	struct line *line = container_of(deferred, struct line, deferred);
	bool is_paused = line->is_greeted && loop_timer_is_running(line->pause);

	if (line->is_finishing || is_paused || !line_take_in(line))
		return;
	if (!line->has_ended)
		loop_socket_watch_input(&line->socket, true);
	else if (!chat_request_count(&line->session) && !line_is_over(line))
		session_close(&line->session, CLOSE_NORMAL, "bye");
}

static void
line_on_drained(struct out_queue *out_queue)
{
	struct line *line = line_from_out_queue(out_queue);

	if (!line->session.closed) {
		chat_on_drained(line->door->chat, &line->session);
	} else if (!line->is_finishing) {
		line->is_finishing = true;
		line->conn->deadline_ms = clock_now_ms() + LINGER_MS;
		loop_timer_stop(line->pause);
		shutdown(line->socket.fd, SHUT_WR);
		loop_socket_watch_input(&line->socket, true);
	}
}

static void
line_on_broken(struct out_queue *out_queue, int error)
{
	line_lose(line_from_out_queue(out_queue), error);
}

static const struct out_queue_ops out_queue_ops = { .on_drained = line_on_drained,
	.on_broken = line_on_broken };

static void
line_on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	struct line *line = conn->state;

	session_close(&line->session, code, reason);
}

static void
line_on_closed(struct conn *conn)
{
	struct line *line = conn->state;

	log_info("session_close", log_uint("session", line->session.number),
		log_str("door", "line"), log_uint("code", line->session.closed),
		CONN_END_FIELDS(conn), SESSION_WHO_FIELDS(&line->session));
	loop_timer_free(line->pause);
	deferred_cancel(line->door->deferred, &line->deferred);
	out_queue_fini(&line->out_queue);
	chat_close(line->door->chat, &line->session);
	session_fini(&line->session);
	telnet_clear(&line->telnet);
	loop_socket_close(&line->socket);
	free(line);
}

/* The kernel detects a peer that has vanished, also while nothing is sent. Telnet sends a
 * part of its commands as urgent data, which must stay in line with the rest. */
static void
line_set_socket_options(int fd, int ping_s, int pong_s)
{
	const int on = 1, count = 2;
	int every_s = pong_s / count > 0 ? pong_s / count : 1;

	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &ping_s, sizeof(ping_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof(every_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

void
line_door_accept(struct line_door *door, struct conn *conn, int fd)
{
	struct line *line = xcalloc(1, sizeof(*line));

	line_set_socket_options(
		fd, door->config->heartbeat.ping_s, door->config->heartbeat.pong_s);
	conn->door = &door->door;
	conn->state = line;
	line->conn = conn;
	line->door = door;
	loop_socket_open(&line->socket, door->out_queues->loop, fd, &socket_ops);
	line->pause = loop_timer_new(door->out_queues->loop, line_on_pause_over, line);
	loop_timer_start(line->pause, GREETING_MS, 0);
	line->deferred.call = line_on_deferred;
	session_init(&line->session, &session_ops, WIRE_LINE,
		chat_next_number(door->chat), (size_t)door->config->limits.queue_bytes);
	out_queue_init(&line->out_queue, door->out_queues, &out_queue_ops, conn,
		&line->socket, &line->session.queue);
	log_info("session_open", log_uint("session", line->session.number),
		log_str("peer", conn->peer), log_str("door", "line"));
	if (access_needs_login(&door->access))
		conn->deadline_ms = clock_now_ms() + LOGIN_MS;
}

void
line_door_init(struct line_door *door, const struct access *access, struct chat *chat,
	struct out_queue_drain *out_queues, struct deferred_list *deferred)
{
	*door = (struct line_door){
		.door = {
			.name = "line",
			.on_stop = line_on_stop,
			.kill = conn_free,
			.on_closed = line_on_closed,
		},
		.access = *access,
		.config = access->config,
		.chat = chat,
		.out_queues = out_queues,
		.deferred = deferred,
	};
}
