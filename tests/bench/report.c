#include "report.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "die.h"

struct report *
report_new(const unsigned *windows, size_t n_windows, unsigned rounds)
{
	struct report *report = die_or_allocate(1, sizeof(*report));

	report->n_windows = n_windows;
	report->rounds = rounds;
	report->resident_kb = die_or_allocate(n_windows * rounds, sizeof(double));
	for (size_t i = 0; i < n_windows; i++) {
		struct report_window *window = &report->windows[i];

		window->window = windows[i];
		window->daemon_us = die_or_allocate(rounds, sizeof(double));
		window->bare_us = die_or_allocate(rounds, sizeof(double));
		window->ratio = die_or_allocate(rounds, sizeof(double));
		window->wall_s = die_or_allocate(rounds, sizeof(double));
	}
	return report;
}

void
report_free(struct report *report)
{
	for (size_t i = 0; i < report->n_windows; i++) {
		free(report->windows[i].daemon_us);
		free(report->windows[i].bare_us);
		free(report->windows[i].ratio);
		free(report->windows[i].wall_s);
	}
	free(report->resident_kb);
	free(report);
}

static void
add_counts(struct ledger_counts *sum, const struct ledger_counts *counts)
{
	sum->delivered += counts->delivered;
	sum->lost += counts->lost;
	sum->doubled += counts->doubled;
	sum->reordered += counts->reordered;
	sum->unexpected += counts->unexpected;
}

void
report_add(struct report *report, size_t i, const struct report_sample *daemon,
	const struct report_sample *bare)
{
	struct report_window *window = &report->windows[i];
	unsigned round = report->n_samples / (unsigned)report->n_windows;

	window->daemon_us[round] = daemon->cpu_us;
	window->bare_us[round] = bare->cpu_us;
	window->ratio[round] = daemon->cpu_us / bare->cpu_us;
	window->wall_s[round] = daemon->wall_s;
	report->resident_kb[report->n_samples++] = daemon->resident_kb;
	report->wall_s += daemon->wall_s + bare->wall_s;
	report->frame_bytes = daemon->frame_bytes;
	add_counts(&report->counts, &daemon->counts);
	add_counts(&report->counts, &bare->counts);
}

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
sort_numbers(struct report *report)
{
	size_t n = report->rounds;

	qsort(report->resident_kb, report->n_samples, sizeof(double), compare_numbers);
	for (size_t i = 0; i < report->n_windows; i++) {
		struct report_window *window = &report->windows[i];

		qsort(window->daemon_us, n, sizeof(double), compare_numbers);
		qsort(window->bare_us, n, sizeof(double), compare_numbers);
		qsort(window->ratio, n, sizeof(double), compare_numbers);
		qsort(window->wall_s, n, sizeof(double), compare_numbers);
	}
}

/* sorted must be in ascending order. */
static double
median(const double *sorted, size_t n)
{
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static double
latency_us(const struct histogram *latency, double share)
{
	return (double)histogram_quantile(latency, share) / 1e3;
}

static void
print_cpu_table(const struct report *report)
{
	unsigned n = report->rounds;

	printf("\nserver CPU for each delivery, in us\n"
	       "window   linnetd min  median     bare min  median     ratio (median)\n");
	for (size_t i = 0; i < report->n_windows; i++) {
		const struct report_window *window = &report->windows[i];

		printf("%6u   %11.3f  %6.3f     %8.3f  %6.3f     %14.2f\n",
			window->window, window->daemon_us[0],
			median(window->daemon_us, n), window->bare_us[0],
			median(window->bare_us, n), median(window->ratio, n));
	}
}

static void
print_latency(const char *name, const struct histogram *latency)
{
	printf("  %-8s p50 %.0f  p99 %.0f  max %.0f\n", name, latency_us(latency, 0.5),
		latency_us(latency, 0.99), latency_us(latency, 1));
}

/* The window whose latency is shown: 1; NULL if it was not measured. With larger
 * windows latency is mostly the wait for the other messages of the load. */
static const struct report_window *
latency_window(const struct report *report)
{
	for (size_t i = 0; i < report->n_windows; i++) {
		if (report->windows[i].window == 1)
			return &report->windows[i];
	}
	return NULL;
}

static void
print_figures(const struct report *report)
{
	const struct report_window *window = latency_window(report);

	print_cpu_table(report);
	printf("\nresident memory of linnetd for each connection: %.2f KB\n",
		median(report->resident_kb, report->n_samples));
	if (!window)
		return;
	printf("latency of a delivery at window 1, in us\n");
	print_latency("linnetd", &window->daemon_latency);
	print_latency("bare", &window->bare_latency);
}

static void
print_figure_keys(const struct report *report)
{
	const struct report_window *latency = latency_window(report);
	unsigned n = report->rounds;

	for (size_t i = 0; i < report->n_windows; i++) {
		const struct report_window *window = &report->windows[i];
		unsigned w = window->window;

		printf(" w%u_us=%.4f w%u_us_min=%.4f w%u_bare_us=%.4f "
		       "w%u_bare_us_min=%.4f"
		       " w%u_ratio=%.4f w%u_wall_s=%.3f",
			w, median(window->daemon_us, n), w, window->daemon_us[0], w,
			median(window->bare_us, n), w, window->bare_us[0], w,
			median(window->ratio, n), w, median(window->wall_s, n));
	}
	printf(" resident_kb=%.3f", median(report->resident_kb, report->n_samples));
	if (latency)
		printf(" p50_us=%.1f p99_us=%.1f max_us=%.1f",
			latency_us(&latency->daemon_latency, 0.5),
			latency_us(&latency->daemon_latency, 0.99),
			latency_us(&latency->daemon_latency, 1));
}

void
report_print(struct report *report, bool with_figures)
{
	const struct ledger_counts *counts = &report->counts;

	sort_numbers(report);
	if (with_figures)
		print_figures(report);
	printf("\n%ju deliveries in %.1f s: %ju lost, %ju doubled, %ju out of order\n\n",
		(uintmax_t)counts->delivered, report->wall_s, (uintmax_t)counts->lost,
		(uintmax_t)counts->doubled, (uintmax_t)counts->reordered);
	printf("deliveries=%ju lost=%ju doubled=%ju reordered=%ju unexpected=%ju "
	       "rounds=%u"
	       " frame_bytes=%zu",
		(uintmax_t)counts->delivered, (uintmax_t)counts->lost,
		(uintmax_t)counts->doubled, (uintmax_t)counts->reordered,
		(uintmax_t)counts->unexpected, report->rounds, report->frame_bytes);
	if (with_figures)
		print_figure_keys(report);
	putchar('\n');
}
