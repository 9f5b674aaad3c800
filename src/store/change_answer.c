#include "store/change_answer.h"

#include <errno.h>
#include <inttypes.h>

#include "store/revised.h"

void
store_note_deleted(struct store_write *write, uint64_t id)
{
	buffer_printf(&write->tail, "%s%" PRIu64, write->deleted++ ? "," : "", id);
}

void
store_end_deleted(struct store_write *write)
{
	bool is_list = write->deleted > 1;
	struct buffer tail = { 0 };

	buffer_printf(&tail, is_list ? "%s,\"of\":[%s]}" : "%s,\"of\":%s}",
		write->entry.tail, write->tail.bytes);
	buffer_clear(&write->tail);
	write->tail = tail;
}

void
store_refuse_change(struct store_write *write, bool is_denied)
{
	const struct store_change *change = &write->entry.change;

	if (change->count && !change->forgotten)
		write->error = is_denied ? -EACCES : -ENOENT;
}

void
store_note_reaction(struct store_write *write, uint64_t id, int64_t ts_ms)
{
	write->is_duplicate = true;
	write->id = id;
	write->ts_ms = ts_ms;
}

void
store_make_tail(struct store_write *write)
{
	const struct store_change *change = &write->entry.change;

	buffer_printf(&write->tail, "%s,\"of\":%" PRIu64 "%s}", write->entry.tail,
		change->of[0],
		change->kind == STORE_EDIT ? ""
		: change->is_on            ? ",\"on\":true"
					   : ",\"on\":false");
}

void
store_show_detail(struct store_write *write)
{
	const struct store_change *change = &write->entry.change;

	if (!write->tail.len)
		return;
	if (change->kind == STORE_EDIT)
		revised_append_text(&write->tail, change->text);
	else if (change->kind == STORE_REACT)
		revised_append_emoji(&write->tail, change->emoji);
}
