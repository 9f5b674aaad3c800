/* Compares the addresses of the HTTP and of the line door. */
#include <arpa/inet.h>
#include <string.h>

#include "config/config_private.h"

#define ADDRESSES_MAX 2 /* of "localhost" */

/* The addresses that one door listens on; IPv4 as in ::ffff:127.0.0.1. */
struct listeners_door {
	struct in6_addr addresses[ADDRESSES_MAX];
	size_t count;
};

static void
listeners_add_v4(struct listeners_door *door, struct in_addr address)
{
	struct in6_addr *mapped = &door->addresses[door->count++];

	memset(mapped, 0, sizeof(*mapped));
	memset(&mapped->s6_addr[10], 0xff, 2);
	memcpy(&mapped->s6_addr[12], &address, sizeof(address));
}

/* A UNIX socket is no address. */
static struct listeners_door
listeners_parse(const char *text)
{
	struct listeners_door door = { .count = 0 };
	struct in_addr v4;

	if (!strcmp(text, "localhost")) {
		v4.s_addr = htonl(INADDR_LOOPBACK);
		listeners_add_v4(&door, v4);
		door.addresses[door.count++] = in6addr_loopback;
	} else if (inet_pton(AF_INET, text, &v4) == 1) {
		listeners_add_v4(&door, v4);
	} else if (inet_pton(AF_INET6, text, &door.addresses[0]) == 1) {
		door.count = 1;
	}
	return door;
}

/* True if one of the two is a wildcard that includes the other one. */
static bool
listeners_includes(const struct in6_addr *a, const struct in6_addr *b)
{
	/* "::" takes IPv4 too. */
	if (IN6_IS_ADDR_UNSPECIFIED(a))
		return true;
	return IN6_IS_ADDR_V4MAPPED(a) && IN6_IS_ADDR_V4MAPPED(b) &&
	       a->s6_addr32[3] == htonl(INADDR_ANY);
}

static bool
listeners_clash(const struct listeners_door *a, const struct listeners_door *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++) {
			const struct in6_addr *x = &a->addresses[i],
					      *y = &b->addresses[j];

			if (IN6_ARE_ADDR_EQUAL(x, y) || listeners_includes(x, y) ||
				listeners_includes(y, x))
				return true;
		}
	return false;
}

void
config_check_listeners(const struct config *config, struct config_errors *errors)
{
	const struct listeners_door http = listeners_parse(config->http.address);
	const struct listeners_door line = listeners_parse(config->line.address);
	bool is_same = !strcmp(config->http.address, config->line.address);

	/* The kernel chooses two ports for 0. */
	if (config->line.enabled && config->http.port &&
		config->http.port == config->line.port && listeners_clash(&http, &line))
		config_errors_report(errors, config,
			config_is_default(config, "line.port") ? "http.port"
							       : "line.port",
			CONFIG_NO_ITEM,
			"http and line cannot both listen on port %d of %s; change "
			"http.port or line.port",
			config->http.port,
			is_same ? config->http.address : "overlapping addresses");
}
