#include "store_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void
write_at(const char *path, off_t offset, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
	close(fd);
}

static off_t
size_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static void
damage_pages(const char *path, off_t first, off_t last)
{
	char page[4096];

	memset(page, 0xa5, sizeof(page));
	for (off_t i = first; i <= last; i++)
		write_at(path, i * 4096, page, sizeof(page));
}

static void
copy_file(const char *from, const char *to)
{
	char buffer[65536];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	assert_true(in && out);
	while ((n = fread(buffer, 1, sizeof(buffer), in)))
		assert_int_equal(fwrite(buffer, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Leave a closed store with count messages. */
static void
fill(struct fixture *fixture, unsigned count)
{
	open_store(fixture);
	keep_many(fixture, "a", count);
	close_store(fixture);
	fixture->appended_count = 0;
}

static void
test_everything_is_there_after_reopening(void **state)
{
	struct fixture *fixture = *state;
	char epoch[STORE_EPOCH_BYTES + 1];

	strcpy(epoch, store_epoch(fixture->store, "a"));
	assert_string_equal(fixture->rooms, "");
	keep_keyed(fixture, "a", "k", NULL, 1, false);
	keep(fixture, "a", "two", 2);
	keep(fixture, "b", "one", 1);
	reopen_store(fixture);
	assert_string_equal(store_epoch(fixture->store, "a"), epoch);
	assert_string_equal(fixture->rooms, "a 2/0@1000 b 1/0@1000");
	assert_all(fixture, "a", "1 2");
	assert_string_equal(fixture->page_tails, "keyed|two");
	assert_found(fixture, "a", "two", "2");
	keep_keyed(fixture, "a", NULL, "k", 1, true);
	keep(fixture, "a", "three", 3);
}

static void
test_closing_copies_the_log_into_the_file(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 10);
	assert_int_equal(access(name_in_folder(fixture, "test.db-wal"), F_OK), -1);
	copy_file(fixture->path, name_in_folder(fixture, "copy.db"));
	strcpy(fixture->path, name_in_folder(fixture, "copy.db"));
	open_store(fixture);
	assert_all(fixture, "a", "1 2 3 4 5 6 7 8 9 10");
}

static void
test_the_log_is_recovered_after_a_crash(void **state)
{
	struct fixture *fixture = *state;
	const char *copy = name_in_folder(fixture, "copy.db");

	keep_many(fixture, "a", 10);
	copy_file(fixture->path, copy);
	copy_file(name_in_folder(fixture, "test.db-wal"),
		name_in_folder(fixture, "copy.db-wal"));
	close_store(fixture);
	strcpy(fixture->path, copy);
	open_store(fixture);
	assert_all(fixture, "a", "1 2 3 4 5 6 7 8 9 10");
}

static void
test_only_the_owner_can_read_the_files(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = { "test.db", "test.db-wal", "test.db-shm",
		"test.db-lock" };
	mode_t before = umask(0);

	open_store(fixture);
	keep(fixture, "a", "x", 1);
	umask(before);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat status;
		assert_int_equal(stat(name_in_folder(fixture, names[i]), &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
}

static void
test_a_second_process_cannot_open_the_file(void **state)
{
	struct fixture *fixture = *state, *other = fixture_new("sqlite");
	int status;

	if (fork() == 0) {
		const char *why;
		struct store *store;
		int r = store_open(&store, &fixture->options, &why);
		_exit(r == -EBUSY && strstr(why, "another process") ? 0 : 1);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	/* This process cannot open it twice either. */
	other->options.path = fixture->path;
	assert_open_fails(other, -EBUSY, "another process");
	fixture_free(other);
	keep(fixture, "a", "x", 1);
	reopen_store(fixture);
	assert_all(fixture, "a", "1");
}

static void
test_opening_a_locked_file_fails(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db;

	fill(fixture, 1);
	db = begin_sql(fixture->path,
		"PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM key;");
	assert_open_fails(fixture, -EBUSY, "another process has locked");
	sqlite3_close(db);
	open_store(fixture);
	assert_all(fixture, "a", "1");
}

static void
test_a_file_of_another_program_is_refused_and_not_changed(void **state)
{
	struct fixture *fixture = *state;
	char before[8192], after[8192];
	FILE *file;

	run_sql(fixture->path, "CREATE TABLE t(x); INSERT INTO t VALUES(1)");
	assert_int_equal(size_of(fixture->path), 8192);
	file = fopen(fixture->path, "rb");
	assert_int_equal(fread(before, 1, 8192, file), 8192);
	fclose(file);
	assert_open_fails(fixture, -EUCLEAN, "of another program");
	assert_int_equal(size_of(fixture->path), 8192);
	file = fopen(fixture->path, "rb");
	assert_int_equal(fread(after, 1, 8192, file), 8192);
	fclose(file);
	assert_memory_equal(before, after, 8192);
	run_sql(fixture->path, "DROP TABLE t; PRAGMA application_id=5");
	assert_open_fails(fixture, -EUCLEAN, "of another program");
	run_sql(fixture->path, "PRAGMA application_id=0; PRAGMA user_version=1");
	assert_open_fails(fixture, -EUCLEAN, "of another program");
}

static void
test_a_file_that_is_not_a_database_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	write_at(fixture->path, 0, "hello\n", 6);
	assert_open_fails(fixture, -EUCLEAN, "no history of Linnet");
	write_at(fixture->path, 0, text, sizeof(text));
	assert_open_fails(fixture, -EUCLEAN, "no history of Linnet");
	assert_int_equal(size_of(fixture->path), sizeof(text));
}

static void
test_a_log_without_its_file_is_not_deleted(void **state)
{
	struct fixture *fixture = *state;
	const char *wal = name_in_folder(fixture, "test.db-wal");

	write_at(wal, 0, "x", 1);
	assert_open_fails(fixture, -EUCLEAN, "missing or empty, but its log");
	write_at(fixture->path, 0, "", 0);
	assert_open_fails(fixture, -EUCLEAN, "missing or empty, but its log");
	assert_int_equal(size_of(wal), 1);
}

static void
test_a_damaged_header_is_refused(void **state)
{
	struct fixture *fixture = *state;
	const char *copy = name_in_folder(fixture, "copy.db");
	const struct {
		off_t offset;
		size_t size;
	} places[] = {
		{ 0, 1 },
		{ 16, 2 },
		{ 21, 3 },
		{ 100, 8 },
		{ 0, 4096 },
	};

	fill(fixture, 500);
	copy_file(fixture->path, copy);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char nonsense[4096];
		memset(nonsense, 0xa5, sizeof(nonsense));
		copy_file(copy, fixture->path);
		write_at(fixture->path, places[i].offset, nonsense, places[i].size);
		assert_open_fails(fixture, -EUCLEAN, "damaged");
	}
	copy_file(copy, fixture->path);
	open_store(fixture);
}

static void
test_any_damaged_page_of_a_small_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	const char *copy = name_in_folder(fixture, "copy.db");
	off_t pages;

	fill(fixture, 300);
	copy_file(fixture->path, copy);
	pages = size_of(copy) / 4096;
	for (off_t i = 0; i < pages; i++) {
		copy_file(copy, fixture->path);
		damage_pages(fixture->path, i, i);
		assert_open_fails(fixture, -EUCLEAN, "damaged");
	}
	copy_file(copy, fixture->path);
	open_store(fixture);
}

static void
test_a_truncated_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	off_t size;

	fill(fixture, 500);
	for (size = size_of(fixture->path); size > 4096; size /= 2) {
		assert_int_equal(truncate(fixture->path, size / 2), 0);
		assert_open_fails(fixture, -EUCLEAN, "damaged");
	}
}

/* The last pages of the file are the end of a long text, and its log has others. */
static void
end_with_a_long_text(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* The first text may need another page of the tree; the second one does not. */
	for (int bytes = 100000; bytes <= 400000; bytes *= 4) {
		char *sql = sqlite3_mprintf(
			"UPDATE message SET tail = hex(zeroblob(%d)) WHERE id = 500;"
			"PRAGMA wal_checkpoint(TRUNCATE);"
			"UPDATE room SET last_id = last_id + 1",
			bytes);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_free(sql);
	}
	sqlite3_close(db);
}

static void
test_a_cut_text_is_missed_even_if_there_is_a_log(void **state)
{
	struct fixture *fixture = *state;
	off_t size;

	fill(fixture, 500);
	end_with_a_long_text(fixture->path);
	size = size_of(fixture->path);
	assert_int_equal(truncate(fixture->path, size - 4096), 0);
	assert_open_fails(fixture, -EUCLEAN, "missing at its end");
}

static void
test_a_file_without_a_table_or_an_epoch_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 5);
	run_sql(fixture->path, "ALTER TABLE key RENAME TO yek");
	assert_open_fails(fixture, -EUCLEAN, "no such table");
	run_sql(fixture->path, "ALTER TABLE yek RENAME TO key;"
			       "ALTER TABLE state RENAME TO etats");
	assert_open_fails(fixture, -EUCLEAN, "no such table");
	run_sql(fixture->path, "ALTER TABLE etats RENAME TO state;"
			       "DELETE FROM meta WHERE name = 'epoch'");
	assert_open_fails(fixture, -EUCLEAN, "damaged");
	run_sql(fixture->path, "INSERT INTO meta VALUES('epoch', 'no good')");
	assert_open_fails(fixture, -EUCLEAN, "damaged");
	run_sql(fixture->path, "UPDATE meta SET value = 'abcdefgh' WHERE name = 'epoch';"
			       "DELETE FROM meta WHERE name = 'indexed'");
	assert_open_fails(fixture, -EUCLEAN, "damaged");
	run_sql(fixture->path, "INSERT INTO meta VALUES('indexed', '0')");
	open_store(fixture);
	assert_string_not_equal(store_epoch(fixture->store, "a"), "abcdefgh");
}

static void
test_unusable_paths_are_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.path = "";
	assert_open_fails(fixture, -EINVAL, "path is empty");
	fixture->options.path = NULL;
	assert_open_fails(fixture, -EINVAL, "path is empty");
	fixture->options.path = name_in_folder(fixture, "no/such.db");
	assert_open_fails(fixture, -ENOENT, "folder of the file does not exist");
	fixture->options.path = name_in_folder(fixture, "folder.db");
	assert_int_equal(mkdir(fixture->options.path, 0700), 0);
	assert_open_fails(fixture, -EISDIR, "it is a folder");
	assert_int_equal(rmdir(fixture->options.path), 0);
	assert_int_equal(mkfifo(fixture->options.path, 0600), 0);
	assert_open_fails(fixture, -EINVAL, "it is not a file");
	fixture->options.path = "/proc/linnet.db";
	assert_true(try_open(fixture, &(const char *){ NULL }) < 0);
	fixture->store = NULL;
}

static void
test_special_names_are_plain_paths(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = { ":memory:", "file:x?mode=memory", "-x",
		"%41" };
	char before[4096];

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(fixture->folder), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		fixture->options.path = names[i];
		open_store(fixture);
		keep(fixture, "a", "x", 1);
		close_store(fixture);
		assert_true(size_of(names[i]) > 0);
	}
	assert_int_equal(chdir(before), 0);
}

static void
test_a_read_only_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int status;

	fill(fixture, 1);
	if (fork() == 0) {
		const char *why;
		/* Root can write to any file, so become another user that can use the
		 * folder. */
		if (chmod(fixture->folder, 0777) < 0 || chmod(fixture->path, 0444) < 0 ||
			unlink(name_in_folder(fixture, "test.db-lock")) < 0 ||
			(geteuid() == 0 && setuid(65534) < 0))
			_exit(2);
		_exit(try_open(fixture, &why) == -EROFS && strstr(why, "read-only") ? 0
										    : 1);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

static void
test_a_folder_without_permission_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int status;

	if (fork() == 0) {
		const char *why;
		if (chmod(fixture->folder, 0555) < 0 ||
			(geteuid() == 0 && setuid(65534) < 0))
			_exit(2);
		_exit(try_open(fixture, &why) == -EACCES && strstr(why, "permission")
				? 0
				: 1);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(chmod(fixture->folder, 0755), 0);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SQLITE(test_everything_is_there_after_reopening),
		CLOSED_SQLITE(test_closing_copies_the_log_into_the_file),
		SQLITE(test_the_log_is_recovered_after_a_crash),
		CLOSED_SQLITE(test_only_the_owner_can_read_the_files),
		SQLITE(test_a_second_process_cannot_open_the_file),
		CLOSED_SQLITE(test_opening_a_locked_file_fails),
		CLOSED_SQLITE(test_a_file_of_another_program_is_refused_and_not_changed),
		CLOSED_SQLITE(test_a_file_that_is_not_a_database_is_refused),
		CLOSED_SQLITE(test_a_log_without_its_file_is_not_deleted),
		CLOSED_SQLITE(test_a_damaged_header_is_refused),
		CLOSED_SQLITE(test_any_damaged_page_of_a_small_file_is_refused),
		CLOSED_SQLITE(test_a_truncated_file_is_refused),
		CLOSED_SQLITE(test_a_cut_text_is_missed_even_if_there_is_a_log),
		CLOSED_SQLITE(test_a_file_without_a_table_or_an_epoch_is_refused),
		CLOSED_SQLITE(test_unusable_paths_are_refused),
		CLOSED_SQLITE(test_special_names_are_plain_paths),
		CLOSED_SQLITE(test_a_read_only_file_is_refused),
		CLOSED_SQLITE(test_a_folder_without_permission_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
