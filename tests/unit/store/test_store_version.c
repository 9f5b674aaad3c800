#include "store_fixture.h"

#include <sys/stat.h>

#include "store/sqlite/lineage.h"

/* The version of the tables, and one that is not known yet. */
#define VERSION "5"
#define NEXT_VERSION "6"

/* A file of version 1 with two rooms; the first message of room a was deleted. */
static const char version_1[] =
	"PRAGMA journal_mode=WAL;"
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE room(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	"	last_id INTEGER NOT NULL);"
	"CREATE TABLE message(seq INTEGER PRIMARY KEY, room INTEGER NOT NULL,"
	"	id INTEGER NOT NULL, ts INTEGER NOT NULL, type TEXT NOT NULL,"
	"	tail TEXT NOT NULL, words TEXT NOT NULL, UNIQUE(room, id));"
	"CREATE TABLE key(room INTEGER NOT NULL, text TEXT NOT NULL,"
	"	id INTEGER NOT NULL, PRIMARY KEY(room, text)) WITHOUT ROWID;"
	"CREATE INDEX key_of_message ON key(room, id);"
	"CREATE VIEW searchable AS"
	"	SELECT seq, 'in' || room AS room, words FROM message;"
	"CREATE VIRTUAL TABLE search USING fts5(room, words, content='searchable',"
	"	content_rowid='seq', columnsize=0,"
	"	tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co So'\");"
	"INSERT INTO meta VALUES('epoch', 'abcdefgh1234');"
	"INSERT INTO room VALUES(1, 'a', 3), (2, 'b', 1);"
	"INSERT INTO message VALUES(2, 1, 2, 1000, 'message', 'two', 'disk full'),"
	"	(3, 2, 1, 1000, 'message', 'one', ''),"
	"	(4, 1, 3, 1000, 'alarm', 'three', 'disk');"
	"INSERT INTO search(search) VALUES('rebuild');"
	"INSERT INTO key VALUES(1, 'k', 3);"
	"PRAGMA application_id=0x4c6e6e74; PRAGMA user_version=1;";

static void
assert_all_of_version_1(struct fixture *fixture)
{
	assert_string_equal(store_epoch(fixture->store, "a"), "abcdefgh1234");
	ask_after(fixture, "a", 0, 3, 1000, PLENTY);
	assert_page(fixture, "2 3");
	assert_string_equal(fixture->page_tails, "two|three");
	assert_int_equal(fixture->page_first_id, 2);
	assert_all(fixture, "b", "1");
	assert_found(fixture, "a", "disk", "3 2");
	keep_keyed(fixture, "a", "k", NULL, 3, true);
}

static void
test_upgrading_a_file_of_version_1_keeps_everything(void **state)
{
	struct fixture *fixture = *state;

	run_sql(fixture->path, version_1);
	open_store(fixture);
	assert_string_equal(fixture->states, "");
	assert_all_of_version_1(fixture);
	keep_state(fixture, "a", "disk", "full");
	keep(fixture, "b", "x", 2);
	reopen_store(fixture);
	assert_string_equal(fixture->states, "a/disk=full@4");
	ask_after(fixture, "a", 0, UINT64_MAX, 1000, PLENTY);
	assert_page(fixture, "2 3 4");
	keep_keyed(fixture, "a", "k", NULL, 3, true);
}

/* The rest of version 2. */
static const char version_2[] =
	"CREATE TABLE state(seq INTEGER PRIMARY KEY, room INTEGER NOT NULL,"
	"	key TEXT NOT NULL, id INTEGER NOT NULL, value TEXT NOT NULL,"
	"	UNIQUE(room, key));"
	"INSERT INTO state VALUES(1, 1, 'disk', 3, 'full');"
	"PRAGMA user_version=2;";

static void
test_upgrading_a_file_of_version_2_keeps_everything(void **state)
{
	struct fixture *fixture = *state;

	run_sql(fixture->path, version_1);
	run_sql(fixture->path, version_2);
	open_store(fixture);
	assert_string_equal(fixture->states, "a/disk=full@3");
	assert_all_of_version_1(fixture);
	close_store(fixture);
	/* The size of what was there counts. */
	run_sql(fixture->path, "CREATE TABLE check_1(x CHECK(x));"
			       "INSERT INTO check_1 SELECT bytes = 21 AND changes = 0"
			       " AND gone_id = 0 FROM room WHERE id = 1;"
			       "DROP TABLE check_1");
	open_store(fixture);
	assert_all_of_version_1(fixture);
}

/* Put a copy of a fixture of version 3, which linnetd 0.2.0 has written, where the
 * history is, with a -lineage that knows it. It has the rooms
 *  - ops, with messages, a client's own types, two deletions, a standing alarm and refs,
 *  - gone, which was deleted, and lobby;
 *  - /bans, where one is muted. */
static void
copy_version_3(const struct fixture *fixture)
{
	static const char name[] =
		LINNET_SOURCE_DIR "/tests/fixtures/histories/version-3.db";
	const struct lineage_facts facts = { .path = fixture->path };
	static char bytes[1 << 20];
	struct sqlite_lineage lineage;
	const char *loss;
	FILE *from = fopen(name, "rb"), *to = fopen(fixture->path, "wb");
	size_t len;

	assert_true(from && to);
	len = fread(bytes, 1, sizeof(bytes), from);
	assert_int_equal(fwrite(bytes, 1, len, to), len);
	assert_int_equal(fclose(from) | fclose(to), 0);
	assert_int_equal(sqlite_lineage_open(&lineage, &facts, &loss), 0);
	assert_int_equal(sqlite_lineage_begin(&lineage, "1ffnhj5o30vd", 16, false), 0);
	sqlite_lineage_end(&lineage);
	sqlite_lineage_close(&lineage);
}

#define OF_ANN(ts, text)                                                                 \
	"\"ts\":17960322270" ts ",\"username\":\"ann\",\"message\":\"" text              \
	" disk full\"}"
#define DELETED(ts) "\"ts\":17960322270" ts ",\"username\":\"ann\",\"deleted\":true}"

static struct appended
change_of_version_3(struct fixture *fixture, const struct store_change *change)
{
	static const char tail[] = "\"ts\":5,\"username\":\"root\"";

	assert_int_equal(
		try_append_entry(fixture,
			&(struct store_entry){
				.room = "ops",
				.type = "change",
				.ts_ms = 5,
				.tail = tail,
				.tail_len = strlen(tail),
				.words = "",
				.author = (const unsigned char
						*)"0123456789abcdef0123456789abcdef",
				.change = *change,
			}),
		0);
	return commit(fixture);
}

static void
assert_all_of_version_3(struct fixture *fixture)
{
	assert_string_equal(store_epoch(fixture->store, "a"), "1ffnhj5o30vd");
	assert_non_null(strstr(fixture->states, "ops/disk={\"key\":\"disk\""));
	assert_non_null(strstr(fixture->states, "\"username\":\"mallory\""));
	assert_non_null(strstr(fixture->rooms, "ops 13/0@1796032227074"));
	assert_all(fixture, "ops", "1 2 3 4 5 6 7 8 9 10 11 12 13");
	assert_int_equal(fixture->page_first_id, 1);
	ask_after(fixture, "ops", 0, 4, 10, PLENTY);
	assert_string_equal(
		fixture->page_tails, OF_ANN("36", "m1") "|" DELETED("43") "|" DELETED(
					     "45") "|" OF_ANN("51", "m4"));
	ask_before(fixture, "ops", UINT64_MAX, 4, PLENTY);
	assert_page(fixture, "9 10 11 12 ...");
	assert_all(fixture, "gone", "");
	assert_int_equal(fixture->page_first_id, 3);
	assert_found(fixture, "ops", "disk", "10 6 5 4 1");
	assert_found(fixture, "lobby", "hello", "1");
	keep_keyed(fixture, "ops", "nann\nr2", NULL, 2, true);
	keep_keyed(fixture, "ops", "proot\nd1", NULL, 13, true);
}

/* Nobody is the author of what was there before. */
static void
assert_version_3_has_no_authors(struct fixture *fixture)
{
	struct store_change change = {
		.kind = STORE_EDIT, .of = (uint64_t[]){ 4 }, .count = 1, .text = "x"
	};

	assert_int_equal(change_of_version_3(fixture, &change).error, -EACCES);
	change.kind = STORE_DELETE;
	assert_int_equal(change_of_version_3(fixture, &change).error, -EACCES);
	change = (struct store_change){ .kind = STORE_REACT,
		.of = (uint64_t[]){ 4 },
		.count = 1,
		.emoji = "x",
		.name = "bob",
		.is_on = true };
	assert_int_equal(change_of_version_3(fixture, &change).id, 14);
	change = (struct store_change){ .kind = STORE_DELETE,
		.of = (uint64_t[]){ 9 },
		.count = 1,
		.is_admin = true };
	assert_int_equal(change_of_version_3(fixture, &change).id, 15);
	assert_found(fixture, "ops", "built", "");
}

static void
test_upgrading_a_file_of_version_3_keeps_everything(void **state)
{
	struct fixture *fixture = *state;

	copy_version_3(fixture);
	open_store(fixture);
	assert_all_of_version_3(fixture);
	reopen_store(fixture);
	assert_all_of_version_3(fixture);
	assert_version_3_has_no_authors(fixture);
	keep(fixture, "gone", "x", 2);
	close_store(fixture);
	run_sql(fixture->path, "CREATE TABLE check_1(x CHECK(x));"
			       "INSERT INTO check_1 SELECT messages = 12 AND changes = 3"
			       " AND lost_id = 0 FROM room WHERE name = 'ops';"
			       "INSERT INTO check_1 SELECT messages = 1 AND changes = 0"
			       " AND lost_id = 2 FROM room WHERE name = 'gone';"
			       "DROP TABLE check_1;"
			       "INSERT INTO search(search) VALUES('integrity-check')");
	/* What has to be kept is counted right. */
	fixture->options.keep.messages = 11;
	open_store(fixture);
	wait_trimmed(fixture, "ops", 2);
	assert_all(fixture, "ops", "2 3 4 5 6 7 8 9 10 11 12 13 14 15");
}

/* Version 4 indexed each message in its transaction. */
static void
test_upgrading_a_file_of_version_4_keeps_its_index(void **state)
{
	struct fixture *fixture = *state;

	open_store(fixture);
	keep(fixture, "a", "disk one", 1);
	keep(fixture, "a", "disk two", 2);
	close_store(fixture);
	run_sql(fixture->path, "DELETE FROM meta WHERE name = 'indexed';"
			       "PRAGMA user_version=4");
	open_store(fixture);
	keep(fixture, "a", "disk three", 3);
	assert_found(fixture, "a", "disk", "3 2 1");
	fixture->options.keep.messages = 2;
	reopen_store(fixture);
	wait_trimmed(fixture, "a", 2);
	assert_found(fixture, "a", "disk", "3 2");
	close_store(fixture);
	run_sql(fixture->path, "INSERT INTO search(search, rank)"
			       " VALUES('integrity-check', 1)");
}

/* The upgrade fails because the file has a table of the new name already. */
static void
test_a_failed_upgrade_does_not_change_the_file(void **state)
{
	struct fixture *fixture = *state;

	run_sql(fixture->path, version_1);
	run_sql(fixture->path, "CREATE TABLE state(x)");
	assert_open_fails(fixture, -EUCLEAN, "state already exists");
	run_sql(fixture->path, "DROP TABLE state");
	open_store(fixture);
	assert_all_of_version_1(fixture);
}

static void
test_a_file_of_a_newer_version_is_refused(void **state)
{
	struct fixture *fixture = *state;

	keep(fixture, "a", "x", 1);
	close_store(fixture);
	run_sql(fixture->path, "PRAGMA user_version=" NEXT_VERSION);
	assert_open_fails(fixture, -ENOTSUP, "its format is " NEXT_VERSION);
	run_sql(fixture->path, "PRAGMA user_version=" VERSION);
	open_store(fixture);
	assert_all(fixture, "a", "1");
}

static void
test_an_empty_file_gets_tables(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;

	/* Version 0: an empty file, or what a crash left of a new one. */
	fclose(fopen(fixture->path, "wb"));
	open_store(fixture);
	keep(fixture, "a", "x", 1);
	reopen_store(fixture);
	assert_all(fixture, "a", "1");
	close_store(fixture);
	strcpy(fixture->path, name_in_folder(fixture, "wal.db"));
	run_sql(fixture->path, "PRAGMA journal_mode=WAL");
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_true(status.st_size > 0);
	open_store(fixture);
	keep(fixture, "a", "x", 1);
	close_store(fixture);
	strcpy(fixture->path, name_in_folder(fixture, "id.db"));
	run_sql(fixture->path, "PRAGMA application_id=0x4c6e6e74");
	open_store(fixture);
	keep(fixture, "a", "x", 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED_SQLITE(test_upgrading_a_file_of_version_1_keeps_everything),
		CLOSED_SQLITE(test_upgrading_a_file_of_version_2_keeps_everything),
		CLOSED_SQLITE(test_upgrading_a_file_of_version_3_keeps_everything),
		CLOSED_SQLITE(test_upgrading_a_file_of_version_4_keeps_its_index),
		CLOSED_SQLITE(test_a_failed_upgrade_does_not_change_the_file),
		SQLITE(test_a_file_of_a_newer_version_is_refused),
		CLOSED_SQLITE(test_an_empty_file_gets_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
