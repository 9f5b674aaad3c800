/* change_answer.h - what a driver answers for an edit, a deletion or a reaction. */
#pragma once

#include "store/driver.h"

/* Note that message id was deleted: append it to the entry's member "of". */
void store_note_deleted(struct store_write *write, uint64_t id);

/* Set the error of a change that has no valid target. is_denied: a target has another
 * author. */
void store_refuse_change(struct store_write *write, bool is_denied);

/* The reaction of write changes nothing: entry id of ts_ms set it before. */
void store_note_reaction(struct store_write *write, uint64_t id, int64_t ts_ms);

/* Complete the tail of a deletion's entry. */
void store_end_deleted(struct store_write *write);

/* Make the tail to store of an edit or a reaction. */
void store_make_tail(struct store_write *write);

/* Complete the tail of a change that was stored, as readers are sent it. */
void store_show_detail(struct store_write *write);
