#include <stdlib.h>
#include <string.h>

#include "store/change_answer.h"
#include "store/revised.h"
#include "store/segment.h"
#include "store/sqlite/writer.h"

static int
edit_store(struct sqlite_writer *writer, struct cached_room *room,
	const struct store_write *write, const struct sqlite_row *row, json_t *object)
{
	char *words, *segmented, *tail;
	int rc;

	revised_set_text(object, write->entry.change.text, write->entry.ts_ms);
	words = revised_words(object);
	segmented = segment_text(words, strlen(words));
	tail = revised_print(json_incref(object));
	rc = sqlite_row_set(writer, room, row, tail, segmented);
	free(tail);
	free(segmented);
	free(words);
	return rc == SQLITE_OK ? sqlite_erase_want(writer) : rc;
}

int
sqlite_edit_apply(
	struct sqlite_writer *writer, struct cached_room *room, struct store_write *write)
{
	struct sqlite_row row;
	json_t *object = NULL;
	int rc = sqlite_row_find(writer, room, write->entry.change.of[0], &row);

	if (rc == SQLITE_OK && row.seq)
		object = revised_parse(&row.message);
	if (!object || !revised_is_by(row.author, &write->entry)) {
		store_refuse_change(write, object);
	} else {
		rc = edit_store(writer, room, write, &row, object);
		store_make_tail(write);
	}
	sqlite_row_release(writer);
	json_decref(object);
	return rc;
}
