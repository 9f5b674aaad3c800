/* Log rooms. */
#include "../folder.h"
#include "chat_fixture.h"

#include <errno.h>

#define TAILS                                                                            \
	"tails=( { room = \"syslog\"; path = \"/s\"; lines = 3; },"                      \
	" { room = \"quiet\"; path = \"/q\"; lines = 0; },"                              \
	" { room = \"long\"; path = \"/l\"; lines = 500; } )"

/* As set_up, with three log files that everybody may read. */
static int
set_up_tails(void **state)
{
	static const char *const settings[] = { TAILS, "limits.message_rate=0" };
	struct fixture *fixture;

	set_up_with(state, settings, 2);
	fixture = *state;
	fixture->ann.session.permissions = &permissions_of_all;
	fixture->bob.session.permissions = &permissions_of_all;
	fixture->eve.session.permissions = &permissions_of_all;
	return 0;
}

#define tail_test(test) cmocka_unit_test_setup_teardown(test, set_up_tails, tear_down)

static void
log_line(struct fixture *fixture, const char *room, const char *text)
{
	assert_int_equal(chat_log(fixture->chat, room, text, strlen(text), 0,
				 fixture->now_ms += 1000),
		0);
}

/* Log the numbers first to last as lines. */
static void
log_lines(struct fixture *fixture, const char *room, int first, int last)
{
	char text[20];

	for (; first <= last; first++) {
		snprintf(text, sizeof(text), "line %d.", first);
		log_line(fixture, room, text);
	}
	settle(fixture);
}

static void
come_to_read(
	struct fixture *fixture, struct fake *fake, const char *room, const char *since)
{
	const struct chat_wishes wishes = {
		.room = room, .since = since, .wants_joined = true
	};

	fake_init(fixture, fake, WIRE_WS);
	fake->session.permissions = &permissions_of_all;
	chat_open(fixture->chat, &fake->session, &wishes);
	settle(fixture);
}

/* Expect the lines first to last and nothing else. */
static void
assert_hears_lines(struct fake *fake, int first, int last)
{
	char part[64];

	for (; first <= last; first++) {
		snprintf(part, sizeof(part), JSON("id":%d,), first);
		assert_hears(fake, part);
	}
	assert_hears_nothing(fake);
}

/* Make a "since" of id in the room's history. */
static const char *
since_of(struct fixture *fixture, const char *room, int id)
{
	static char since[64];
	struct fake fake;
	const char *epoch;

	come_to_read(fixture, &fake, room, NULL);
	epoch = strstr(hears(&fake), JSON("epoch":)) + 9;
	snprintf(since, sizeof(since), "%.*s:%d", (int)strcspn(epoch, "\""), epoch, id);
	go(fixture, &fake);
	return since;
}

/* Open a WebSocket and a line session in the room "syslog". */
static void
come_to_both(struct fixture *fixture, struct fake *reader, struct fake *terminal)
{
	come_to_read(fixture, reader, "syslog", NULL);
	forget_heard(reader);
	fake_init(fixture, terminal, WIRE_LINE);
	terminal->session.permissions = &permissions_of_all;
	chat_open(fixture->chat, &terminal->session,
		&(struct chat_wishes){ .room = "syslog" });
}

static void
test_a_line_of_a_log_file_is_sent_unchanged(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader, terminal;

	come_to_both(fixture, &reader, &terminal);
	log_line(fixture, "syslog", "sshd" JSON([7]: "hi"));
	settle(fixture);
	assert_hears_exactly(
		&reader, JSON({"type":"log","room":"syslog","id":1,"ts":1000,
			"username":"syslog","message":"sshd[7]: \"hi\""}));
	assert_string_equal(hears(&terminal), "sshd[7]: \"hi\"\n");
	assert_hears_nothing(&fixture->ann);
	go(fixture, &terminal);
	go(fixture, &reader);
}

static void
test_skipped_lines_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader;

	come_to_read(fixture, &reader, "syslog", NULL);
	forget_heard(&reader);
	assert_int_equal(
		chat_log(fixture->chat, "syslog", "5 lines skipped", 15, 5, 1), 0);
	settle(fixture);
	assert_hears(&reader, JSON("message":"5 lines skipped","skipped":5) "}");
	go(fixture, &reader);
}

static void
test_an_event_of_a_log_file_is_sent_between_its_lines(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader, terminal;

	come_to_both(fixture, &reader, &terminal);
	log_line(fixture, "syslog", "last of the old");
	assert_int_equal(chat_log_event(fixture->chat, "syslog", "rotated",
				 "the file was rotated", fixture->now_ms),
		0);
	settle(fixture);
	assert_hears(&reader, JSON("id":1,));
	assert_hears_exactly(&reader,
		JSON({"type":"log","room":"syslog","id":2,"ts":1001,
			"username":"syslog","message":"the file was rotated",
			"event":"rotated"}));
	assert_string_equal(hears(&terminal), "last of the old\n");
	assert_string_equal(hears(&terminal), "the file was rotated\n");
	go(fixture, &terminal);
	go(fixture, &reader);
}

static void
test_a_newcomer_is_sent_the_last_lines_then_new_ones(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader;

	come_to_read(fixture, &reader, "syslog", NULL);
	assert_hears(&reader, JSON("last_id":0,"recovered":false));
	assert_hears_nothing(&reader);
	go(fixture, &reader);
	log_lines(fixture, "syslog", 1, 2);
	come_to_read(fixture, &reader, "syslog", NULL);
	assert_hears(&reader, JSON("last_id":2,"recovered":false));
	assert_hears_lines(&reader, 1, 2);
	go(fixture, &reader);
	log_lines(fixture, "syslog", 3, 10);
	come_to_read(fixture, &reader, "syslog", NULL);
	assert_hears(&reader, JSON("type":"joined"));
	assert_hears_lines(&reader, 8, 10);
	log_lines(fixture, "syslog", 11, 12);
	assert_hears_lines(&reader, 11, 12);
	go(fixture, &reader);
}

static void
test_a_newcomer_is_sent_as_many_lines_as_configured(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader;

	log_lines(fixture, "quiet", 1, 10);
	log_lines(fixture, "long", 1, 600);
	come_to_read(fixture, &reader, "quiet", NULL);
	assert_hears(&reader, JSON("type":"joined"));
	assert_hears_nothing(&reader);
	go(fixture, &reader);
	/* Each page is sent when the last one was read. */
	come_to_read(fixture, &reader, "long", NULL);
	assert_hears(&reader, JSON("type":"joined"));
	for (int id = 101; id <= 600; id++) {
		char part[64];

		if (!reader.session.queue.count) {
			chat_on_drained(fixture->chat, &reader.session);
			settle(fixture);
		}
		snprintf(part, sizeof(part), JSON("id":%d,), id);
		assert_hears(&reader, part);
	}
	go(fixture, &reader);
}

static void
test_lines_logged_while_a_newcomer_is_served_follow(void **state)
{
	struct fixture *fixture = *state;
	const struct chat_wishes wishes = { .room = "syslog" };
	struct fake reader;

	log_lines(fixture, "syslog", 1, 10);
	fake_init(fixture, &reader, WIRE_WS);
	reader.session.permissions = &permissions_of_all;
	log_line(fixture, "syslog", "line 11.");
	chat_open(fixture->chat, &reader.session, &wishes);
	log_line(fixture, "syslog", "line 12.");
	settle(fixture);
	assert_hears_lines(&reader, 8, 12);
	go(fixture, &reader);
}

static void
test_a_log_reader_resumes(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader;

	log_lines(fixture, "syslog", 1, 10);
	come_to_read(fixture, &reader, "syslog", since_of(fixture, "syslog", 2));
	assert_hears(&reader, JSON("recovered":true));
	assert_hears_lines(&reader, 3, 10);
	go(fixture, &reader);
	come_to_read(fixture, &reader, "syslog", since_of(fixture, "syslog", 10));
	assert_hears(&reader, JSON("recovered":true));
	assert_hears_nothing(&reader);
	go(fixture, &reader);
}

static void
test_chat_and_log_files_have_separate_epochs(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader;
	char since[64];

	say(fixture, &fixture->ann, JSON({"message":"a"}));
	say(fixture, &fixture->ann, JSON({"message":"b"}));
	log_lines(fixture, "syslog", 1, 10);
	strcpy(since, since_of(fixture, "lobby", 1));
	assert_string_not_equal(since, since_of(fixture, "syslog", 1));
	come_to_read(fixture, &reader, "syslog", since);
	assert_hears(&reader, JSON("recovered":false));
	assert_hears_lines(&reader, 8, 10);
	go(fixture, &reader);
	come_to_read(fixture, &reader, "lobby", since_of(fixture, "syslog", 1));
	assert_hears(&reader, JSON("recovered":false));
	assert_hears_nothing(&reader);
	go(fixture, &reader);
}

static void
test_each_log_file_and_the_chat_have_their_own_ids(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"join","room":"syslog"}));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"quiet"}));
	forget_heard(&fixture->ann);
	log_line(fixture, "syslog", "a");
	log_line(fixture, "quiet", "a");
	say(fixture, &fixture->bob, JSON({"message":"a"}));
	log_line(fixture, "syslog", "b");
	settle(fixture);
	log_line(fixture, "quiet", "b");
	say(fixture, &fixture->bob, JSON({"message":"b"}));
	say(fixture, &fixture->ann, JSON({"type":"rooms"}));
	for (int i = 0; i < 6; i++)
		hears(&fixture->ann);
	assert_hears(&fixture->ann, "reserved_type");
	say_line(fixture, &fixture->ann, "/rooms");
	assert_hears_exactly(&fixture->ann,
		JSON({"type":"rooms","rooms":[{"room":"lobby","topic":"",
			"count":3,"last_id":2,"alarms":0,"metrics":0,"read_only":false,"last_ts":8000}],
			"tails":[{"room":"syslog","topic":"","count":1,"last_id":2,"alarms":0,"metrics":0,"read_only":true,"last_ts":6000},
			{"room":"quiet","topic":"","count":1,"last_id":2,"alarms":0,"metrics":0,"read_only":true,"last_ts":7000},
			{"room":"long","topic":"","count":0,"last_id":0,"alarms":0,"metrics":0,"read_only":true,"last_ts":0}]}));
}

static void
test_a_log_room_is_read_only(void **state)
{
	const char *const texts = JSON([
		{"room":"syslog","message":"x"},
		{"room":"syslog","type":"x","ephemeral":true}
	]);
	const char *const pushes = JSON([
		{"room":"syslog","message":"x"},
		{"room":"syslog","type":"x","ephemeral":true},
		{"room":"syslog","type":"alarm","key":"k"},
		{"room":"syslog","type":"metric","name":"k","value":1}
	]);
	struct fixture *fixture = *state;
	struct fake reader, call;
	size_t i;

	come_to_read(fixture, &reader, "syslog", NULL);
	forget_heard(&reader);
	come_as_call(fixture, &call);
	call.session.permissions = &permissions_of_all;
	for (i = 0; json_item(texts, i); i++) {
		say(fixture, &fixture->ann, json_item(texts, i));
		assert_hears(&fixture->ann, JSON("code":"read_only"));
	}
	for (i = 0; json_item(pushes, i); i++) {
		push_as(fixture, &call, "cron", json_item(pushes, i));
		assert_hears(&call, JSON("code":"read_only"));
	}
	assert_hears_nothing(&reader);
	go(fixture, &call);
	go(fixture, &reader);
}

static void
test_log_rooms_are_hidden_without_a_token(void **state)
{
	const char *const texts = JSON([
		{"type":"join","room":"syslog"},
		{"type":"history","room":"syslog"},
		{"type":"search","room":"syslog","q":"line"},
		{"type":"leave","room":"syslog"},
		{"type":"typing","room":"syslog"},
		{"type":"ack","room":"syslog","key":"k"}
	]);
	struct fixture *fixture = *state;
	const struct chat_wishes wishes = { .room = "syslog", .wants_joined = true };
	struct fake stranger;
	size_t i;

	log_lines(fixture, "syslog", 1, 3);
	come(fixture, &stranger, &wishes);
	assert_hears(&stranger, JSON("code":"denied"));
	log_lines(fixture, "syslog", 4, 5);
	assert_hears_nothing(&stranger);
	for (i = 0; json_item(texts, i); i++) {
		say(fixture, &stranger, json_item(texts, i));
		assert_hears(&stranger, JSON("code":"denied"));
		assert_hears_nothing(&stranger);
	}
	say(fixture, &stranger, JSON({"room":"syslog","message":"x"}));
	assert_hears(&stranger, JSON("code":"read_only"));
	say_line(fixture, &stranger, "/join syslog");
	assert_hears(&stranger, JSON("code":"denied"));
	say_line(fixture, &stranger, "/who");
	assert_hears(&stranger, JSON("code":"denied"));
	say_line(fixture, &stranger, "/rooms");
	assert_hears(&stranger, JSON("tails":[]) "}");
	say_line(fixture, &stranger, "/join lobby");
	say_line(fixture, &stranger, "hello");
	assert_hears(&fixture->bob, JSON("message":"hello"));
	go(fixture, &stranger);
}

static void
test_log_rooms_have_history_and_search(void **state)
{
	struct fixture *fixture = *state;

	log_lines(fixture, "syslog", 1, 10);
	log_line(fixture, "syslog", "disk full");
	say(fixture, &fixture->ann,
		JSON({"type":"history","room":"syslog","limit":1,"before":5}));
	assert_hears(&fixture->ann, JSON("more":true,"messages":) "[{" JSON("type":"log","room":"syslog","id":4,));
	say(fixture, &fixture->ann, JSON({"type":"search","room":"syslog","q":"disk"}));
	assert_hears(&fixture->ann, JSON("q":"disk","more":false,"messages":) "[{" JSON("type":"log","room":"syslog","id":11,));
	say(fixture, &fixture->ann, JSON({"type":"search","q":"disk"}));
	assert_hears(&fixture->ann, JSON("messages":[]) "}");
}

static void
test_empty_lines_and_nul_bytes_are_kept(void **state)
{
	struct fixture *fixture = *state;
	struct fake reader;

	come_to_read(fixture, &reader, "syslog", NULL);
	forget_heard(&reader);
	assert_int_equal(chat_log(fixture->chat, "syslog", "", 0, 0, 1), 0);
	assert_int_equal(chat_log(fixture->chat, "syslog", "a\0b", 3, 0, 1), 0);
	settle(fixture);
	assert_hears(&reader, JSON("message":"") "}");
	assert_hears(&reader, "\"message\":\"a\\u0000b\"}");
	go(fixture, &reader);
}

static void
test_a_log_faster_than_the_store_has_to_wait(void **state)
{
	struct fixture *fixture = *state;
	size_t len = 1024 * 1024;
	char *text = malloc(len);
	int i, r = 0;

	memset(text, 'x', len);
	for (i = 0; i < 100 && r == 0; i++)
		r = chat_log(fixture->chat, "syslog", text, len, 0, 1);
	assert_int_equal(r, -EAGAIN);
	settle(fixture);
	assert_int_equal(chat_log(fixture->chat, "syslog", text, len, 0, 1), 0);
	settle(fixture);
	free(text);
}

static void
test_each_store_has_a_descriptor(void **state)
{
	struct fixture *fixture = *state;
	struct pollfd pollfd = { .fd = chat_fd(fixture->chat, 1), .events = POLLIN };

	assert_true(chat_fd(fixture->chat, 0) >= 0);
	assert_true(pollfd.fd >= 0);
	assert_int_not_equal(chat_fd(fixture->chat, 0), pollfd.fd);
	log_line(fixture, "syslog", "x");
	assert_true(chat_is_waiting(fixture->chat));
	chat_turn(fixture->chat);
	assert_int_equal(poll(&pollfd, 1, 10000), 1);
	chat_dispatch(fixture->chat, 1);
	assert_false(chat_is_waiting(fixture->chat));
}

static void
test_a_room_that_becomes_a_log_room_starts_a_new_history(void **state)
{
	char folder[FOLDER_BYTES], path[100];
	const char *const settings[] = { "store.driver=\"sqlite\"", path, TAILS };
	struct fixture *fixture;
	struct fake reader;

	folder_make(folder);
	snprintf(path, sizeof(path), "store.path=\"%s/test.db\"", folder);
	set_up_with(state, settings, 2);
	fixture = *state;
	say(fixture, &fixture->ann, JSON({"room":"syslog","message":"chat"}));
	assert_push(fixture,
		JSON({"type":"alarm","room":"syslog","key":"k","severity":"info"}),
			JSON("id":2));
	tear_down(state);
	set_up_with(state, settings, 3);
	fixture = *state;
	come_to_read(fixture, &reader, "syslog", NULL);
	assert_hears(&reader, JSON("last_id":0,));
	log_lines(fixture, "syslog", 1, 1);
	assert_hears_lines(&reader, 1, 1);
	assert_int_equal(reader.drops, 0);
	go(fixture, &reader);
	tear_down(state);
	folder_remove(folder);
}

static void
test_what_is_stored_while_its_room_becomes_a_log_room_is_not_broadcast(void **state)
{
	static const char *const settings[] = { TAILS };
	const char *text = JSON({"room":"syslog","message":"chat","ref":"r"});
	struct config_errors errors = { 0 };
	struct fixture *fixture;
	struct config *with_tails, before;

	set_up(state);
	fixture = *state;
	with_tails = config_load_text("", "test", settings, 1, "/", &errors);
	before = *fixture->config;
	say(fixture, &fixture->bob, JSON({"type":"join","room":"syslog"}));
	forget_heard(&fixture->bob);
	chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text), 1000);
	fixture->bob.session.permissions = &permissions_of_all;
	*fixture->config = *with_tails;
	chat_reload(fixture->chat);
	settle(fixture);
	assert_hears(&fixture->ann, JSON("type":"ack","ref":"r"));
	assert_hears(&fixture->bob, JSON("type":"joined","room":"syslog"));
	assert_hears_nothing(&fixture->bob);
	log_lines(fixture, "syslog", 1, 1);
	assert_hears(&fixture->bob, JSON("type":"log","room":"syslog","id":1,));
	/* What was stored is there when the room is one again. */
	*fixture->config = before;
	chat_reload(fixture->chat);
	assert_hears(&fixture->bob, JSON("type":"joined","room":"syslog"));
	say(fixture, &fixture->ann, JSON({"room":"syslog","message":"again"}));
	assert_hears(&fixture->bob, JSON("id":2,));
	config_free(with_tails);
	tear_down(state);
}

/* Chat in "syslog", open reader as one that resumes it from its start, and make it a log
 * room when so many pages have arrived. */
static void
interrupt_resume(struct fixture *fixture, struct fake *reader, int pages,
	const struct config *with_tails)
{
	const char *text = JSON({"room":"syslog","message":"chat"});
	struct chat_wishes wishes = { .room = "syslog", .wants_joined = true };
	char since[80];
	int i;

	for (i = 0; i < 300; i++)
		chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text),
			fixture->now_ms);
	settle(fixture);
	come_by_stream(fixture, reader, "syslog", NULL);
	chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text),
		fixture->now_ms);
	settle(fixture);
	assert_int_equal(sscanf(hears(reader), "id: %60[^:]", since), 1);
	go(fixture, reader);
	strcat(since, ":0");
	wishes.since = since;
	fake_init(fixture, reader, WIRE_WS);
	reader->session.permissions = &permissions_of_all;
	chat_open(fixture->chat, &reader->session, &wishes);
	for (i = 0; i < pages; i++)
		chat_dispatch(fixture->chat, 0);
	*fixture->config = *with_tails;
	chat_reload(fixture->chat);
	settle(fixture);
}

static void
test_a_resume_begins_anew_when_its_room_becomes_a_log_room(void **state)
{
	static const char *const settings[] = { TAILS, "limits.message_rate=0" };
	struct config_errors errors = { 0 };
	struct fixture *fixture;
	struct config *with_tails, before;
	struct fake reader;
	int pages;

	for (pages = 0; pages < 2; pages++) {
		set_up_with(state, &settings[1], 1);
		fixture = *state;
		with_tails = config_load_text("", "test", settings, 2, "/", &errors);
		before = *fixture->config;
		interrupt_resume(fixture, &reader, pages, with_tails);
		assert_hears(
			&reader, pages ? JSON("last_id":301,"recovered":true)
						 : JSON("last_id":0,"recovered":false));
		/* After a part of the old history it is told of the new one. */
		for (int i = 0; pages && i < 200; i++)
			hears(&reader);
		if (pages)
			assert_hears(&reader, JSON("last_id":0,"recovered":false));
		assert_hears_nothing(&reader);
		log_lines(fixture, "syslog", 1, 1);
		assert_hears(&reader, JSON("type":"log","room":"syslog","id":1,));
		assert_int_equal(reader.drops, 0);
		go(fixture, &reader);
		*fixture->config = before;
		config_free(with_tails);
		tear_down(state);
	}
}

/* Two configurations of one fixture: without and with log files. */
struct reloads {
	struct fixture *fixture;
	struct config without, *with;
};

static struct reloads
set_up_reloads(void **state)
{
	static const char *const settings[] = { TAILS, "limits.message_rate=0" };
	struct config_errors errors = { 0 };
	struct reloads reloads = {
		.with = config_load_text("", "test", settings, 2, "/", &errors),
	};

	set_up_with(state, &settings[1], 1);
	reloads.fixture = *state;
	reloads.without = *reloads.fixture->config;
	return reloads;
}

static void
reload(const struct reloads *reloads, bool with_tails)
{
	struct fixture *fixture = reloads->fixture;

	*fixture->config = with_tails ? *reloads->with : reloads->without;
	chat_reload(fixture->chat);
	settle(fixture);
}

static void
tear_down_reloads(const struct reloads *reloads, void **state)
{
	*reloads->fixture->config = reloads->without;
	config_free(reloads->with);
	tear_down(state);
}

/* Copy the epoch of the "joined" that fake hears next. */
static void
hear_epoch(struct fake *fake, char epoch[64])
{
	const char *heard = hears(fake), *part = strstr(heard, JSON("epoch":));

	if (!part || !has_part(heard, JSON("type":"joined","room":"syslog")))
		fail_msg("heard \"%s\", not joined", heard);
	assert_int_equal(sscanf(part, JSON("epoch":) "\"%60[^\"]", epoch), 1);
}

static void
test_members_are_told_of_the_other_history(void **state)
{
	struct reloads reloads = set_up_reloads(state);
	struct fixture *fixture = reloads.fixture;
	char chat[64], log[64], again[64];
	struct fake reader;

	come_to_read(fixture, &reader, "syslog", NULL);
	hear_epoch(&reader, chat);
	say(fixture, &fixture->ann, JSON({"room":"syslog","message":"one"}));
	assert_push(fixture, JSON({"type":"metric","room":"syslog","name":"m","value":1}),
				     JSON("type":"ack"));
	forget_heard(&reader);
	reload(&reloads, true);
	hear_epoch(&reader, log);
	assert_string_not_equal(log, chat);
	assert_hears_nothing(&reader);
	log_lines(fixture, "syslog", 1, 2);
	assert_hears_lines(&reader, 1, 2);
	say(fixture, &fixture->ann, JSON({"room":"syslog","message":"no"}));
	assert_hears(&fixture->ann, JSON("code":"read_only"));
	reload(&reloads, false);
	hear_epoch(&reader, again);
	assert_string_equal(again, chat);
	assert_hears_nothing(&reader);
	/* It can be written to, and its ids go on. */
	say(fixture, &fixture->ann, JSON({"room":"syslog","message":"two"}));
	assert_hears(&reader, JSON("id":2,));
	reload(&reloads, true);
	assert_hears(&reader, JSON("last_id":2,"recovered":false));
	assert_hears_lines(&reader, 1, 2);
	/* A reload that changes nothing is not told. */
	reload(&reloads, true);
	assert_hears_nothing(&reader);
	assert_int_equal(reader.drops, 0);
	go(fixture, &reader);
	tear_down_reloads(&reloads, state);
}

static void
test_members_that_may_not_read_a_log_leave_its_room(void **state)
{
	const struct chat_wishes wishes = { .room = "syslog", .wants_events = true };
	struct reloads reloads = set_up_reloads(state);
	struct fixture *fixture = reloads.fixture;
	struct fake guest;

	come(fixture, &guest, &wishes);
	say(fixture, &fixture->bob, JSON({"type":"join","room":"syslog"}));
	forget_heard(&guest);
	forget_heard(&fixture->bob);
	reload(&reloads, true);
	assert_hears(&guest, JSON("code":"denied"));
	assert_int_equal(guest.code, CLOSE_POLICY);
	/* One that is in another room stays in that one. */
	assert_hears(
		&fixture->bob, JSON("type":"presence","room":"syslog","event":"leave"));
	assert_hears(&fixture->bob, JSON("code":"denied"));
	assert_hears(
		&fixture->bob, JSON("type":"presence","room":"syslog","event":"leave"));
	assert_int_equal(fixture->bob.drops, 0);
	log_lines(fixture, "syslog", 1, 1);
	assert_hears_nothing(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"message":"in the lobby"}));
	assert_hears(&fixture->bob, "in the lobby");
	go(fixture, &guest);
	tear_down_reloads(&reloads, state);
}

#define ALARM_OF(severity)                                                               \
	JSON({"type":"alarm","room":"syslog","key":"k","severity":severity})

static void
test_alarms_come_back_with_the_history_of_the_chat(void **state)
{
	struct reloads reloads = set_up_reloads(state);
	struct fixture *fixture = reloads.fixture;
	uint64_t infos = metrics.alarms[0], warnings = metrics.alarms[1];
	struct fake reader, call;

	assert_push(fixture, ALARM_OF("info"), JSON("id":1));
	assert_int_equal(metrics.alarms[0], infos + 1);
	come_to_read(fixture, &reader, "syslog", NULL);
	forget_heard(&reader);
	/* A change of it is stored after the reload. */
	come_as_call(fixture, &call);
	push_as(fixture, &call, "cron", ALARM_OF("warning"));
	reload(&reloads, true);
	assert_hears(&call, JSON("id":2));
	assert_hears(&reader, JSON("type":"joined"));
	assert_hears_nothing(&reader);
	assert_int_equal(metrics.alarms[0], infos);
	assert_int_equal(metrics.alarms[1], warnings);
	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	say(fixture, &reader, JSON({"type":"ack","room":"syslog","key":"k"}));
	assert_hears(&reader, JSON("code":"no_such_alarm"));
	reload(&reloads, false);
	assert_hears(&reader, JSON("last_id":2,"recovered":false));
	assert_hears(&reader, JSON("severity":"warning"));
	assert_int_equal(metrics.alarms[1], warnings + 1);
	push_as(fixture, &call, "cron", ALARM_OF("ok"));
	settle(fixture);
	assert_hears(&reader, JSON("state":"cleared"));
	assert_int_equal(metrics.alarms[1], warnings);
	go(fixture, &call);
	go(fixture, &reader);
	tear_down_reloads(&reloads, state);
}

static void
test_an_alarm_whose_time_is_over_waits_until_its_room_is_a_chat_again(void **state)
{
	struct reloads reloads = set_up_reloads(state);
	struct fixture *fixture = reloads.fixture;
	struct fake reader;

	assert_push(fixture, JSON({"type":"alarm","room":"syslog","key":"k","severity":"info",
			"lasts_s":1}),
				     JSON("id":1));
	come_to_read(fixture, &reader, "syslog", NULL);
	reload(&reloads, true);
	forget_heard(&reader);
	chat_trim(fixture->chat, 3600000);
	settle(fixture);
	assert_hears_nothing(&reader);
	reload(&reloads, false);
	assert_hears(&reader, JSON("type":"joined"));
	assert_hears(&reader, JSON("severity":"info"));
	chat_trim(fixture->chat, 3600000);
	settle(fixture);
	assert_hears(&reader, JSON("state":"cleared"));
	go(fixture, &reader);
	tear_down_reloads(&reloads, state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		tail_test(test_a_line_of_a_log_file_is_sent_unchanged),
		tail_test(test_skipped_lines_are_counted),
		tail_test(test_an_event_of_a_log_file_is_sent_between_its_lines),
		tail_test(test_a_newcomer_is_sent_the_last_lines_then_new_ones),
		tail_test(test_a_newcomer_is_sent_as_many_lines_as_configured),
		tail_test(test_lines_logged_while_a_newcomer_is_served_follow),
		tail_test(test_a_log_reader_resumes),
		tail_test(test_chat_and_log_files_have_separate_epochs),
		tail_test(test_each_log_file_and_the_chat_have_their_own_ids),
		tail_test(test_a_log_room_is_read_only),
		tail_test(test_log_rooms_are_hidden_without_a_token),
		tail_test(test_log_rooms_have_history_and_search),
		tail_test(test_empty_lines_and_nul_bytes_are_kept),
		tail_test(test_a_log_faster_than_the_store_has_to_wait),
		cmocka_unit_test(
			test_a_room_that_becomes_a_log_room_starts_a_new_history),
		cmocka_unit_test(
			test_what_is_stored_while_its_room_becomes_a_log_room_is_not_broadcast),
		cmocka_unit_test(
			test_a_resume_begins_anew_when_its_room_becomes_a_log_room),
		cmocka_unit_test(test_members_are_told_of_the_other_history),
		cmocka_unit_test(test_members_that_may_not_read_a_log_leave_its_room),
		cmocka_unit_test(test_alarms_come_back_with_the_history_of_the_chat),
		cmocka_unit_test(
			test_an_alarm_whose_time_is_over_waits_until_its_room_is_a_chat_again),
		tail_test(test_each_store_has_a_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
