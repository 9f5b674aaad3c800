#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bare.h"
#include "../die.h"
#include "../wire.h"
#include "link.h"

enum {
	OPENING_MAX = 64, /* connections not yet accepted, well below any backlog */
	STALL_S = 30,     /* without a delivery for this long, a message is lost */
	QUIET_MS = 30,    /* silence after which nothing more will come */
	FLIGHTS = 65536,
	SHOWN_BYTES = 300,
	PONG_BYTES_MAX = WIRE_HEAD_BYTES_MAX + 125,
	SENT_SPARE = 1024, /* bytes around a text in what is sent */
	MASK = 0x37fa213d, /* the load need not surprise anybody */
};

static const uint64_t second_ns = 1000000000;

struct member {
	struct link link;
	struct crowd *crowd;
	bool is_accepted;
	bool has_entered;
	unsigned missed;
};

/* A message that has not reached everybody. */
struct flight {
	uint32_t number;
	uint32_t left;
	uint64_t sent_ns;
};

struct crowd {
	const struct crowd_plan *plan;
	unsigned room_members;
	unsigned senders;
	unsigned opened;
	struct member *members;
	uint32_t *next_sent;     /* by sender */
	uint32_t *next_received; /* by member and sender of its room */
	struct flight *flights;  /* by number % FLIGHTS */
	unsigned under_way;
	unsigned turn; /* the sender of the next message */
	uint64_t progress_ns;
	struct crowd_result *result;
	char *text;
	char *sent;
	char *frame;
	char *padding;
	size_t sent_room;
};

static struct member *
member_of(struct link *link)
{
	return (struct member *)link;
}

static unsigned
room_of(const struct crowd *crowd, unsigned member)
{
	return member / crowd->room_members;
}

/* Replace {room}, {text} and {bytes}, the length of the text, in a pattern. Returns the
 * length. */
static size_t
expand(char *out, size_t out_bytes, const char *pattern, unsigned room, const char *text,
	size_t text_bytes)
{
	size_t n = 0;

	while (*pattern) {
		char number[16] = "";
		const char *part = number;
		size_t part_bytes = 1;

		if (strncmp(pattern, "{room}", 6) == 0) {
			part_bytes = (size_t)sprintf(number, "%u", room);
		} else if (strncmp(pattern, "{bytes}", 7) == 0) {
			part_bytes = (size_t)sprintf(number, "%zu", text_bytes);
		} else if (strncmp(pattern, "{text}", 6) == 0) {
			part = text;
			part_bytes = text_bytes;
		} else {
			part = pattern;
		}
		if (n + part_bytes >= out_bytes)
			die("a pattern is too long");
		memcpy(out + n, part, part_bytes);
		n += part_bytes;
		pattern = part == pattern ? pattern + 1 : strchr(pattern, '}') + 1;
	}
	out[n] = '\0';
	return n;
}

static void
send_frame(struct member *member, enum wire_opcode opcode, const char *text, size_t n)
{
	struct crowd *crowd = member->crowd;

	if (crowd->plan->framing == CROWD_WEBSOCKET)
		link_send(&member->link, crowd->frame,
			wire_write_frame(crowd->frame, opcode, text, n, MASK));
	else
		link_send(&member->link, text, n);
}

static _Noreturn void
die_of_message(const struct member *member, const char *what, const char *text, size_t n)
{
	die("client %u: %s: %.*s", member->link.number, what,
		(int)(n < SHOWN_BYTES ? n : SHOWN_BYTES), text);
}

static unsigned
digits_of(uint32_t number)
{
	unsigned digits = 1;

	for (; number >= 10; number /= 10)
		digits++;
	return digits;
}

/* Whether the padding behind the number is the one that was sent. */
static bool
has_whole_padding(
	const struct crowd *crowd, const char *padding, const char *end, uint32_t number)
{
	static const char around[] = "{\"username\":\"u\",\"message\":\"bench#;\"}";
	size_t head = sizeof(around) - 1 + digits_of(number % crowd->senders) +
		      digits_of(number);
	size_t n = crowd->plan->framing == CROWD_BARE ? crowd->plan->bare_bytes
						      : crowd->plan->message_bytes;

	n -= head;
	return padding + n < end && memcmp(padding, crowd->padding, n) == 0 &&
	       padding[n] == '"';
}

static void
receive_missed(struct member *member, uint32_t number, const char *text, size_t n)
{
	if (number != member->missed)
		die_of_message(member, "a missed message is not the next one", text, n);
	member->missed++;
}

/* Whether the member has sent it, and the server must not send it back. */
static bool
is_own(const struct member *member, unsigned sender)
{
	const struct crowd *crowd = member->crowd;
	const struct crowd_plan *plan = crowd->plan;

	return !plan->has_guests && !plan->sends_back &&
	       member->link.number ==
		       sender % plan->rooms * crowd->room_members + sender / plan->rooms;
}

static void
receive_message(struct member *member, uint32_t number, const char *text, size_t n,
	uint64_t now_ns)
{
	struct crowd *crowd = member->crowd;
	unsigned sender = number % crowd->senders;
	unsigned rooms = crowd->plan->rooms;
	uint32_t *next =
		&crowd->next_received[member->link.number * crowd->plan->room_senders +
				      sender / rooms];
	struct flight *flight = &crowd->flights[number % FLIGHTS];

	if (is_own(member, sender))
		die_of_message(member, "its own message", text, n);
	if (sender % rooms != room_of(crowd, member->link.number))
		die_of_message(member, "a message of another room", text, n);
	if (number / crowd->senders != *next)
		die_of_message(member, "lost, doubled or out of order before", text, n);
	if (flight->left == 0 || flight->number != number)
		die_of_message(member, "a message that was not sent", text, n);
	++*next;
	if (crowd->result) {
		crowd->result->deliveries++;
		histogram_add(&crowd->result->latency, now_ns - flight->sent_ns);
	}
	if (--flight->left == 0)
		crowd->under_way--;
	crowd->progress_ns = now_ns;
}

/* One frame may have several messages: some servers combine them. */
static void
receive_text(struct member *member, const char *text, size_t n, uint64_t now_ns)
{
	struct crowd *crowd = member->crowd;
	const char *at = text;
	const char *end = text + n;
	const char *padding;
	uint32_t number;

	if (!member->has_entered &&
		memmem(text, n, crowd->plan->entered, strlen(crowd->plan->entered)))
		member->has_entered = true;
	while ((padding = wire_find_message(at, (size_t)(end - at), &number))) {
		if (!has_whole_padding(crowd, padding, end, number))
			die_of_message(member, "a damaged message", text, n);
		if (member->missed < crowd->plan->missed)
			receive_missed(member, number, text, n);
		else
			receive_message(member, number, text, n, now_ns);
		at = padding;
	}
	if (at == text && memmem(text, n, "\"error\"", 7))
		die_of_message(member, "an error", text, n);
	if (n == 2 && memcmp(text, "{}", 2) == 0) /* Centrifugo's ping */
		send_frame(member, WIRE_TEXT, "{}", 2);
}

static void
receive_frame(struct member *member, const struct wire_frame *frame, uint64_t now_ns)
{
	switch (frame->opcode) {
	case WIRE_TEXT:
		receive_text(member, frame->payload, frame->payload_bytes, now_ns);
		break;
	case WIRE_PING:
		if (frame->payload_bytes > PONG_BYTES_MAX - WIRE_HEAD_BYTES_MAX)
			die("client %u: a ping is too long", member->link.number);
		send_frame(member, WIRE_PONG, frame->payload, frame->payload_bytes);
		break;
	case WIRE_PONG:
		break;
	default:
		die_of_message(member, "closed, or not a text", frame->payload,
			frame->payload_bytes);
	}
}

/* The length of the unit at the start of bytes, and what it says as a frame; 0 if it
 * is incomplete. NATS sends lines; a message follows the line "MSG SUBJECT SID BYTES". */
static size_t
parse_nats(const char *bytes, size_t n, struct wire_frame *frame)
{
	const char *line_end = memmem(bytes, n, "\r\n", 2);
	size_t head, payload_bytes;
	const char *number;

	if (!line_end)
		return 0;
	head = (size_t)(line_end - bytes) + 2;
	*frame = (struct wire_frame){ WIRE_TEXT, bytes, head };
	if (strncmp(bytes, "PING", 4) == 0)
		frame->opcode = WIRE_PING;
	if (strncmp(bytes, "MSG ", 4) != 0)
		return head;
	number = memrchr(bytes, ' ', head - 2);
	payload_bytes = strtoul(number, NULL, 10);
	*frame = (struct wire_frame){ WIRE_TEXT, bytes + head, payload_bytes };
	return n < head + payload_bytes + 2 ? 0 : head + payload_bytes + 2;
}

static size_t
parse_unit(const struct member *member, const char *bytes, size_t n,
	struct wire_frame *frame)
{
	size_t bare_bytes = member->crowd->plan->bare_bytes;
	ssize_t parsed;

	switch (member->crowd->plan->framing) {
	case CROWD_BARE:
		*frame = (struct wire_frame){ WIRE_TEXT, bytes, bare_bytes };
		return n < bare_bytes ? 0 : bare_bytes;
	case CROWD_NATS:
		return parse_nats(bytes, n, frame);
	default:
		parsed = wire_parse_frame(bytes, n, frame);
		if (parsed < 0)
			die_of_message(
				member, "not a frame that a server may send", bytes, n);
		return (size_t)parsed;
	}
}

static void
enter(struct member *member)
{
	struct crowd *crowd = member->crowd;
	size_t n = expand(crowd->sent, crowd->sent_room, crowd->plan->enter,
		room_of(crowd, member->link.number), "", 0);

	member->is_accepted = true;
	if (n > 0)
		send_frame(member, WIRE_TEXT, crowd->sent, n);
	member->has_entered = !*crowd->plan->entered;
}

/* Take the server's acceptance off the front of bytes; 0 if it is incomplete. NATS
 * accepts without a word of its own. */
static size_t
take_acceptance(struct member *member, const char *bytes, size_t n)
{
	char head[4096];
	const char *end;
	size_t head_bytes;

	if (member->crowd->plan->framing == CROWD_BARE)
		return n < BARE_GREETING_BYTES ? 0 : BARE_GREETING_BYTES;
	end = memmem(bytes, n, "\r\n\r\n", 4);
	if (!end && n < sizeof(head))
		return 0;
	head_bytes = end ? (size_t)(end - bytes) + 4 : n;
	if (head_bytes >= sizeof(head))
		die("client %u: the answer to the upgrade is too long",
			member->link.number);
	memcpy(head, bytes, head_bytes);
	head[head_bytes] = '\0';
	if (!wire_upgrade_is_accepted(head, NULL))
		die("client %u: not upgraded:\n%s", member->link.number, head);
	return head_bytes;
}

static bool
is_in(const struct member *member)
{
	return member->has_entered && member->missed == member->crowd->plan->missed;
}

static size_t
take(struct link *link, const char *bytes, size_t n, uint64_t now_ns)
{
	struct member *member = member_of(link);
	struct crowd *crowd = member->crowd;
	bool was_in = is_in(member);
	struct wire_frame frame;
	size_t done = 0;
	size_t part;

	if (!member->is_accepted) {
		done = take_acceptance(member, bytes, n);
		if (done == 0)
			return 0;
		enter(member);
	}
	while ((part = parse_unit(member, bytes + done, n - done, &frame)) > 0) {
		if (frame.opcode == WIRE_PING && crowd->plan->framing == CROWD_NATS)
			send_frame(member, WIRE_PONG, "PONG\r\n", 6);
		else
			receive_frame(member, &frame, now_ns);
		if (crowd->result)
			crowd->result->bytes += part;
		done += part;
	}
	if (!was_in && is_in(member)) {
		crowd->opened++;
		crowd->progress_ns = now_ns;
	}
	return done;
}

static void
open_member(struct crowd *crowd, unsigned number)
{
	struct member *member = &crowd->members[number];
	char target[512];
	char request[sizeof(target) + 256];

	member->crowd = crowd;
	member->link.number = number;
	member->link.take = take;
	link_open(&member->link);
	if (crowd->plan->framing == CROWD_NATS) {
		enter(member);
	} else if (crowd->plan->framing == CROWD_WEBSOCKET) {
		expand(target, sizeof(target), crowd->plan->target,
			room_of(crowd, number), "", 0);
		link_send(&member->link, request,
			wire_write_upgrade(request, sizeof(request), 0, target, NULL));
	}
}

static void
turn_or_die(struct crowd *crowd, uint64_t until_ns)
{
	link_turn(until_ns);
	if (link_now_ns() - crowd->progress_ns > STALL_S * second_ns)
		die("stalled: %u of %u connections opened, %u messages under way",
			crowd->opened, crowd->plan->connections, crowd->under_way);
}

struct crowd *
crowd_open(const struct crowd_plan *plan)
{
	struct crowd *crowd = die_or_allocate(1, sizeof(*crowd));
	unsigned started = 0;
	size_t text_bytes = plan->message_bytes > plan->bare_bytes ? plan->message_bytes
								   : plan->bare_bytes;

	crowd->plan = plan;
	crowd->room_members = plan->connections / plan->rooms;
	crowd->senders = plan->rooms * plan->room_senders;
	crowd->members = die_or_allocate(plan->connections, sizeof(*crowd->members));
	crowd->next_sent = die_or_allocate(crowd->senders, sizeof(*crowd->next_sent));
	crowd->next_received =
		die_or_allocate((size_t)plan->connections * plan->room_senders,
			sizeof(*crowd->next_received));
	crowd->flights = die_or_allocate(FLIGHTS, sizeof(*crowd->flights));
	crowd->sent_room = text_bytes + SENT_SPARE;
	crowd->text = die_or_allocate(1, text_bytes);
	crowd->sent = die_or_allocate(1, crowd->sent_room);
	crowd->frame = die_or_allocate(1, crowd->sent_room + WIRE_HEAD_BYTES_MAX);
	crowd->padding = die_or_allocate(1, text_bytes);
	memset(crowd->padding, 'x', text_bytes);
	crowd->progress_ns = link_now_ns();
	while (crowd->opened < plan->connections) {
		while (started < plan->connections &&
			started - crowd->opened < OPENING_MAX)
			open_member(crowd, started++);
		turn_or_die(crowd, link_now_ns() + second_ns);
	}
	return crowd;
}

/* Take a number for the sender's next message, which is sent at now_ns. */
static uint32_t
take_off(struct crowd *crowd, unsigned sender, uint64_t now_ns)
{
	uint32_t number = crowd->next_sent[sender]++ * crowd->senders + sender;
	struct flight *flight = &crowd->flights[number % FLIGHTS];

	if (flight->left > 0)
		die("message %u is still under way when %u is to be sent", flight->number,
			number);
	*flight = (struct flight){ number, crowd->room_members, now_ns };
	if (!crowd->plan->has_guests && !crowd->plan->sends_back)
		flight->left--;
	crowd->under_way++;
	if (crowd->result)
		crowd->result->messages++;
	return number;
}

size_t
crowd_next_text(struct crowd *crowd, unsigned sender, char *text)
{
	uint32_t number = take_off(crowd, sender, link_now_ns());

	wire_write_message(text, crowd->plan->message_bytes, sender, number);
	return crowd->plan->message_bytes;
}

static void
send_message(struct crowd *crowd, uint64_t now_ns)
{
	const struct crowd_plan *plan = crowd->plan;
	unsigned sender = crowd->turn++ % crowd->senders;
	unsigned room = sender % plan->rooms;
	struct member *member =
		&crowd->members[room * crowd->room_members + sender / plan->rooms];
	uint32_t number = take_off(crowd, sender, now_ns);
	size_t n = plan->framing == CROWD_BARE ? plan->bare_bytes : plan->message_bytes;

	wire_write_message(crowd->text, n, sender, number);
	n = expand(crowd->sent, crowd->sent_room, plan->publish, room, crowd->text, n);
	send_frame(member, WIRE_TEXT, crowd->sent, n);
}

/* The members' own senders must exist, or their messages would be sent by nobody. */
static void
check_senders(const struct crowd *crowd)
{
	if (crowd->plan->room_senders > crowd->room_members)
		die("%u senders in a room of %u", crowd->plan->room_senders,
			crowd->room_members);
}

static void
run_window(struct crowd *crowd, uint64_t end_ns, unsigned window)
{
	while (link_now_ns() < end_ns) {
		while (crowd->under_way < window)
			send_message(crowd, link_now_ns());
		turn_or_die(crowd, end_ns);
	}
}

/* A message that the load sends late counts from when it was due. */
static void
run_rate(struct crowd *crowd, uint64_t end_ns, unsigned rate)
{
	uint64_t due_ns = link_now_ns();

	while (due_ns < end_ns) {
		turn_or_die(crowd, due_ns);
		for (; due_ns < end_ns && due_ns <= link_now_ns();
			due_ns += second_ns / rate)
			send_message(crowd, due_ns);
	}
}

void
crowd_count_in(struct crowd *crowd, struct crowd_result *result)
{
	crowd->result = result;
	crowd->progress_ns = link_now_ns();
}

void
crowd_run(struct crowd *crowd, uint64_t ns, unsigned window, unsigned rate,
	struct crowd_result *result)
{
	uint64_t end_ns = link_now_ns() + ns;

	check_senders(crowd);
	crowd_count_in(crowd, result);
	if (rate > 0)
		run_rate(crowd, end_ns, rate);
	else
		run_window(crowd, end_ns, window);
	crowd_settle(crowd);
	crowd_count_in(crowd, NULL);
}

/* What comes after the last message would be one too many. */
void
crowd_settle(struct crowd *crowd)
{
	while (crowd->under_way > 0)
		turn_or_die(crowd, link_now_ns() + second_ns);
	while (link_turn(link_now_ns() + QUIET_MS * 1000000) > 0) {
	}
}

void
crowd_close(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->plan->connections; i++)
		link_close(&crowd->members[i].link);
	free(crowd->members);
	free(crowd->next_sent);
	free(crowd->next_received);
	free(crowd->flights);
	free(crowd->text);
	free(crowd->sent);
	free(crowd->frame);
	free(crowd->padding);
	free(crowd);
}
