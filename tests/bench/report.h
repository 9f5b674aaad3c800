/* report.h - collects the figures of all rounds and prints them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "histogram.h"
#include "ledger.h"

enum { REPORT_WINDOWS_MAX = 16 };

/* One server measured once. */
struct report_sample {
	double cpu_us;      /* for each delivery */
	double wall_s;      /* of the measured messages */
	double resident_kb; /* for each connection */
	size_t frame_bytes; /* of a delivery, on average */
	struct ledger_counts counts;
};

/* All rounds of one window. The caller fills the histograms. */
struct report_window {
	unsigned window;
	double *daemon_us; /* by round, like the three below */
	double *bare_us;
	double *ratio;
	double *wall_s; /* of the daemon */
	struct histogram daemon_latency;
	struct histogram bare_latency;
};

struct report {
	struct report_window windows[REPORT_WINDOWS_MAX];
	size_t n_windows;
	unsigned rounds;
	unsigned n_samples; /* of the daemon, over all windows */
	double *resident_kb;
	double wall_s; /* of all runs of both servers */
	size_t frame_bytes;
	struct ledger_counts counts; /* sums over both servers */
};

/* Make a report for that many rounds; report_free frees it. */
struct report *report_new(const unsigned *windows, size_t n_windows, unsigned rounds);
void report_free(struct report *report);

/* Add the pair measured in the next round of window i; at most rounds times. */
void report_add(struct report *report, size_t i, const struct report_sample *daemon,
	const struct report_sample *bare);

/* Print the tables if with_figures, the counts, and as the last line everything
 * as key=value. All rounds must have been added. */
void report_print(struct report *report, bool with_figures);
