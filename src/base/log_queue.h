/* log_queue.h - writes lines to stderr in a thread of its own, so that nobody waits for a
 * terminal or a pipe that is not read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest line, with its newline. A longer one is cut. */
#define LOG_LINE_BYTES 2048

/* Write to line that count lines were lost. Returns its length. */
typedef size_t log_queue_describe(char line[LOG_LINE_BYTES], uint64_t count);

/* Start the thread. If the system allows none, log_queue_put goes on
 * returning false. */
void log_queue_start(log_queue_describe *describe);

/* Put a line of len bytes, with its newline, into the queue. If there is no space, the
 * line is lost and counted; the count is written when stderr takes lines again. Any
 * thread may call it. Returns false if the thread was not started. */
bool log_queue_put(const char *line, size_t len);

/* Wait until all lines are written, at most ms. Safe in a signal handler. */
void log_queue_flush(unsigned ms);
