#include "linnet/base/deferred.h"

#include <stddef.h>

void
later_ask(struct later_list *list, struct later *later)
{
	if (later->is_due)
		return;
	later->is_due = true;
	TAILQ_INSERT_TAIL(list, later, link);
}

void
later_cancel(struct later_list *list, struct later *later)
{
	if (!later->is_due)
		return;
	later->is_due = false;
	TAILQ_REMOVE(list, later, link);
}

void
later_run(struct later_list *list)
{
	struct later *later;

	while ((later = TAILQ_FIRST(list))) {
		later_cancel(list, later);
		later->call(later);
	}
}
