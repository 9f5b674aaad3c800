/* The scripts of the driver redis, against a real Redis: names, people, a node that has
 * ended, and numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../redis_server.h"
#include "linnet/base/buffer.h"
#include "linnet/base/util.h"

#define PREFIX "{test:0}:"
#define EPOCH "epoch1"

static struct redis_server server;
static redisContext *redis;
static redisReply *last; /* freed by the next call */

static redisReply *
keep(redisReply *reply)
{
	assert_non_null(reply);
	freeReplyObject(last);
	last = reply;
	return reply;
}

__attribute__((format(printf, 1, 2))) static redisReply *
ask(const char *format, ...)
{
	redisReply *reply;
	va_list arguments;

	va_start(arguments, format);
	reply = redisvCommand(redis, format, arguments);
	va_end(arguments);
	keep(reply);
	if (reply->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", format, reply->str);
	return reply;
}

/* Append a file of src/ to text. */
static void
add_file(struct buffer *text, const char *name)
{
	char path[512], bytes[65536];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/src/%s", LINNET_SOURCE_DIR, name);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	assert_true(len > 0);
	fclose(file);
	buffer_append(text, bytes, len);
}

/* Call a script as the first connection of node does, with words up to NULL. */
static redisReply *
call(const char *script, const char *node, const char **words)
{
	const char *argv[64] = { "EVAL", NULL, "0", PREFIX, EPOCH, node, "1", "60000" };
	struct buffer text = { 0 };
	redisReply *reply;
	char name[64];
	int argc = 8;

	snprintf(name, sizeof(name), "cluster/redis/%s.lua", script);
	add_file(&text, "redis/common.lua");
	add_file(&text, "cluster/redis/names.lua");
	add_file(&text, name);
	buffer_append(&text, "", 1);
	argv[1] = text.bytes;
	while (*words) {
		assert_true(argc < 64);
		argv[argc++] = *words++;
	}
	reply = keep(redisCommandArgv(redis, argc, argv, NULL));
	buffer_clear(&text);
	return reply;
}

#define WORDS(...)                                                                       \
	(const char *[])                                                                 \
	{                                                                                \
		__VA_ARGS__, NULL                                                        \
	}

#define turn(node, ...) call("turn", node, WORDS(__VA_ARGS__))

/* Take the next part of the text at *at. */
static void
take_part(const char **at, char *part, size_t size)
{
	char *end;
	unsigned long len = strtoul(*at, &end, 10);

	assert_true(*end == ':' && len < size);
	snprintf(part, size, "%.*s", (int)len, end + 1);
	*at = end + 1 + len;
}

/* The last turn was done, and told in the log: the node's number, the answers to its
 * claims, two texts each, and then its acts; up to NULL. */
static void
assert_told(const char *number, const char **answers, const char **acts)
{
	char data[2048], list[512], part[128];
	const char *at = data, *in_list = list;
	redisReply *fields;

	if (last->type != REDIS_REPLY_INTEGER)
		fail_msg("%s", last->str);
	fields = ask("XREVRANGE %slog + - COUNT 1", PREFIX)->element[0]->element[1];
	assert_string_equal(fields->element[7]->str, "people");
	snprintf(data, sizeof(data), "%s", fields->element[9]->str);
	take_part(&at, part, sizeof(part));
	if (number)
		assert_string_equal(part, number);
	take_part(&at, list, sizeof(list));
	while (*answers) {
		take_part(&in_list, part, sizeof(part));
		assert_string_equal(part, *answers++);
	}
	assert_string_equal(in_list, "");
	while (acts && *acts) {
		take_part(&at, part, sizeof(part));
		assert_string_equal(part, *acts++);
	}
	if (acts)
		assert_string_equal(at, "");
}

#define assert_claimed(...) assert_told(NULL, WORDS(__VA_ARGS__), NULL)
#define assert_acts(...) assert_told(NULL, WORDS(NULL), WORDS(__VA_ARGS__))

static void
assert_error(const redisReply *reply, const char *word)
{
	assert_int_equal(reply->type, REDIS_REPLY_ERROR);
	assert_memory_equal(reply->str, word, strlen(word));
}

static int
set_up(void **state)
{
	(void)state;
	ask("FLUSHALL");
	ask("HSET %smeta epoch %s open 1", PREFIX, EPOCH);
	ask("HSET %sgens a 1 b 1 c 1", PREFIX);
	ask("HSET %snodeno a 1 b 2 c 3", PREFIX);
	ask("ZADD %sleases 99999999999999 a 99999999999999 b 99999999999999 c", PREFIX);
	return 0;
}

#define CLAIM(key, name, token, grant, email) "claim", key, name, token, grant, email
#define HERE(key, name, token) "here", key, name, "0", "1", token, "", ""
#define GUEST(key) "here", key, key, "1", "1", "", "", ""
#define ENTER(key, room) "enter", key, "any", room, "ws"
#define LEAVE(key, room) "leave", key, "any", room, "ws"

static void
test_a_name_is_one_persons_on_all_nodes(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "", "e1"));
	assert_told("1", WORDS("free", "Ann"), WORDS(NULL));
	turn("b", CLAIM("ann", "ANN", "t2", "", "e2"), CLAIM("ann", "ANN", "", "", ""));
	assert_told("2", WORDS("taken", "ANN", "taken", "ANN"), WORDS(NULL));
}

static void
test_an_equal_proof_shares_a_name(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "g1", "e1"));
	turn("b", CLAIM("ann", "ann", "t1", "", "e1"),
		CLAIM("ann", "ann", "t2", "", "e1"), CLAIM("ann", "ann", "", "g1", "e2"));
	assert_claimed("token", "ann", "email", "ann", "grant", "ann");
	/* Hashes of different kinds prove nothing. */
	turn("c", CLAIM("ann", "ann", "e1", "t1", "g1"));
	assert_claimed("taken", "ann");
}

static void
test_a_name_is_free_when_it_was_given_back_as_often_as_granted(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "", ""), CLAIM("ann", "Ann", "t1", "", ""));
	assert_claimed("free", "Ann", "token", "Ann");
	turn("b", CLAIM("ann", "Ann", "t1", "", ""), "release", "ann");
	turn("a", "release", "ann");
	turn("c", CLAIM("ann", "Ann", "", "", ""));
	assert_claimed("taken", "Ann");
	turn("a", "release", "ann", CLAIM("ann", "ANN", "", "", ""));
	assert_claimed("free", "ANN");
	/* Others cannot give it back. */
	turn("b", "release", "ann", CLAIM("ann", "Ann", "t1", "", ""));
	assert_claimed("taken", "Ann");
}

static void
test_proofs_that_come_later_count_and_the_first_ones_stay(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "", "", ""), "here", "ann", "Ann", "0", "1", "t1",
		"", "e1");
	turn("a", "here", "ann", "Ann", "0", "1", "t2", "g2", "e2");
	turn("b", "here", "ann", "Ann", "0", "1", "t3", "", "",
		CLAIM("ann", "Ann", "t2", "", "e2"), CLAIM("ann", "Ann", "t1", "", ""));
	assert_claimed("taken", "Ann", "token", "Ann");
	turn("c", CLAIM("ann", "Ann", "t3", "g2", ""));
	assert_claimed("grant", "Ann");
}

static void
test_who_comes_back_has_its_name_again_if_it_is_free(void **state)
{
	(void)state;
	turn("a", CLAIM("", "", "t1", "", ""), CLAIM("", "", "", "", ""));
	assert_claimed("none", "", "none", "");
	turn("a", CLAIM("ann", "Ann", "t1", "", ""));
	assert_int_equal(ask("TTL %ssess:t1", PREFIX)->integer, -1);
	turn("a", "release", "ann");
	assert_in_range(ask("TTL %ssess:t1", PREFIX)->integer, 86300, 86400);
	turn("b", CLAIM("", "", "t1", "", ""));
	assert_claimed("free", "Ann");
	assert_int_equal(ask("TTL %ssess:t1", PREFIX)->integer, -1);
	turn("b", "release", "ann");
	turn("c", CLAIM("ann", "ann", "t2", "", ""));
	turn("b", CLAIM("", "", "t1", "", ""));
	assert_claimed("taken", "Ann");
}

static void
test_what_people_do_is_told_once(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "", ""), HERE("ann", "Ann", "t1"),
		ENTER("ann", "ops"), "silent", "77", "order", "kick\n:");
	assert_told("1", WORDS("free", "Ann"),
		WORDS(HERE("ann", "Ann", "t1"), ENTER("ann", "ops"), "silent", "77",
			"order", "kick\n:"));
	turn("a", HERE("ann", "Ann", "t1"), ENTER("ann", "ops"), LEAVE("ann", "lobby"),
		GUEST("guest-1"));
	assert_acts(GUEST("guest-1"));
	turn("a", LEAVE("ann", "ops"), LEAVE("ann", "ops"), "left", "ann", "Ann", "left",
		"ann", "Ann", ENTER("ann", "ops"));
	assert_acts(LEAVE("ann", "ops"), "left", "ann", "Ann");
	assert_int_equal(ask("HLEN %sp:a", PREFIX)->integer, 1);
}

static void
test_a_person_needs_its_name(void **state)
{
	(void)state;
	turn("a", HERE("ann", "Ann", ""), ENTER("ann", "ops"), GUEST("guest-1"),
		ENTER("guest-1", "ops"));
	assert_acts(GUEST("guest-1"), ENTER("guest-1", "ops"));
	turn("b", CLAIM("ann", "Ann", "t1", "", ""));
	turn("a", HERE("ann", "Ann", ""), "rename", "ann", "ANN", "guest-1", "guest-1");
	assert_acts(NULL);
}

static void
test_a_rename_takes_the_people_of_other_nodes_along(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "", ""), HERE("ann", "Ann", "t1"),
		ENTER("ann", "ops"));
	turn("b", CLAIM("ann", "Ann", "t1", "", ""), CLAIM("ann", "Ann", "t1", "", ""),
		HERE("ann", "Ann", "t1"), ENTER("ann", "lobby"));
	turn("a", CLAIM("bea", "Bea", "", "", ""), "rename", "bea", "Bea", "ann", "Ann",
		"release", "ann");
	assert_told(
		"1", WORDS("free", "Bea"), WORDS("rename", "bea", "Bea", "ann", "Ann"));
	/* b did not know it yet. */
	turn("b", ENTER("ann", "ops"), HERE("ann", "Ann", "t2"), "release", "ann");
	assert_acts(NULL);
	turn("b", ENTER("bea", "ops"), LEAVE("bea", "lobby"));
	assert_acts(ENTER("bea", "ops"), LEAVE("bea", "lobby"));
	turn("a", LEAVE("bea", "ops"), "left", "ann", "Ann");
	assert_acts(LEAVE("bea", "ops"));
	turn("c", CLAIM("ann", "Ann", "", "", ""), CLAIM("bea", "Bea", "t1", "", ""));
	assert_claimed("free", "Ann", "token", "Bea");
	/* b has it once, however often it had the old one. */
	turn("a", "release", "bea");
	turn("c", "release", "bea", CLAIM("bea", "Bea", "", "", ""));
	assert_claimed("taken", "Bea");
	turn("b", "release", "bea");
	/* The token has the new name. */
	assert_string_equal(ask("GET %ssess:t1", PREFIX)->str, "bea\nBea");
	assert_in_range(ask("TTL %ssess:t1", PREFIX)->integer, 86300, 86400);
	turn("a", CLAIM("bea", "Bea", "", "", ""));
	assert_claimed("free", "Bea");
	assert_int_equal(ask("SCARD %sn:b", PREFIX)->integer, 0);
}

static void
test_a_rename_to_another_spelling_keeps_the_claims(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "", ""), HERE("ann", "Ann", "t1"));
	turn("b", CLAIM("ann", "Ann", "t1", "", ""), HERE("ann", "Ann", "t1"));
	turn("a", "rename", "ann", "ANN", "ann", "Ann");
	assert_acts("rename", "ann", "ANN", "ann", "Ann");
	turn("b", HERE("ann", "ANN", "t1"));
	assert_acts(NULL);
	turn("a", "release", "ann");
	turn("c", CLAIM("ann", "ann", "", "", ""));
	assert_claimed("taken", "ann");
	turn("b", "release", "ann");
	turn("c", CLAIM("ann", "ann", "", "", ""));
	assert_claimed("free", "ann");
}

static void
test_a_guest_takes_a_name(void **state)
{
	(void)state;
	turn("a", GUEST("guest-1"), ENTER("guest-1", "ops"),
		CLAIM("ann", "Ann", "t1", "", ""), "rename", "ann", "Ann", "guest-1",
		"guest-1", HERE("ann", "Ann", "t1"), ENTER("ann", "ops"));
	assert_told("1", WORDS("free", "Ann"),
		WORDS(GUEST("guest-1"), ENTER("guest-1", "ops"), "rename", "ann", "Ann",
			"guest-1", "guest-1", HERE("ann", "Ann", "t1")));
	assert_int_equal(ask("HLEN %sp:a", PREFIX)->integer, 1);
	turn("a", LEAVE("ann", "ops"));
	assert_acts(LEAVE("ann", "ops"));
}

static void
test_another_epoch_generation_or_a_roll_call_is_refused(void **state)
{
	static const char *scripts[] = { "turn", "reap", "numbers" };
	const char **words[] = {
		WORDS(CLAIM("ann", "Ann", "", "", "")),
		WORDS("0", "1000"),
		WORDS("0", "0", "100"),
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		ask("HSET %smeta open 0", PREFIX);
		assert_error(call(scripts[i], "a", words[i]), "CLOSED ");
		ask("HSET %smeta epoch other", PREFIX);
		assert_error(call(scripts[i], "a", words[i]), "EPOCH ");
		ask("HSET %smeta epoch %s open 1", PREFIX, EPOCH);
		ask("HSET %sgens a 2", PREFIX);
		assert_error(call(scripts[i], "a", words[i]), "STALE ");
		ask("HSET %sgens a 1", PREFIX);
	}
	assert_int_equal(ask("EXISTS %snames %slog %sguests %slock", PREFIX, PREFIX,
				 PREFIX, PREFIX)
				 ->integer,
		0);
}

static void
test_a_full_memory_leaves_nothing_half_done(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "t1", "", ""), HERE("ann", "Ann", "t1"));
	ask("CONFIG SET maxmemory 1");
	assert_error(turn("a", "release", "ann", "left", "ann", "Ann",
			     CLAIM("bea", "Bea", "", "", "")),
		"OOM ");
	ask("CONFIG SET maxmemory 0");
	assert_int_equal(ask("HLEN %sp:a", PREFIX)->integer, 1);
	turn("b", CLAIM("ann", "Ann", "", "", ""));
	assert_claimed("taken", "Ann");
}

/* Call reap as node a does; what it answers. */
static void
assert_reaped(const char *whom, int is_housekeeper, int has_more)
{
	const redisReply *reply = call("reap", "a", WORDS(whom, "100000"));

	if (reply->type != REDIS_REPLY_ARRAY)
		fail_msg("%s", reply->str);
	assert_int_equal(reply->element[0]->integer, is_housekeeper);
	assert_int_equal(reply->element[1]->integer, has_more);
}

static void
test_the_people_of_a_node_without_a_lease_go(void **state)
{
	char name[32], token[32];
	redisReply *entry;

	(void)state;
	ask("HSET %sboots a x b y", PREFIX);
	for (int i = 0; i < 1200; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		snprintf(token, sizeof(token), "t%d", i);
		turn("b", CLAIM(name, name, token, "", ""), HERE(name, name, token));
	}
	turn("a", CLAIM("name7", "name7", "t7", "", ""));
	assert_reaped("0", 1, 0);
	ask("ZADD %sleases 1 b", PREFIX);
	assert_reaped("0", 1, 1);
	assert_int_equal(ask("HEXISTS %sboots b", PREFIX)->integer, 0);
	assert_in_range(ask("HLEN %snames", PREFIX)->integer, 700, 701);
	assert_reaped("0", 1, 1);
	assert_int_equal(ask("ZCARD %sleases", PREFIX)->integer, 3);
	assert_reaped("0", 1, 1);
	assert_reaped("0", 1, 0);
	assert_int_equal(ask("ZCARD %sleases", PREFIX)->integer, 2);
	assert_int_equal(ask("HLEN %snames", PREFIX)->integer, 1);
	assert_int_equal(ask("EXISTS %sp:b %sn:b", PREFIX, PREFIX)->integer, 0);
	assert_int_equal(ask("HEXISTS %sboots a", PREFIX)->integer, 1);
	assert_in_range(ask("TTL %ssess:t5", PREFIX)->integer, 86300, 86400);
	assert_int_equal(ask("TTL %ssess:t7", PREFIX)->integer, -1);
	entry = ask("XREVRANGE %slog + - COUNT 1", PREFIX)->element[0]->element[1];
	assert_string_equal(entry->element[7]->str, "gone");
	assert_string_equal(entry->element[9]->str, "1:21:b");
	/* The others keep what they have. */
	turn("c", CLAIM("name7", "name7", "", "", ""));
	assert_claimed("taken", "name7");
}

static void
test_only_the_housekeeper_reaps(void **state)
{
	(void)state;
	ask("ZADD %sleases 1 b", PREFIX);
	ask("SET %slock c PX 100000", PREFIX);
	assert_reaped("0", 0, 0);
	assert_int_equal(ask("ZSCORE %sleases b", PREFIX)->type, REDIS_REPLY_STRING);
	ask("DEL %slock", PREFIX);
	assert_reaped("0", 1, 1);
	assert_int_equal(ask("ZSCORE %sleases b", PREFIX)->type, REDIS_REPLY_NIL);
	assert_string_equal(ask("GET %slock", PREFIX)->str, "a");
	assert_in_range(ask("PTTL %slock", PREFIX)->integer, 50000, 100000);
}

static void
test_a_node_clears_what_its_earlier_boot_has_left(void **state)
{
	(void)state;
	turn("a", CLAIM("ann", "Ann", "", "", ""), HERE("ann", "Ann", ""));
	ask("SET %slock c PX 100000", PREFIX);
	assert_reaped("1", 0, 0);
	assert_int_equal(
		ask("EXISTS %snames %sp:a %sn:a", PREFIX, PREFIX, PREFIX)->integer, 0);
	assert_int_equal(ask("ZSCORE %sleases a", PREFIX)->type, REDIS_REPLY_STRING);
}

static void
test_a_scan_finds_the_people_of_the_other_nodes(void **state)
{
	char name[32], whom[8] = "", cursor[32] = "0";
	unsigned calls = 0, of_b = 0, of_c = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "guest-%d", i);
		turn(i % 2 ? "a" : "b", GUEST(name), ENTER(name, "1"));
	}
	turn("c", CLAIM("ann", "Ann", "t1", "", ""), HERE("ann", "Ann", "t1"),
		ENTER("ann", "ops"));
	do {
		const redisReply *reply = call("scan", "a", WORDS(whom, cursor, "100"));

		if (reply->type != REDIS_REPLY_ARRAY)
			fail_msg("%s", reply->str);
		for (size_t i = 3; i < reply->elements; i++)
			if (!strcmp(reply->element[2]->str, "2")) {
				of_b++;
				assert_non_null(strstr(
					reply->element[i]->str, "1:10:0:0:1:12:ws"));
			} else {
				of_c++;
				assert_string_equal(reply->element[i]->str,
					"3:ann3:Ann1:12:t10:0:3:ops2:ws");
			}
		snprintf(whom, sizeof(whom), "%s", reply->element[0]->str);
		snprintf(cursor, sizeof(cursor), "%s", reply->element[1]->str);
		calls++;
	} while (*whom);
	assert_in_range(calls, 5, 30);
	assert_int_equal(of_b, 1000);
	assert_int_equal(of_c, 1);
	/* Alone. */
	ask("ZREM %sleases b c", PREFIX);
	assert_int_equal(call("scan", "a", WORDS("", "0", "100"))->elements, 3);
	assert_string_equal(last->element[0]->str, "");
}

static void
assert_numbers(const char *node, const char *known, const char *floor, const char *size,
	int number, long long guest)
{
	const redisReply *reply = call("numbers", node, WORDS(known, floor, size));

	assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
	assert_int_equal(reply->element[0]->integer, number);
	assert_int_equal(reply->element[1]->integer, guest);
}

static void
test_numbers_are_given_once(void **state)
{
	(void)state;
	assert_numbers("a", "0", "0", "100", 1, 1);
	assert_numbers("b", "0", "0", "100", 2, 101);
	assert_numbers("a", "1", "100", "100", 1, 201);
	/* Redis has lost everything: what the nodes know is not given again. */
	ask("DEL %sguests %snodeno", PREFIX, PREFIX);
	assert_numbers("b", "2", "200", "0", 2, 201);
	assert_numbers("a", "1", "300", "0", 1, 301);
	assert_numbers("c", "0", "0", "100", 3, 301);
	ask("SET %sguests 900719925474000", PREFIX);
	assert_numbers("a", "1", "0", "100", 1, 900719925474001);
	assert_string_equal(ask("GET %sguests", PREFIX)->str, "900719925474100");
}

static void
test_hostile_texts_are_texts(void **state)
{
	static const char *names[] = { "\n", "%1%d", "\xff\xfe", "claim", "here", "{x}:y",
		"'\"]]--", "nil", "9:", "-1" };
	char other[64];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name = names[i];

		turn("a", CLAIM(name, name, name, name, name), HERE(name, name, "t"),
			ENTER(name, name), "order", name);
		assert_told("1", WORDS("free", name),
			WORDS(HERE(name, name, "t"), ENTER(name, name), "order", name));
		turn("b", CLAIM(name, name, name, "", ""), HERE(name, name, "t"),
			ENTER(name, name));
		assert_told("2", WORDS("token", name),
			WORDS(HERE(name, name, "t"), ENTER(name, name)));
		snprintf(other, sizeof(other), "%s!", name);
		turn("a", CLAIM(other, other, "", "", ""), "rename", other, name, name,
			other);
		assert_told("1", WORDS("free", other),
			WORDS("rename", other, name, name, other));
		turn("b", LEAVE(other, name), "left", other, other);
		assert_acts(LEAVE(other, name), "left", other, other);
		turn("a", LEAVE(other, name), "left", other, other);
		assert_acts(LEAVE(other, name), "left", other, other);
	}
	assert_int_equal(ask("EXISTS %sp:a %sp:b", PREFIX, PREFIX)->integer, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_name_is_one_persons_on_all_nodes, set_up),
		cmocka_unit_test_setup(test_an_equal_proof_shares_a_name, set_up),
		cmocka_unit_test_setup(
			test_a_name_is_free_when_it_was_given_back_as_often_as_granted,
			set_up),
		cmocka_unit_test_setup(
			test_proofs_that_come_later_count_and_the_first_ones_stay,
			set_up),
		cmocka_unit_test_setup(
			test_who_comes_back_has_its_name_again_if_it_is_free, set_up),
		cmocka_unit_test_setup(test_what_people_do_is_told_once, set_up),
		cmocka_unit_test_setup(test_a_person_needs_its_name, set_up),
		cmocka_unit_test_setup(
			test_a_rename_takes_the_people_of_other_nodes_along, set_up),
		cmocka_unit_test_setup(
			test_a_rename_to_another_spelling_keeps_the_claims, set_up),
		cmocka_unit_test_setup(test_a_guest_takes_a_name, set_up),
		cmocka_unit_test_setup(
			test_another_epoch_generation_or_a_roll_call_is_refused, set_up),
		cmocka_unit_test_setup(
			test_a_full_memory_leaves_nothing_half_done, set_up),
		cmocka_unit_test_setup(
			test_the_people_of_a_node_without_a_lease_go, set_up),
		cmocka_unit_test_setup(test_only_the_housekeeper_reaps, set_up),
		cmocka_unit_test_setup(
			test_a_node_clears_what_its_earlier_boot_has_left, set_up),
		cmocka_unit_test_setup(
			test_a_scan_finds_the_people_of_the_other_nodes, set_up),
		cmocka_unit_test_setup(test_numbers_are_given_once, set_up),
		cmocka_unit_test_setup(test_hostile_texts_are_texts, set_up),
	};
	int failed;

	redis_server_init(&server);
	redis_server_start(&server);
	redis = redis_server_connect(&server);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	freeReplyObject(last);
	redisFree(redis);
	redis_server_fini(&server);
	return failed;
}
