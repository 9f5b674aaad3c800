/* Messages that programs make for Slack, and for those who speak its format (Mattermost,
 * Rocket.Chat). */
#include <string.h>

#include "hooks/hooks_private.h"
#include "linnet/base/util.h"

/* Blocks and attachments that are read. */
#define PARTS_MAX 50

/* True if the text has a link with a label as Slack writes them. */
static bool
slack_has_link(const char *text)
{
	const char *link = text ? strstr(text, "<http") : NULL;

	return link && link[strcspn(link, "|> ")] == '|';
}

bool
hooks_is_slack(const json_t *object)
{
	return json_is_array(json_object_get(object, "attachments")) ||
	       json_is_array(json_object_get(object, "blocks")) ||
	       slack_has_link(hooks_string(object, "text"));
}

/* Append what is between "<" and ">": a link, which may have a label, or a mention. */
static void
slack_say_link(struct buffer *text, const char *link, size_t len)
{
	const char *bar = memchr(link, '|', len);
	size_t url = bar ? (size_t)(bar - link) : len;
	bool is_mention = len && strchr("@#!", *link);

	if (is_mention && bar)
		buffer_printf(text, "%c%.*s", *link == '!' ? '@' : *link,
			(int)(len - url - 1), bar + 1);
	else if (is_mention)
		buffer_printf(text, "%c%.*s", *link == '!' ? '@' : *link, (int)(len - 1),
			link + 1);
	else if (bar)
		buffer_printf(text, "%.*s (%.*s)", (int)(len - url - 1), bar + 1,
			(int)url, link);
	else
		buffer_append(text, link, len);
}

/* Append from without Slack's escapes: "&lt;", "<https://example.org|label>". */
static void
slack_say_escaped(struct buffer *text, const char *from)
{
	static const struct {
		const char *escape, *character;
	} escapes[] = { { "&lt;", "<" }, { "&gt;", ">" }, { "&amp;", "&" } };
	const char *last = strrchr(from, '>'), *end;
	size_t i;

	for (; *from && text->len < HOOKS_MESSAGE_BYTES; from++) {
		if (*from == '<' && last && from < last) {
			end = strchr(from, '>');
			slack_say_link(text, from + 1, (size_t)(end - from) - 1);
			from = end;
			continue;
		}
		for (i = 0; i < ARRAY_SIZE(escapes); i++)
			if (!strncmp(from, escapes[i].escape, strlen(escapes[i].escape)))
				break;
		if (i == ARRAY_SIZE(escapes)) {
			buffer_append(text, from, 1);
		} else {
			buffer_append(text, escapes[i].character, 1);
			from += strlen(escapes[i].escape) - 1;
		}
	}
	buffer_printf(text, "%s", ""); /* ends the text with a NUL byte */
}

/* Append the string member key on a new line. */
static void
slack_say(struct buffer *text, const json_t *object, const char *key)
{
	const char *from = hooks_string(object, key);

	if (!from || text->len >= HOOKS_MESSAGE_BYTES)
		return;
	if (text->len)
		buffer_append(text, "\n", 1);
	slack_say_escaped(text, from);
}

/* "title: value", a line each. */
static void
slack_say_fields(struct buffer *text, const json_t *fields)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		const char *value = hooks_string(field, "value");

		if (i == PARTS_MAX || text->len >= HOOKS_MESSAGE_BYTES)
			break;
		slack_say(text, field, "title");
		if (value && hooks_string(field, "title")) {
			buffer_append(text, ": ", 2);
			slack_say_escaped(text, value);
		} else {
			slack_say(text, field, "value");
		}
	}
}

/* Sections, headers and contexts; other blocks have no text of this form. */
static void
slack_say_blocks(struct buffer *text, const json_t *blocks)
{
	static const char *const lists[] = { "fields", "elements" };
	json_t *block, *item;
	size_t i, k, n;

	json_array_foreach(blocks, i, block)
	{
		if (i == PARTS_MAX)
			break;
		slack_say(text, json_object_get(block, "text"), "text");
		for (k = 0; k < ARRAY_SIZE(lists); k++)
			json_array_foreach(json_object_get(block, lists[k]), n, item)
			{
				if (n == PARTS_MAX)
					break;
				/* A button has an object for its text. */
				slack_say(text, item, "text");
			}
	}
}

void
hooks_say_slack(struct buffer *text, const json_t *object)
{
	const json_t *attachments = json_object_get(object, "attachments"), *attachment;
	const json_t *blocks = json_object_get(object, "blocks");
	size_t i;

	/* Beside blocks, the text is only for notifications. */
	if (!json_array_size(blocks))
		slack_say(text, object, "text");
	slack_say_blocks(text, blocks);
	if (!text->len)
		slack_say(text, object, "text");
	for (i = 0; i < json_array_size(attachments) && i < PARTS_MAX; i++) {
		size_t before = text->len;

		attachment = json_array_get(attachments, i);
		slack_say(text, attachment, "pretext");
		slack_say(text, attachment, "title");
		slack_say(text, attachment, "text");
		slack_say_fields(text, json_object_get(attachment, "fields"));
		slack_say_blocks(text, json_object_get(attachment, "blocks"));
		if (text->len == before)
			slack_say(text, attachment, "fallback");
	}
}
