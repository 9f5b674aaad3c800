/* runner.h - the event loop of linnet: libwebsockets' own. SIGINT, SIGTERM and SIGHUP end
 * it. A process has one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct runner;
struct lws_context;
struct lws_protocols;

/* Create the loop. is_tls: it may connect with TLS. protocols ends with a row of zeros
 * and lives as long as the loop. NULL if it failed. Free it with
 * runner_free, which closes its connections.
 */
struct runner *runner_new(const struct lws_protocols *protocols, bool is_tls);
void runner_free(struct runner *runner);

/* Wait for events, at the latest until until_ms (monotonic), and handle some. */
void runner_turn(struct runner *runner, int64_t until_ms);

/* True after a signal that ends the program. */
bool runner_is_stopped(const struct runner *runner);

/* End the wait of runner_turn. Any thread may call it. */
void runner_wake(struct runner *runner);

struct lws_context *runner_lws(const struct runner *runner);
