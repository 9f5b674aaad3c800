/* arguments.h - the command line of linnet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What the command line says. Texts are borrowed from argv and the environment. */
struct arguments {
	const char *url; /* -u, LINNET_URL or the default */
	const char *token_file;
	const char *name;
	bool is_json;
	const char *since; /* --since; NULL: none */
	const char *state; /* --state; NULL: none */
	const char *count; /* --count; NULL: none */
	bool is_version, is_help;
	const char **words; /* the command and its arguments, without options */
	size_t word_count;
};

/* Read the command line. An option may stand anywhere; "--" ends them, and what looks
 * like a number is none. Returns 0, or -EINVAL after printing what is wrong. The caller
 * frees arguments->words in both cases. */
int arguments_read(struct arguments *arguments, int argc, char **argv);
