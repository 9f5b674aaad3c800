#include "cluster/redis/cluster_news.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/redis/node.h"

/* The most arguments of an act. */
#define WORDS_MAX 7

struct news {
	struct redis_item item;
	struct news_reader *reader;
	/* Tells the chat, at most *left bytes if it can stop. Returns true at the end. */
	bool (*tell)(struct news *news, size_t *left);
	enum cluster_event_kind kind;
	unsigned node;
	uint64_t first_guest;
	struct acts claims;
	struct redis_parts parts; /* of bytes */
	char bytes[];
};

static bool
news_deliver(struct redis_item *item, size_t *left)
{
	struct news *news = container_of(item, struct news, item);

	if (!news->reader->is_closed && !news->tell(news, left))
		return false;
	acts_clear(&news->claims);
	free(news);
	return true;
}

static struct news *
news_new(struct news_reader *reader, bool (*tell)(struct news *news, size_t *left),
	const char *parts, size_t len)
{
	struct news *news = xcalloc(1, sizeof(*news) + len);

	news->item.deliver = news_deliver;
	news->reader = reader;
	news->tell = tell;
	acts_init(&news->claims);
	if (len)
		memcpy(news->bytes, parts, len);
	news->parts = (struct redis_parts){ .at = news->bytes, .left = len };
	return news;
}

static void
news_post(struct news *news)
{
	redis_node_post(news->reader->node, &news->item);
}

/* What was delivered counts, and the callbacks may have taken long. */
static void
news_count(size_t *left, size_t bytes)
{
	*left -= size_min(*left, bytes);
}

static void
news_call(struct news *news, struct cluster_event *event)
{
	struct cluster *cluster = news->reader->cluster;

	event->node = news->node;
	cluster->callbacks.on_people(cluster->context, event);
}

static void
news_set_proofs(struct cluster_proofs *proofs, char *const *words)
{
	snprintf(proofs->token, sizeof(proofs->token), "%s", words[0]);
	snprintf(proofs->grant, sizeof(proofs->grant), "%s", words[1]);
	snprintf(proofs->email, sizeof(proofs->email), "%s", words[2]);
}

/* Tell an act with its words, which are those of turn.lua. */
static void
news_tell_act(struct news *news, enum cluster_event_kind kind, char *const *words)
{
	struct cluster_event event = { .kind = kind };
	struct cluster_proofs proofs = { .token = "" };

	if (kind == CLUSTER_SILENT) {
		event.number = strtoull(words[0], NULL, 10);
	} else {
		event.key = words[0];
		event.name = words[1];
	}
	if (kind == CLUSTER_HERE) {
		event.sessions = (unsigned)strtoul(words[3], NULL, 10);
		news_set_proofs(&proofs, words + 4);
		event.proofs = &proofs;
	} else if (kind == CLUSTER_RENAME) {
		event.was_key = words[2];
		event.was = words[3];
	} else if (kind == CLUSTER_ENTER || kind == CLUSTER_LEAVE) {
		event.room = words[2];
		event.via = words[3];
	}
	news_call(news, &event);
}

/* Tell the act that begins with word. Returns false if there is no such act. */
static bool
news_take_act(struct news *news, const char *word, size_t word_len)
{
	static const struct {
		const char *word;
		enum cluster_event_kind kind;
		unsigned words;
	} kinds[] = { { "here", CLUSTER_HERE, 7 }, { "left", CLUSTER_LEFT, 2 },
		{ "enter", CLUSTER_ENTER, 4 }, { "leave", CLUSTER_LEAVE, 4 },
		{ "rename", CLUSTER_RENAME, 4 }, { "silent", CLUSTER_SILENT, 1 } };
	char *words[WORDS_MAX];
	unsigned i, n;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].word) == word_len &&
			!memcmp(kinds[i].word, word, word_len))
			break;
	if (i == ARRAY_SIZE(kinds))
		return false;
	for (n = 0; n < kinds[i].words; n++)
		words[n] = redis_part_next_text(&news->parts);
	if (!news->parts.is_broken)
		news_tell_act(news, kinds[i].kind, words);
	while (n)
		free(words[--n]);
	return true;
}

static bool
news_tell_acts(struct news *news, size_t *left)
{
	struct cluster *cluster = news->reader->cluster;

	while (news->parts.left && !news->parts.is_broken) {
		const char *word, *order, *before = news->parts.at;
		size_t len;

		if (!*left)
			return false;
		word = redis_part_next(&news->parts, &len);
		if (len == 5 && !memcmp(word, "order", len)) {
			order = redis_part_next(&news->parts, &len);
			if (!news->parts.is_broken)
				cluster->callbacks.on_order(cluster->context, order, len);
		} else if (!news_take_act(news, word, len)) {
			return true; /* a later version may have more */
		}
		news_count(left, (size_t)(news->parts.at - before));
	}
	return true;
}

void
news_post_acts(struct news_reader *reader, unsigned node, const char *parts, size_t len)
{
	struct news *news = news_new(reader, news_tell_acts, parts, len);

	news->node = node;
	news_post(news);
}

static bool
news_tell_person(struct news *news, size_t *left)
{
	struct cluster_proofs proofs = { .token = "" };
	char *words[6];

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = redis_part_next_text(&news->parts);
	news_set_proofs(&proofs, words + 3);
	if (!news->parts.is_broken)
		news_call(news, &(struct cluster_event){
					.kind = CLUSTER_HERE,
					.key = words[0],
					.name = words[1],
					.sessions = (unsigned)strtoul(words[2], NULL, 10),
					.proofs = &proofs,
				});
	while (news->parts.left && !news->parts.is_broken) {
		char *room = redis_part_next_text(&news->parts);
		char *via = redis_part_next_text(&news->parts);

		if (!news->parts.is_broken)
			news_call(news, &(struct cluster_event){
						.kind = CLUSTER_ENTER,
						.key = words[0],
						.name = words[1],
						.room = room,
						.via = via,
					});
		free(room);
		free(via);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		free(words[i]);
	news_count(left, (size_t)(news->parts.at - news->bytes));
	return true;
}

void
news_post_person(struct news_reader *reader, unsigned node, const char *parts, size_t len)
{
	struct news *news = news_new(reader, news_tell_person, parts, len);

	news->node = node;
	news_post(news);
}

static bool
news_tell_event(struct news *news, size_t *left)
{
	(void)left;
	news_call(news, &(struct cluster_event){ .kind = news->kind });
	return true;
}

void
news_post_event(struct news_reader *reader, enum cluster_event_kind kind, unsigned node)
{
	struct news *news = news_new(reader, news_tell_event, NULL, 0);

	news->kind = kind;
	news->node = node;
	news_post(news);
}

/* What an answer of turn.lua is to the chat. */
static int
news_result(const char *how)
{
	static const struct {
		const char *how;
		int result;
	} results[] = { { "free", CLUSTER_FREE }, { "email", CLUSTER_BY_EMAIL },
		{ "grant", CLUSTER_BY_GRANT }, { "token", CLUSTER_BY_TOKEN },
		{ "taken", -EEXIST }, { "none", -ENOENT } };

	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		if (!strcmp(how, results[i].how))
			return results[i].result;
	return -ENOTCONN;
}

static bool
news_tell_claims(struct news *news, size_t *left)
{
	struct cluster *cluster = news->reader->cluster;
	struct act *act;

	(void)left;
	STAILQ_FOREACH (act, &news->claims.list, link) {
		char *how, *name;

		if (!act->is_claim)
			continue;
		how = redis_part_next_text(&news->parts);
		name = redis_part_next_text(&news->parts);
		cluster->callbacks.on_claimed(
			cluster->context, act->ticket, name, news_result(how));
		free(how);
		free(name);
	}
	return true;
}

void
news_post_claims(
	struct news_reader *reader, struct acts *claims, const char *answers, size_t len)
{
	struct news *news = news_new(reader, news_tell_claims, answers, len);

	acts_move(&news->claims, claims);
	news_post(news);
}

static bool
news_tell_said(struct news *news, size_t *left)
{
	struct cluster *cluster = news->reader->cluster;
	char *room = redis_part_next_text(&news->parts);
	unsigned audience = (unsigned)redis_part_next_number(&news->parts);
	size_t len;
	const char *text = redis_part_next(&news->parts, &len);

	if (!news->parts.is_broken)
		cluster->callbacks.on_said(cluster->context, room, audience, text, len);
	news_count(left, len);
	free(room);
	return true;
}

void
news_post_said(struct news_reader *reader, const char *parts, size_t len)
{
	news_post(news_new(reader, news_tell_said, parts, len));
}

static bool
news_tell_guests(struct news *news, size_t *left)
{
	(void)left;
	cluster_take_guests(news->reader->cluster, news->first_guest);
	return true;
}

void
news_post_guests(struct news_reader *reader, uint64_t first)
{
	struct news *news = news_new(reader, news_tell_guests, NULL, 0);

	news->first_guest = first;
	news_post(news);
}
