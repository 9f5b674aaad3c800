/* deferred.h - calls that are put off to the end of the turn of the loop, because what
 * they do must not happen in the middle of a broadcast. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

/* One such call; embedded in whom it is for. All zero but for call is one that is not
 * due. */
struct later {
	void (*call)(struct later *later); /* may free its owner */
	bool is_due;
	TAILQ_ENTRY(later) link;
};

TAILQ_HEAD(later_list, later);

/* Let later be called once when list is run. */
void later_ask(struct later_list *list, struct later *later);

/* Do not call it. */
void later_cancel(struct later_list *list, struct later *later);

/* Call all that are due, also those that become so meanwhile. */
void later_run(struct later_list *list);
