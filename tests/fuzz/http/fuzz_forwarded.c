/* fuzz_forwarded.c - who a trusted proxy forwards a request for. The first line of the
 * data has the trusted proxies, with blanks between them. The next line is the address of
 * the peer. Each other line is a field X-Forwarded-For. A client that is found has an
 * address. It does not depend on what stands before a hop that is not trusted: that can
 * be anybody's invention. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "../fuzz.h"
#include "http/forwarded.h"
#include "linnet/base/conn_limit.h"

#define PROXIES_MAX 8

static int
find(const struct cidr_list *proxies, const struct in6_addr *peer, struct http_head *head,
	struct in6_addr *client)
{
	int r = forwarded_find_client(proxies, head, peer, client);

	assert(r == 0 || r == -ENOENT || r == -EINVAL);
	assert((r == -ENOENT) == (head->field_count == 0));
	assert((r == 0) == !IN6_IS_ADDR_UNSPECIFIED(client));
	return r;
}

/* A proxy that is not trusted adds itself: it is the client then. */
static void
check_stranger(const struct cidr_list *proxies, const struct in6_addr *peer,
	struct http_head *head)
{
	struct in6_addr stranger, client;

	cidr_read_address("203.0.113.7", 11, &stranger);
	if (cidr_list_has(proxies, &stranger) || head->field_count == HTTP_HEAD_FIELDS)
		return;
	head->fields[head->field_count++] =
		(struct http_field){ "x-forwarded-for", "203.0.113.7" };
	assert(find(proxies, peer, head, &client) == 0);
	assert(!memcmp(&client, &stranger, sizeof(client)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *word;
	char *line = strsep(&rest, "\n"), *texts[PROXIES_MAX];
	struct http_head *head = calloc(1, sizeof(*head));
	struct in6_addr peer = in6addr_any, client;
	struct cidr_list *proxies;
	size_t count = 0;

	while (count < PROXIES_MAX && (word = strsep(&line, " ")))
		texts[count++] = word;
	proxies = cidr_list_new(texts, count);
	line = strsep(&rest, "\n");
	if (!line || !cidr_read_address(line, strlen(line), &peer))
		peer = in6addr_any;
	while (head->field_count < HTTP_HEAD_FIELDS && (line = strsep(&rest, "\n")))
		head->fields[head->field_count++] =
			(struct http_field){ "x-forwarded-for", line };
	if (find(proxies, &peer, head, &client) == 0 && !conn_limit_is_loopback(&peer) &&
		!IN6_IS_ADDR_UNSPECIFIED(&peer) && conn_limit_is_loopback(&client) &&
		head->field_count == 1 && !strchr(head->fields[0].value, ','))
		assert(!"another machine's loopback address counts here");
	check_stranger(proxies, &peer, head);
	cidr_list_free(proxies);
	free(head);
	free(text);
	return 0;
}
