/* What the store does with the pages of the file, beside SQLite. */
#include <fcntl.h>
#include <sys/stat.h>

#include "store/sqlite/guard.h"
#include "store/sqlite/sqlite.h"
#include "store_fixture.h"

#define PAGE_BYTES 4096

static void
put_number(unsigned char *bytes, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(number >> (24 - 8 * i));
}

/* Write a log with these pages, and open it. */
static int
make_log(const struct fixture *fixture, const uint32_t *pages, size_t count)
{
	static const unsigned char header[32] = { [16] = 1, 2, 3, 4, 5, 6, 7, 8 };
	int fd = open(name_in_folder(fixture, "log"), O_RDWR | O_CREAT, 0600);

	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	for (size_t i = 0; i < count; i++) {
		unsigned char frame[24 + PAGE_BYTES] = { 0 };
		put_number(frame, pages[i]);
		memcpy(frame + 8, header + 16, 8);
		assert_int_equal(write(fd, frame, sizeof(frame)), sizeof(frame));
	}
	return fd;
}

/* SQLite has its locks at 1 GiB. It never writes that page. */
static void
test_the_page_of_locks_is_not_missed(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t lock_page = 0x40000000 / PAGE_BYTES + 1;
	const uint32_t pages[] = { 1, lock_page + 1, lock_page - 1, lock_page + 2 };
	struct sqlite_guard guard = {
		.file_fd = open(name_in_folder(fixture, "file"), O_RDWR | O_CREAT, 0600),
		.log_fd = make_log(fixture, pages, ARRAY_SIZE(pages)),
	};

	assert_int_equal(
		ftruncate(guard.file_fd, (off_t)(lock_page - 2) * PAGE_BYTES), 0);
	assert_int_equal(
		sqlite_guard_count_missing(&guard, lock_page + 2, PAGE_BYTES), 0);
	assert_int_equal(
		sqlite_guard_count_missing(&guard, lock_page + 3, PAGE_BYTES), 1);
	assert_int_equal(sqlite_guard_count_missing(&guard, lock_page, PAGE_BYTES), 0);
	assert_int_equal(
		sqlite_guard_count_missing(&guard, lock_page + 9, PAGE_BYTES), 10);
	assert_int_equal(
		ftruncate(guard.file_fd, (off_t)(lock_page - 3) * PAGE_BYTES), 0);
	assert_int_equal(
		sqlite_guard_count_missing(&guard, lock_page + 2, PAGE_BYTES), 1);
	close(guard.file_fd);
	close(guard.log_fd);
}

/* The pages of an auto-vacuum are no rows, but some look so. */
static void
test_a_file_with_auto_vacuum_stays_whole(void **state)
{
	struct fixture *fixture = *state;
	struct sqlite_db db;
	char result[100];

	run_sql(fixture->path,
		"PRAGMA page_size=512; PRAGMA auto_vacuum=INCREMENTAL;"
		"CREATE TABLE a(x); CREATE TABLE b(x);"
		"INSERT INTO a VALUES(zeroblob(200000)); INSERT INTO b VALUES(1);"
		"PRAGMA journal_mode=WAL;");
	assert_int_equal(
		sqlite_db_open(&db, fixture->path, SQLITE_OPEN_READWRITE), SQLITE_OK);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(sqlite_db_exec(&db, "DELETE FROM a;"
						     "INSERT INTO a VALUES(zeroblob(50000"
						     " + abs(random() % 150000)));"
						     "DROP TABLE b; CREATE TABLE b(x);"),
			SQLITE_OK);
		assert_int_equal(sqlite_db_empty_log(&db, SQLITE_CHECKPOINT_TRUNCATE, 0),
			SQLITE_OK);
		sqlite3_db_release_memory(db.handle);
		assert_int_equal(sqlite_db_text(&db, "PRAGMA integrity_check", result,
					 sizeof(result)),
			SQLITE_OK);
		assert_string_equal(result, "ok");
	}
	sqlite_db_close(&db);
}

static void
read_text(struct sqlite_db *db, const char *sql, char *text, size_t size)
{
	assert_int_equal(sqlite_db_text(db, sql, text, size), SQLITE_OK);
}

/* Both read the same, and nothing is damaged. */
static void
assert_same_rows(struct sqlite_db *writer, struct sqlite_db *reader)
{
	static const char rows[] = "SELECT count(*) || ' ' || ifnull(sum(n), 0) || ' ' ||"
				   " ifnull(sum(n * length(x)), 0) FROM a";
	char written[100], seen[100];

	/* The reader first: what the writer kept back, it would write to read it. */
	read_text(reader, rows, seen, sizeof(seen));
	read_text(writer, rows, written, sizeof(written));
	assert_string_equal(seen, written);
	read_text(reader, "PRAGMA integrity_check", seen, sizeof(seen));
	assert_string_equal(seen, "ok");
}

/* The cache is so small that pages reach the log before their transaction ends, and are
 * then changed there. */
static void
test_another_connection_reads_each_transaction_when_it_ends(void **state)
{
	static const char *const transactions[] = {
		"INSERT INTO a(x) VALUES('short')",
		("INSERT INTO a(x) SELECT zeroblob(b.value * 7) FROM many AS b;"
		 "UPDATE a SET x = 'all'; UPDATE a SET x = zeroblob(n % 4000)"),
		"DELETE FROM a WHERE n % 3; UPDATE a SET x = zeroblob(2000)",
		"INSERT INTO a(x) SELECT zeroblob(3000) FROM many",
	};
	struct fixture *fixture = *state;
	struct sqlite_db writer, reader;

	run_sql(fixture->path,
		"PRAGMA journal_mode=WAL; CREATE TABLE a(n INTEGER PRIMARY KEY, x);"
		"CREATE INDEX of ON a(length(x)); CREATE TABLE many(value);"
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT "
		"400)"
		" INSERT INTO many SELECT i FROM c;");
	assert_int_equal(
		sqlite_db_open(&writer, fixture->path, SQLITE_OPEN_READWRITE), SQLITE_OK);
	assert_int_equal(
		sqlite_db_open(&reader, fixture->path, SQLITE_OPEN_READWRITE), SQLITE_OK);
	assert_int_equal(sqlite_db_exec(&writer, "PRAGMA cache_size=10"), SQLITE_OK);
	assert_int_equal(sqlite_db_exec(&writer, "SELECT count(*) FROM a"), SQLITE_OK);
	sqlite_log_writes_join(&writer);
	for (size_t i = 0; i < 60; i++) {
		const char *sync =
			i % 2 ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";

		assert_int_equal(sqlite_db_exec(&writer, sync), SQLITE_OK);
		assert_int_equal(sqlite_db_exec(&writer, "BEGIN IMMEDIATE"), SQLITE_OK);
		assert_int_equal(sqlite_db_exec(&writer, transactions[i % 4]), SQLITE_OK);
		assert_int_equal(sqlite_db_exec(&writer, i % 7 ? "COMMIT" : "ROLLBACK"),
			SQLITE_OK);
		assert_same_rows(&writer, &reader);
		if (i % 11 == 0)
			assert_int_equal(sqlite_db_empty_log(
						 &writer, SQLITE_CHECKPOINT_TRUNCATE, 0),
				SQLITE_OK);
	}
	sqlite_db_close(&writer);
	sqlite_db_close(&reader);
}

static off_t
log_bytes(const struct fixture *fixture)
{
	struct stat status;

	assert_int_equal(stat(name_in_folder(fixture, "test.db-wal"), &status), 0);
	return status.st_size;
}

/* Write 1 MB in a transaction. */
static void
write_much(struct fixture *fixture)
{
	static char tail[50001];

	memset(tail, 'x', sizeof(tail) - 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(try_append_entry(fixture,
					 &(struct store_entry){
						 .room = "a",
						 .type = "message",
						 .tail = tail,
						 .tail_len = 50000,
						 .words = "x",
					 }),
			0);
	commit(fixture);
}

static void
test_a_log_that_a_reader_has_let_grow_is_cut_again(void **state)
{
	const off_t limit = 20 << 20;
	struct fixture *fixture = *state;
	sqlite3 *reader;
	int written = 0;

	open_store(fixture);
	write_much(fixture);
	reader = begin_sql(fixture->path, "BEGIN; SELECT count(*) FROM room");
	while (log_bytes(fixture) <= limit + (4 << 20))
		write_much(fixture);
	sqlite3_close(reader);
	while (log_bytes(fixture) > limit) {
		assert_true(++written < 200);
		write_much(fixture);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED_SQLITE(test_the_page_of_locks_is_not_missed),
		CLOSED_SQLITE(test_a_file_with_auto_vacuum_stays_whole),
		CLOSED_SQLITE(
			test_another_connection_reads_each_transaction_when_it_ends),
		CLOSED_SQLITE(test_a_log_that_a_reader_has_let_grow_is_cut_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
