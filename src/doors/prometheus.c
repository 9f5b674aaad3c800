#include "linnet/doors/prometheus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "linnet/base/clock.h"
#include "linnet/base/metrics.h"
#include "linnet/base/util.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Returns 0 if /proc cannot be read. */
static uint64_t
prometheus_count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint64_t count = 0;

	if (!directory)
		return 0;
	/* cppcheck-suppress readdirCalled ; no other thread reads this directory */
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count - 1; /* without the directory's own descriptor */
}

static uint64_t
prometheus_max_descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

/* The second number of /proc/self/statm counts pages (proc(5)). */
static uint64_t
prometheus_resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;
	char line[128], *end;

	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file)) {
		strtoul(line, &end, 10);
		pages = strtoul(end, NULL, 10);
	}
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t
prometheus_cpu_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

static void
prometheus_on_request(struct http_request *request)
{
	const struct prometheus_door *door = request->context;
	struct http_response answer = { .status = 200, .type = CONTENT_TYPE };
	struct buffer text = { 0 };
	const char *code, *why;

	if (!access_may_watch(&door->access, request))
		return;
	metrics.rooms = chat_room_count(door->chat);
	metrics.people = chat_people_count(door->chat);
	metrics.store_up = !chat_is_away(door->chat, &code, &why);
	metrics.store_bytes = chat_store_bytes(door->chat, &metrics.store_log_bytes);
	metrics.cpu_us = prometheus_cpu_us();
	metrics.open_fds = prometheus_count_descriptors();
	metrics.max_fds = prometheus_max_descriptors();
	metrics.resident_bytes = prometheus_resident_bytes();
	metrics_append(&text);
	answer.body = text.bytes;
	answer.len = text.len;
	http_respond(request, &answer);
	buffer_clear(&text);
}

void
prometheus_door_init(struct prometheus_door *door, const struct access *access,
	const struct chat *chat)
{
	*door = (struct prometheus_door){ .access = *access, .chat = chat };
	metrics.start_us = (uint64_t)clock_unix_ms() * 1000;
}

static const struct http_route rows[] = {
	{ "metrics", 1, HTTP_GET | HTTP_HEAD, NULL, NULL, prometheus_on_request, false },
};

struct http_routes
prometheus_door_routes(struct prometheus_door *door)
{
	return (struct http_routes){ rows, ARRAY_SIZE(rows), door };
}
