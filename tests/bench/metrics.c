/* What metrics cost: memory and CPU of the chat when many are pushed every second, on a
 * fake clock. See README.md. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/chat/chat.h"
#include "linnet/config/config.h"

#define METRICS_PER_ROOM 1000
#define START_MS INT64_C(1795176000000)

static void
fill_random(void *out, size_t len)
{
	memset(out, 'x', len);
}

static void
on_reply(void *context, const struct chat_reply *reply)
{
	size_t *refused = context;

	*refused += reply->kind == CHAT_FAULT;
}

static double
cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* The pushes of one second to one room. */
static json_t *
make_pushes(size_t room, size_t count, size_t second)
{
	json_t *list = json_array();
	char name[32], where[32];

	snprintf(where, sizeof(where), "room-%zu", room);
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "metric-%zu", i);
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:f}", "type", "metric", "room", where,
				"name", name, "value", (double)(i + second) / 3));
	}
	return list;
}

static size_t
push_second(struct chat *chat, struct chat_caller *caller, size_t names, size_t second)
{
	size_t refused = 0;

	for (size_t room = 0; room * METRICS_PER_ROOM < names; room++) {
		size_t left = names - room * METRICS_PER_ROOM;
		size_t count = left < METRICS_PER_ROOM ? left : METRICS_PER_ROOM;

		chat_call(chat, caller,
			&(struct chat_call){
				.kind = CHAT_PUSH,
				.object = make_pushes(room, count, second),
				.now_ms = START_MS + (int64_t)second * 1000,
			},
			on_reply, &refused);
	}
	return refused;
}

static void
measure(struct chat *chat, size_t names, size_t seconds)
{
	struct chat_caller caller = {
		.permissions = &permissions_of_all,
		.name = "bench",
		.peer = "127.0.0.1",
	};
	size_t before = mallinfo2().uordblks, refused = 0;
	double start_s = cpu_s(), used_s;

	for (size_t second = 0; second < seconds; second++)
		refused += push_second(chat, &caller, names, second);
	used_s = cpu_s() - start_s;
	printf("metrics=%zu seconds=%zu refused=%zu bytes=%zu bytes_a_metric=%zu "
	       "cpu_s=%.2f cpu_us_a_value=%.2f core_percent=%.2f\n",
		names, seconds, refused, mallinfo2().uordblks - before,
		(mallinfo2().uordblks - before) / names, used_s,
		used_s * 1e6 / (double)(names * seconds), 100 * used_s / (double)seconds);
}

int
main(int argc, char **argv)
{
	size_t names = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
	size_t seconds = argc > 2 ? strtoul(argv[2], NULL, 10) : 3600;
	struct config_errors errors = { 0 };
	struct config *config = config_load_text(
		"store: { driver = \"memory\"; };", "bench", NULL, 0, "/", &errors);
	struct chat *chat;
	const char *why;

	if (!names || !seconds || !config) {
		fprintf(stderr, "usage: linnet-bench-metrics [METRICS [SECONDS]]\n");
		return 2;
	}
	if (chat_new(&chat, config, fill_random, &why) < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	measure(chat, names, seconds);
	chat_free(chat);
	config_free(config);
	return 0;
}
