/* fuzz_revised.c - an entry as it is read back from a history, and what changes make of
 * it. The data has five lines: the type, the tail, a name, an emoji and a text. A changed
 * tail is read again, and has what was changed. Each form of output is made of it. */
#include <assert.h>
#include <string.h>

#include "../fuzz.h"
#include "linnet/base/utf8.h"
#include "linnet/protocol/encode.h"
#include "linnet/protocol/message.h"
#include "linnet/protocol/name_forms.h"
#include "store/revised.h"

static bool
is_text(const char *text)
{
	struct utf8_check check = { 0 };

	return utf8_check_piece(&check, text, strlen(text)) && utf8_check_end(&check);
}

/* Takes object as revised_print does. Returns the tail, which the caller frees. */
static char *
print(json_t *object)
{
	char *tail = revised_print(object);
	json_t *again = revised_load(tail, strlen(tail));

	assert(json_is_object(again));
	json_decref(again);
	return tail;
}

static void
check_edit(const struct store_message *message, const char *text)
{
	json_t *object = revised_parse(message);
	struct buffer tail = { 0 };
	char *edited, *words;

	if (!object)
		return;
	revised_set_text(object, text, 1000);
	words = revised_words(object);
	assert(strstr(words, text));
	free(words);
	edited = print(object);
	buffer_printf(&tail, "\"ts\":1}");
	revised_append_text_of(&tail, edited);
	object = revised_load(tail.bytes, tail.len);
	assert(!strcmp(json_string_value(json_object_get(object, "message")), text));
	json_decref(object);
	buffer_clear(&tail);
	free(edited);
}

static void
check_reaction(const struct store_message *message, const char *name, const char *emoji)
{
	json_t *object = revised_parse(message);
	size_t count;

	if (!object)
		return;
	count = revised_count(object, emoji);
	if (!json_object_get(object, "reaction_counts")) {
		revised_add_name(object, emoji, name);
		assert(revised_count(object, emoji) == count + 1);
	}
	revised_set_names(object, emoji, json_array(), 0);
	assert(!revised_count(object, emoji));
	json_decref(object);
}

/* A tail is deleted once. */
static void
check_deletion(const struct store_message *message, const char *forgotten, bool is_admin)
{
	const struct store_change change = {
		.kind = STORE_DELETE, .forgotten = forgotten, .is_admin = is_admin
	};
	struct store_message left = *message;
	char *tail = revised_deleted(message, &change), *again;
	json_t *object;

	if (!tail)
		return;
	left.tail = tail;
	left.tail_len = strlen(tail);
	object = revised_load(tail, left.tail_len);
	assert(!json_object_get(object, "message"));
	json_decref(object);
	again = revised_deleted(&left, &change);
	assert(!again);
	free(again);
	free(tail);
}

static void
check_name(const struct store_message *message, const char *name)
{
	char folded[NAME_MAX_BYTES + 1], *left;

	if (!*name || strlen(name) > NAME_MAX_BYTES || name_fault(name, NAME_MAX_BYTES))
		return;
	name_fold(folded, name);
	revised_has_name(message->tail, message->tail_len, folded);
	left = revised_without_name(message->tail, message->tail_len, folded);
	assert(!revised_has_name(left, strlen(left), folded) ||
		!strcmp(left, message->tail));
	free(left);
	check_deletion(message, folded, true);
}

/* linnetd sends a tail that it has stored itself, so only an object. */
static void
check_forms(const struct store_message *message)
{
	json_t *object = revised_load(message->tail, message->tail_len);
	struct encoded encoded;

	if (json_is_object(object) && is_text(message->type)) {
		struct buffer text = { 0 };

		message_append_whole(&text, "message", "room", message->id, message->tail,
			message->tail_len);
		encode_text(&encoded, &text, "epoch", message->id);
		for (enum wire wire = 0; wire < WIRE_COUNT; wire++)
			encode_frame(&encoded, wire);
		encode_fini(&encoded);
	}
	json_decref(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = strndup((const char *)data, size), *rest = copy, *lines[5];
	struct store_message message = { .id = 7, .ts_ms = 1000, .kind = STORE_SAID };

	for (size_t i = 0; i < 5; i++)
		if (!(lines[i] = strsep(&rest, "\n")))
			lines[i] = "";
	message.type = lines[0];
	message.tail = lines[1];
	message.tail_len = strlen(lines[1]);
	if (is_text(lines[2]) && is_text(lines[3]) && is_text(lines[4])) {
		check_edit(&message, lines[4]);
		check_reaction(&message, lines[2], lines[3]);
		check_deletion(&message, NULL, false);
		check_deletion(&message, NULL, true);
		check_name(&message, lines[2]);
		check_forms(&message);
	}
	free(copy);
	return 0;
}
