#include "daemon/make_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/auth/tokens.h"
#include "linnet/base/clock.h"
#include "linnet/protocol/name.h"

#define SECONDS_A_DAY 86400

/* Print what is wrong, if anything is. Returns true if nothing is. */
static bool
make_token_report(const char *what, const char *fault, int max_bytes, const char *key)
{
	if (fault)
		fprintf(stderr, "linnetd: %s %s; choose one of 1 to %d bytes (%s)\n",
			what, fault, max_bytes, key);
	return !fault;
}

/* Returns false after printing what is wrong. */
static bool
make_token_check(const struct config *config, const struct arguments *arguments)
{
	int name_bytes = config->limits.name_bytes,
	    room_bytes = config->limits.room_bytes;
	bool is_good = make_token_report("the name",
		name_fault(arguments->words[0], (size_t)name_bytes), name_bytes,
		"limits.name_bytes");

	for (size_t i = 1; i < arguments->word_count; i++) {
		const char *room = arguments->words[i];
		const char *fault = name_room_fault(room, (size_t)room_bytes);
		char what[40];

		/* In a token it means every room. */
		if (!strcmp(room, "*"))
			fault = "must not be * (without rooms it is a token for all)";
		snprintf(what, sizeof(what), "the name of room %zu", i);
		is_good &=
			make_token_report(what, fault, room_bytes, "limits.room_bytes");
	}
	return is_good;
}

static void
make_token_print_errors(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "%s\n", errors->lines[i]);
	config_errors_clear(errors);
}

enum exit_status
make_token(const struct config *config, const struct arguments *arguments)
{
	struct config_errors errors = { 0 };
	int64_t now_s = clock_unix_ms() / 1000;
	const struct token_grant grant = {
		.name = arguments->words[0],
		.rooms = arguments->words + 1,
		.room_count = arguments->word_count - 1,
		.from_s = now_s,
		.until_s = now_s + arguments->days * SECONDS_A_DAY,
	};
	char *text;
	bool fits;

	if (!make_token_check(config, arguments))
		return EXIT_BAD_USAGE;
	text = tokens_make_jwt(config, &grant, &errors);
	make_token_print_errors(&errors);
	if (!text)
		return EXIT_BAD_CONFIG;
	fits = strlen(text) <= TOKEN_MAX_BYTES;
	if (fits)
		puts(text);
	else
		fprintf(stderr,
			"linnetd: the token has %zu bytes, but linnetd accepts %d; name "
			"fewer rooms\n",
			strlen(text), TOKEN_MAX_BYTES);
	free(text);
	return fits ? EXIT_OK : EXIT_BAD_USAGE;
}
