/* Lines that several threads log to a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/log.h"

#define THREADS 3
#define LINES 5000

static int reader, old_stderr;

/* The pipe holds 64 KiB, and 256 KiB wait. A test writes more. */
static int
pipe_stderr(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	reader = ends[0];
	old_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	return 0;
}

static int
restore_stderr(void **state)
{
	(void)state;
	dup2(old_stderr, STDERR_FILENO);
	close(old_stderr);
	close(reader);
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	return 0;
}

static void *
log_lines(void *name)
{
	int i;

	for (i = 0; i < LINES; i++)
		log_error("counted", log_str("by", name), log_int("n", i));
	return NULL;
}

/* The count of the lines that are lost, if that is what the line says, or else 0. */
static int
lost_lines(const char *line)
{
	const char *count = strstr(line, line[0] == '{' ? "\"count\":" : "count=");

	return strstr(line, "log_lost") ? atoi(strpbrk(count, "0123456789")) : 0;
}

/* Read the next line, without its newline. */
static void
read_line(char *line, size_t size)
{
	size_t len = 0;

	for (; assert_int_equal(read(reader, line + len, 1), 1), line[len] != '\n'; len++)
		assert_true(len + 1 < size);
	line[len] = '\0';
}

static void
assert_whole(const char *line, size_t len)
{
	assert_true(len > 0);
	if (*line == '{')
		assert_int_equal(line[len - 1], '}');
	else
		assert_memory_equal(line, "counted by=", 11);
}

/* A reload calls log_setup while the threads of the store log. Nobody reads the pipe
 * meanwhile, which must not block them. */
static void
test_threads_log_whole_lines_during_a_reload(void **state)
{
	static char names[THREADS][2] = { "a", "b", "c" };
	pthread_t threads[THREADS];
	int i, whole = 0, lost = 0;
	char line[300];

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, log_lines, names[i]), 0);
	for (i = 0; i < LINES; i++)
		log_setup(LOG_LEVEL_INFO, i % 2 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (; !lost; whole++) {
		read_line(line, sizeof(line));
		lost = lost_lines(line);
		if (!lost)
			assert_whole(line, strlen(line));
	}
	assert_int_equal(whole - 1 + lost, THREADS * LINES);
	log_info("after", log_int("n", 7));
	read_line(line, sizeof(line));
	assert_non_null(strstr(line, "after"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_threads_log_whole_lines_during_a_reload, pipe_stderr,
			restore_stderr),
	};

	log_start();
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
