/* cluster_news.h - what the node's thread hands to the loop's thread, in the order of the
 * log, and how the chat is told of it. */
#pragma once

#include "cluster/redis/cluster_acts.h"

struct redis_node;

/* The loop's thread: is_closed is set when nobody is to be told any more. */
struct news_reader {
	struct cluster *cluster;
	struct redis_node *node;
	bool is_closed;
};

/* Acts of another node: the parts that turn.lua adds to the log. */
void news_post_acts(
	struct news_reader *reader, unsigned node, const char *parts, size_t len);

/* One person of another node, as scan.lua answers. */
void news_post_person(
	struct news_reader *reader, unsigned node, const char *parts, size_t len);

/* Something about the nodes: CLUSTER_GONE and the kinds behind it. */
void news_post_event(
	struct news_reader *reader, enum cluster_event_kind kind, unsigned node);

/* The answers to claims, which become empty: two parts each. */
void news_post_claims(
	struct news_reader *reader, struct acts *claims, const char *answers, size_t len);

/* A saying of another node: room, audience and text. */
void news_post_said(struct news_reader *reader, const char *parts, size_t len);

/* Numbers of guests from first on; 0: none. */
void news_post_guests(struct news_reader *reader, uint64_t first);
