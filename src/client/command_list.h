/* command_list.h - what linnet can do. */
#pragma once

#include "client/client.h"

/* The body of a command. words are its arguments, as many as the table in client.c
 * allows; a NULL follows them. Returns the exit status. */
typedef enum client_status command_run(
	const struct client *client, const char *const *words);

command_run publish_run;                                     /* publish.c */
command_run subscribe_run;                                   /* subscribe.c */
command_run acts_ack, acts_clear, acts_edit, acts_delete;    /* acts.c */
command_run asks_history, asks_search, asks_rooms, asks_who; /* asks.c */
command_run pushes_alarm, pushes_metric;                     /* pushes.c */
command_run orders_run;                                      /* orders.c */
