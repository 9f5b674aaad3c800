#include "net/rlimit.h"

#include <sys/resource.h>

#include "linnet/base/log.h"
#include "net/reject.h"

/* Descriptors that are no connections: the loop, listeners, the store, the page's files,
 * rejected connections. */
#define RESERVED (REJECT_SOCKETS + 64)

/* The limit that is set if less is needed, so that a reload may ask for more connections.
 * Debian's libwebsockets looks at each entry of a table of that size whenever a WebSocket
 * closes. */
#define ROOM 16384

static rlim_t
rlimit_wanted(const struct rlimit_need *need)
{
	return need->connections * need->each + need->others + RESERVED;
}

void
rlimit_set(const struct rlimit_need *need)
{
	rlim_t wanted = rlimit_wanted(need);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (wanted < ROOM)
		wanted = ROOM;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

size_t
rlimit_fit(const struct rlimit_need *need)
{
	rlim_t reserved = RESERVED + need->others, fit;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= rlimit_wanted(need))
		return need->connections;
	if (reserved > limit.rlim_cur / 2)
		reserved = limit.rlim_cur / 2;
	fit = (limit.rlim_cur - reserved) / need->each;
	log_warn("connections_capped", log_uint("wanted", need->connections),
		log_uint("max", fit), log_uint("open_files", limit.rlim_cur));
	return fit;
}
