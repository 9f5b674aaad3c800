/* daemon.h - the life of the process: start, reload, stop. */
#pragma once

#include "linnet/config/config.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_BAD_CONFIG = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_CANNOT_OPEN = 3, /* or the store could not be closed in time */
};

/* Reads the configuration again. Returns NULL with all errors in errors if it is
 * invalid. */
typedef struct config *daemon_read_config(void *context, struct config_errors *errors);

/* Run with config, which a reload changes, until SIGTERM or SIGINT. The first one
 * stops in order within 10 s, a second one within 1 s. The status is EXIT_CANNOT_OPEN if
 * messages could not be stored by then. SIGHUP reads the configuration with
 * read_again(context), and its files, and uses them if all are valid. Errors are
 * logged. */
enum exit_status daemon_serve(
	struct config *config, daemon_read_config *read_again, void *context);
