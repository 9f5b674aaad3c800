/* credentials.h - what linnet shows the server to say who it is. */
#pragma once

#include "client/url.h"

/* Longest token, as in linnet/auth/tokens.h. */
#define CREDENTIALS_TOKEN_BYTES 4096

#define CREDENTIALS_PERSON_BYTES 32

/* Read the token in the file at path, without the blanks around it. The caller frees it.
 * NULL after printing why. */
char *credentials_read_token(const char *path);

/* Write the person token for name (NULL: a guest) at the server of url to out. Each
 * server and name has another one, made from the secret in $XDG_STATE_HOME/linnet, so no
 * server learns what another one is shown. The file is made if it is missing. If that
 * fails, the token is good for this run only. */
void credentials_make_person(
	char out[CREDENTIALS_PERSON_BYTES + 1], const struct url *url, const char *name);
