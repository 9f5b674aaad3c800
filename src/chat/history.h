/* history.h - history and search. */
#pragma once

#include "chat/requests.h"

/* The store has answered a REQUEST_HISTORY or REQUEST_SEARCH. */
void history_on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

input_handler history_do_history, history_do_search;
