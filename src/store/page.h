/* page.h - the entries of a page, added one by one by the driver that was asked. */
#pragma once

#include "store/driver.h"

/* Copy message to the end of the page. Returns false and sets "more" if the page is full:
 * add nothing after that. */
bool store_read_add(struct store_read *read, const struct store_message *message);

/* The same for any entry. detail is the tail of an edit's target or the emoji of a
 * reaction; NULL if that is gone, and for others. */
bool store_read_add_change(
	struct store_read *read, const struct store_message *message, const char *detail);

/* Reverse the order of the page. */
void store_read_reverse(struct store_read *read);

/* Add message to a page of store_said if name is in it or has reacted to it. Returns
 * false if the page is full; then it was not looked at. */
bool store_read_add_said(
	struct store_read *read, const struct store_message *message, bool has_reacted);

/* Empty the page. */
void store_read_clear(struct store_read *read);
