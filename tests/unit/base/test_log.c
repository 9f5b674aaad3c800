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
#define LINES 3000
#define PIPE_BYTES (1 << 20)

static int reader, old_stderr;

/* The pipe holds 64 KiB, less than a test writes. */
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

/* Reads all lines that are in the pipe; the caller frees them. */
static char *
read_lines(void)
{
	char *lines = calloc(1, PIPE_BYTES);
	ssize_t n;

	assert_non_null(lines);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	for (char *at = lines; (n = read(reader, at, PIPE_BYTES / 2)) > 0; at += n)
		assert_true(at + n < lines + PIPE_BYTES / 2);
	return lines;
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

/* A reload calls log_setup while the threads of the store log. Nobody reads the pipe,
 * which must not block them. */
static void
test_threads_log_whole_lines_during_a_reload(void **state)
{
	static char names[THREADS][2] = { "a", "b", "c" };
	pthread_t threads[THREADS];
	char *lines, *line, *end;
	int i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, log_lines, names[i]), 0);
	for (i = 0; i < LINES; i++)
		log_setup(LOG_LEVEL_INFO, i % 2 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	lines = read_lines();
	assert_true(strlen(lines) > 0);
	for (line = lines; (end = strchr(line, '\n')); line = end + 1)
		assert_whole(line, (size_t)(end - line));
	assert_int_equal(*line, '\0');
	free(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_threads_log_whole_lines_during_a_reload, pipe_stderr,
			restore_stderr),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
