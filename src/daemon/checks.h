/* checks.h - checks everything that the configuration names: the files of tokens, secrets
 * and certificates, the page, the store, the log files. --check, the start and a reload
 * share one list of checks. */
#pragma once

#include <stdbool.h>

#include "linnet/config/config.h"

struct tls;
struct tokens;

/* Read from files that the configuration names. */
struct secrets {
	struct tokens *tokens;
	struct tls *tls; /* NULL: plain HTTP */
};

/* Who checks. */
enum checks_caller {
	CHECKS_OF_TEST = 1,  /* --check */
	CHECKS_OF_START = 2, /* then opens ports, page, store and log files itself */
	CHECKS_OF_RELOAD = 4,
};

/* Reports one error or warning as "FILE:LINE: message". event is the event of the log
 * that names its kind. */
typedef void checks_on_result(const char *event, bool is_warning, const char *line);

/* Check config. All errors and warnings are reported. Returns true if there is no error;
 * then the caller gives secrets to secrets_clear. */
bool checks_run(const struct config *config, enum checks_caller caller,
	struct secrets *secrets, checks_on_result *on_result);

/* Free what they hold. */
void secrets_clear(struct secrets *secrets);
