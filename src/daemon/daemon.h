/* daemon.h - the life of the process: start, reload, stop. */
#pragma once

#include "linnet/config/config.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_BAD_CONFIG = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_CANNOT_OPEN = 3,
};

/* Reads the configuration once more; NULL with every error in errors if it is no good. */
typedef struct config *daemon_read_config(void *context, struct config_errors *errors);

/* Check the files that config names: tokens, certificate, key. Returns 0, or -errno with
 * *why a sentence. */
int daemon_check(const struct config *config, const char **why);

/* Serve by config, which a reload changes, until a signal ends it. SIGTERM and SIGINT
 * stop in order, a second one at once; SIGHUP reads the configuration by
 * read_again(context), and its files, and uses them if all is good. What fails is logged.
 */
enum exit_status daemon_serve(
	struct config *config, daemon_read_config *read_again, void *context);
