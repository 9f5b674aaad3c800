#include "net/rlimit.h"

#include <sys/resource.h>

#include "linnet/base/log.h"
#include "net/reject.h"

/* Descriptors that are no connections: the loop, listeners, the store, the page's files,
 * rejected connections. */
#define RESERVED (REJECT_SOCKETS + 32)

size_t
rlimit_fit(size_t connections, size_t each, size_t others)
{
	struct rlimit limit;
	size_t reserved = RESERVED + others;
	size_t fit;
	rlim_t wanted = connections * each + reserved;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return connections;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= wanted)
		return connections;
	if (reserved > limit.rlim_cur / 2)
		reserved = limit.rlim_cur / 2;
	fit = (limit.rlim_cur - reserved) / each;
	log_warn("connections_capped", log_uint("wanted", connections),
		log_uint("max", fit), log_uint("open_files", limit.rlim_cur));
	return fit;
}
