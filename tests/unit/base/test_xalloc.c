/* What a process does when memory is out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linnet/base/hash.h"

/* No machine has that much. */
#define TOO_MUCH ((size_t)PTRDIFF_MAX - 1)

const char *__asan_default_options(void);

/* The address sanitizer would end the process itself. */
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Calls allocate in a child and expects that it writes a line that begins like this, and
 * aborts. */
static void
assert_aborts(void (*allocate)(void), const char *expected)
{
	char line[512] = "";
	int ends[2], status;
	FILE *output;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		allocate();
		_exit(0);
	}
	close(ends[1]);
	output = fdopen(ends[0], "r");
	while (fgets(line, sizeof(line), output) &&
		strncmp(line, "out_of_memory", 13) != 0)
		;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fclose(output);
	assert_memory_equal(line, expected, strlen(expected));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
allocate_block(void)
{
	free(xmalloc(TOO_MUCH));
}

static void
allocate_table(void)
{
	free(uthash_malloc(TOO_MUCH));
}

static void
allocate_string(void)
{
	json_set_alloc_funcs(xmalloc, free);
	json_decref(json_stringn_nocheck("", TOO_MUCH));
}

static void
fail_in_library(void)
{
	xalloc_fail("openssl");
}

static void
test_out_of_memory_aborts_with_a_line(void **state)
{
	(void)state;
	assert_aborts(allocate_block, "out_of_memory bytes=");
}

static void
test_out_of_memory_in_uthash_aborts_with_a_line(void **state)
{
	(void)state;
	assert_aborts(allocate_table, "out_of_memory bytes=");
}

/* As main.c sets it. */
static void
test_out_of_memory_in_jansson_aborts_with_a_line(void **state)
{
	(void)state;
	assert_aborts(allocate_string, "out_of_memory bytes=");
}

static void
test_out_of_memory_in_a_library_aborts_with_its_name(void **state)
{
	(void)state;
	assert_aborts(fail_in_library, "out_of_memory library=openssl ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_memory_aborts_with_a_line),
		cmocka_unit_test(test_out_of_memory_in_uthash_aborts_with_a_line),
		cmocka_unit_test(test_out_of_memory_in_jansson_aborts_with_a_line),
		cmocka_unit_test(test_out_of_memory_in_a_library_aborts_with_its_name),
	};

	return cmocka_run_group_tests_name("xalloc", tests, NULL, NULL);
}
