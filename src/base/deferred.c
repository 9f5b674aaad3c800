#include "linnet/base/deferred.h"

#include <stddef.h>

void
deferred_ask(struct deferred_list *list, struct deferred *deferred)
{
	if (deferred->is_due)
		return;
	deferred->is_due = true;
	TAILQ_INSERT_TAIL(list, deferred, link);
}

void
deferred_cancel(struct deferred_list *list, struct deferred *deferred)
{
	if (!deferred->is_due)
		return;
	deferred->is_due = false;
	TAILQ_REMOVE(list, deferred, link);
}

void
deferred_run(struct deferred_list *list)
{
	struct deferred *deferred;

	while ((deferred = TAILQ_FIRST(list))) {
		deferred_cancel(list, deferred);
		deferred->call(deferred);
	}
}
