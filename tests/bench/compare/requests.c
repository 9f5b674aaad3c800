#include "requests.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../die.h"
#include "link.h"

enum {
	HEAD_BYTES_MAX = 8192,
	REQUEST_BYTES_MAX = 64 * 1024,
	FILE_BYTES_MAX = 1024 * 1024,
	STALL_S = 30,
	SHOWN_BYTES = 300,
	GZIP_WINDOW = 16 + MAX_WBITS, /* inflateInit2: a gzip header */
};

struct client {
	struct link link;
	struct requests *requests;
	uint64_t sent_ns;
};

/* Bytes in memory. */
struct content {
	char *at;
	size_t n;
};

struct requests {
	const struct requests_plan *plan;
	struct crowd *crowd;
	struct client *clients;
	struct content file;
	struct content first; /* the body of the first answer, which was compared */
	struct content body;  /* of the last answer, without the marks of chunks */
	unsigned waiting;
	uint64_t answers;
	uint64_t end_ns;
	struct histogram *latency;
	char *text;
};

/* The value of a header; NULL if the head, which ends in NUL, has none. */
static const char *
find_header(const char *head, const char *name)
{
	const char *at = strcasestr(head, name);

	return at ? at + strlen(name) : NULL;
}

/* Take the chunks at the start of bytes into the body. Returns their length; 0 if the
 * last one is not there yet. */
static size_t
take_chunks(struct requests *requests, const char *bytes, size_t n)
{
	size_t done = 0;

	requests->body.n = 0;
	while (true) {
		const char *end = memmem(bytes + done, n - done, "\r\n", 2);
		size_t chunk;

		if (!end)
			return 0;
		chunk = strtoul(bytes + done, NULL, 16);
		done = (size_t)(end - bytes) + 2;
		if (n - done < chunk + 2)
			return 0;
		if (requests->body.n + chunk > FILE_BYTES_MAX)
			die("an answer is too long");
		memcpy(requests->body.at + requests->body.n, bytes + done, chunk);
		requests->body.n += chunk;
		done += chunk + 2;
		if (chunk == 0)
			return done;
	}
}

/* Take a body of a known length. Returns the length, or 0 if it is not there yet. */
static size_t
take_body(struct requests *requests, const char *bytes, size_t n, size_t length)
{
	if (length > FILE_BYTES_MAX)
		die("an answer is too long");
	if (n < length)
		return 0;
	memcpy(requests->body.at, bytes, length);
	requests->body.n = length;
	return length;
}

static bool
is_same(const struct content *a, const struct content *b)
{
	return a->n == b->n && memcmp(a->at, b->at, a->n) == 0;
}

static struct content
inflate_body(const struct content *body)
{
	struct content plain = { die_or_allocate(1, FILE_BYTES_MAX), 0 };
	z_stream stream = {
		.next_in = (Bytef *)body->at,
		.avail_in = (uInt)body->n,
		.next_out = (Bytef *)plain.at,
		.avail_out = FILE_BYTES_MAX,
	};

	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK ||
		inflate(&stream, Z_FINISH) != Z_STREAM_END)
		die("an answer cannot be unpacked");
	plain.n = stream.total_out;
	inflateEnd(&stream);
	return plain;
}

/* The first answer is unpacked and compared with the file, the others with the first. */
static void
check_file(struct requests *requests, bool is_packed)
{
	struct content *first = &requests->first;
	struct content plain = requests->body;

	if (first->at && !is_same(first, &requests->body))
		die("an answer is not the file");
	if (first->at)
		return;
	if (is_packed)
		plain = inflate_body(&requests->body);
	if (!is_same(&plain, &requests->file))
		die("the first answer is not the file");
	if (is_packed)
		free(plain.at);
	first->at = die_or_allocate(1, requests->body.n + 1);
	first->n = requests->body.n;
	memcpy(first->at, requests->body.at, first->n);
}

static void
check_answer(struct client *client, const char *head)
{
	struct requests *requests = client->requests;
	const struct content *body = &requests->body;
	const char *expected = requests->plan->expected;

	if (strncmp(head, "HTTP/1.1 2", 10) != 0 ||
		!memmem(body->at, body->n, expected, strlen(expected)))
		die("client %u: answered by %.*s\n%.*s", client->link.number, SHOWN_BYTES,
			head, (int)(body->n < SHOWN_BYTES ? body->n : SHOWN_BYTES),
			body->at);
	if (*requests->plan->file)
		check_file(requests, find_header(head, "\r\nContent-Encoding: gzip"));
}

static void
send_request(struct client *client)
{
	struct requests *requests = client->requests;
	const struct requests_plan *plan = requests->plan;
	const char *mark = strstr(plan->body, "{text}");
	int before = mark ? (int)(mark - plan->body) : (int)strlen(plan->body);
	const char *after = mark ? mark + 6 : "";
	size_t text_bytes = 0;
	char request[REQUEST_BYTES_MAX];
	int n;

	client->sent_ns = link_now_ns();
	if (mark)
		text_bytes = crowd_next_text(
			requests->crowd, client->link.number, requests->text);
	n = snprintf(request, sizeof(request),
		"%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n"
		"%.*s%.*s%s",
		plan->method, plan->target, plan->headers,
		(size_t)before + text_bytes + strlen(after), before, plan->body,
		(int)text_bytes, requests->text, after);
	if (n >= (int)sizeof(request))
		die("a request is too long");
	client->link.is_idle = false;
	requests->waiting++;
	link_send(&client->link, request, (size_t)n);
}

static size_t
take(struct link *link, const char *bytes, size_t n, uint64_t now_ns)
{
	struct client *client = (struct client *)link;
	struct requests *requests = client->requests;
	const char *head_end = memmem(bytes, n, "\r\n\r\n", 4);
	size_t head_bytes = head_end ? (size_t)(head_end - bytes) + 4 : 0;
	char head[HEAD_BYTES_MAX];
	const char *length;
	size_t taken;

	if (!head_end)
		return 0;
	if (link->is_idle || head_bytes >= sizeof(head))
		die("client %u: an answer to nothing, or too long a head", link->number);
	memcpy(head, bytes, head_bytes);
	head[head_bytes] = '\0';
	length = find_header(head, "\r\nContent-Length:");
	if (length)
		taken = take_body(requests, bytes + head_bytes, n - head_bytes,
			strtoul(length, NULL, 10));
	else
		taken = take_chunks(requests, bytes + head_bytes, n - head_bytes);
	if (taken == 0)
		return 0;
	check_answer(client, head);
	histogram_add(requests->latency, now_ns - client->sent_ns);
	link->is_idle = true;
	requests->waiting--;
	requests->answers++;
	if (now_ns < requests->end_ns)
		send_request(client);
	return head_bytes + taken;
}

static void
read_file(const char *path, struct content *content)
{
	FILE *file = fopen(path, "re");

	content->at = die_or_allocate(1, FILE_BYTES_MAX);
	if (!file)
		die("%s: %m", path);
	content->n = fread(content->at, 1, FILE_BYTES_MAX, file);
	fclose(file);
}

struct requests *
requests_open(const struct requests_plan *plan, struct crowd *crowd)
{
	struct requests *requests = die_or_allocate(1, sizeof(*requests));

	requests->plan = plan;
	requests->crowd = crowd;
	requests->text = die_or_allocate(1, REQUEST_BYTES_MAX);
	requests->body.at = die_or_allocate(1, FILE_BYTES_MAX);
	if (*plan->file)
		read_file(plan->file, &requests->file);
	requests->clients = die_or_allocate(plan->parallel, sizeof(struct client));
	for (unsigned i = 0; i < plan->parallel; i++) {
		struct client *client = &requests->clients[i];

		client->requests = requests;
		client->link.number = i;
		client->link.take = take;
		client->link.is_idle = true;
		link_open(&client->link);
	}
	return requests;
}

uint64_t
requests_run(struct requests *requests, uint64_t ns, struct histogram *latency)
{
	uint64_t now_ns = link_now_ns();

	requests->end_ns = now_ns + ns;
	requests->latency = latency;
	requests->answers = 0;
	for (unsigned i = 0; i < requests->plan->parallel; i++)
		send_request(&requests->clients[i]);
	while (requests->waiting > 0) {
		link_turn(requests->end_ns + STALL_S * (uint64_t)1000000000);
		if (link_now_ns() > requests->end_ns + STALL_S * (uint64_t)1000000000)
			die("%u requests were not answered", requests->waiting);
	}
	return requests->answers;
}

void
requests_close(struct requests *requests)
{
	for (unsigned i = 0; i < requests->plan->parallel; i++)
		link_close(&requests->clients[i].link);
	free(requests->clients);
	free(requests->file.at);
	free(requests->first.at);
	free(requests->body.at);
	free(requests->text);
	free(requests);
}
