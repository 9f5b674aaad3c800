#include "client/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/output.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

#define DEFAULT_URL "http://127.0.0.1:8000"

struct option_row {
	const char *word;
	size_t offset;    /* of the member */
	char letter;      /* '\0': none */
	bool takes_value; /* else the member is a bool */
};

#define TEXT_OPTION(letter, word, member)                                                \
	{                                                                                \
		word, offsetof(struct arguments, member), letter, true                   \
	}
#define FLAG_OPTION(letter, word, member)                                                \
	{                                                                                \
		word, offsetof(struct arguments, member), letter, false                  \
	}

static const struct option_row options[] = {
	TEXT_OPTION('u', "url", url),
	TEXT_OPTION('t', "token-file", token_file),
	TEXT_OPTION('n', "name", name),
	TEXT_OPTION('\0', "since", since),
	TEXT_OPTION('\0', "state", state),
	TEXT_OPTION('\0', "count", count),
	FLAG_OPTION('\0', "json", is_json),
	FLAG_OPTION('V', "version", is_version),
	FLAG_OPTION('h', "help", is_help),
};

/* The arguments that are not read yet. */
struct reader {
	char **next; /* ends with NULL */
	struct arguments *arguments;
};

static int
arguments_set(struct reader *reader, const struct option_row *row, const char *value)
{
	void *member = (char *)reader->arguments + row->offset;

	if (!row->takes_value && value) {
		output_note("--%s takes no value", row->word);
		return -EINVAL;
	}
	if (!row->takes_value) {
		*(bool *)member = true;
		return 0;
	}
	if (!value)
		value = *reader->next ? *reader->next++ : NULL;
	if (!value) {
		output_note("--%s needs a value", row->word);
		return -EINVAL;
	}
	*(const char **)member = value;
	return 0;
}

/* Read "--word", "--word=value". */
static int
arguments_read_word(struct reader *reader, const char *text)
{
	size_t len = strcspn(text, "=");
	const char *value = text[len] ? text + len + 1 : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i].word) == len &&
			!strncmp(options[i].word, text, len))
			return arguments_set(reader, &options[i], value);
	output_note("there is no option --%s", text);
	return -EINVAL;
}

static const struct option_row *
arguments_find_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* Read "-u", "-uVALUE", "-Vh". */
static int
arguments_read_letters(struct reader *reader, const char *text)
{
	const struct option_row *row;
	int r = 0;

	for (; r == 0 && *text; text++) {
		row = arguments_find_letter(*text);
		if (!row) {
			output_note("there is no option -%c", *text);
			return -EINVAL;
		}
		if (row->takes_value)
			return arguments_set(reader, row, text[1] ? text + 1 : NULL);
		r = arguments_set(reader, row, NULL);
	}
	return r;
}

/* "-3.5" is a value, and "-" a text. */
static bool
arguments_is_option(const char *text)
{
	return text[0] == '-' && text[1] && text[1] != '.' &&
	       !isdigit((unsigned char)text[1]);
}

int
arguments_read(struct arguments *arguments, int argc, char **argv)
{
	const char *url = getenv("LINNET_URL");
	struct reader reader = { .next = argv + 1, .arguments = arguments };
	bool is_over = false;
	const char *text;
	int r = 0;

	*arguments = (struct arguments){ .url = url && *url ? url : DEFAULT_URL };
	arguments->words = xcalloc((size_t)argc + 1, sizeof(*arguments->words));
	while (r == 0 && *reader.next) {
		text = *reader.next++;
		if (!is_over && !strcmp(text, "--"))
			is_over = true;
		else if (is_over || !arguments_is_option(text))
			arguments->words[arguments->word_count++] = text;
		else if (text[1] == '-')
			r = arguments_read_word(&reader, text + 2);
		else
			r = arguments_read_letters(&reader, text + 1);
	}
	return r;
}
