/* redis_uri.h - where Redis is, and how to log in. */
#pragma once

#include <stddef.h>

struct redis_address {
	char *host; /* NULL: path */
	char *path; /* of a UNIX socket */
	int port;
	char *user, *password; /* or NULL */
	unsigned db;
};

/* Read uri: redis://[USER[:PASSWORD]@]HOST[:PORT][/DB] or unix://PATH[?db=DB]; user and
 * password may have %XX. Returns 0, or -EINVAL with *why set. In either case end address
 * with redis_address_fini. */
int redis_address_read(struct redis_address *address, const char *uri, const char **why);

void redis_address_fini(struct redis_address *address);
