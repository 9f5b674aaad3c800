/* make_token.h - linnetd --make-token. */
#pragma once

#include "daemon/command_line.h"
#include "daemon/daemon.h"

/* Print a JSON Web Token for the person and rooms of the command line. */
enum exit_status make_token(
	const struct config *config, const struct arguments *arguments);
