/* fuzz_config.c - loads a configuration. The bytes before the first NUL are the text of
 * the file; those after it are one KEY=VALUE of the command line. A dump of a
 * configuration that loads must load to the same values. Otherwise there must be errors,
 * without control characters. config_load_text rejects @include, so the target reads no
 * file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz.h"
#include "linnet/config/config.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 leaks the string in which a syntax error is. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static void
check_errors(const struct config *config, struct config_errors *errors)
{
	require((errors->count > 0) == (config == NULL), "NULL without a reason");
	for (size_t i = 0; i < errors->count; i++)
		for (const char *at = errors->lines[i]; *at; at++)
			require((unsigned char)*at >= 0x20 && *at != 0x7f,
				"an error with a control character");
	config_errors_clear(errors);
}

/* The caller frees the text. */
static char *
dump(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL, "no memory");
	config_dump(config, out);
	fclose(out);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_errors errors = { 0 };
	char *text = malloc(size + 1);

	require(text != NULL, "no memory");
	memcpy(text, data, size);
	text[size] = '\0';
	const char *setting = text + strlen(text) + 1;
	size_t settings = setting < text + size ? 1 : 0;
	struct config *config =
		config_load_text(text, "fuzz.cfg", &setting, settings, "public", &errors);
	check_errors(config, &errors);
	if (config) {
		char *first = dump(config);
		struct config *again =
			config_load_text(first, "dump.cfg", NULL, 0, "other", &errors);
		check_errors(again, &errors);
		require(again != NULL, "the dump does not load");
		char *second = dump(again);
		require(strcmp(first, second) == 0, "the dump loads to other values");
		free(second);
		free(first);
		config_free(again);
	}
	config_free(config);
	free(text);
	return 0;
}
