/* requests.h - HTTP clients, one request under way on each connection: pushes, whose
 * messages a crowd receives and checks, or a file, which must be the right one. Any
 * other answer ends the program. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "../histogram.h"
#include "crowd.h"

struct requests_plan {
	unsigned parallel; /* connections */
	const char *method;
	const char *target;
	const char *headers;  /* lines, each with its end */
	const char *body;     /* {text} stands for a message of the crowd; empty: none */
	const char *expected; /* in the body of each answer; may be empty */
	const char *file;     /* the body of each answer, by gzip or not; empty: any */
};

struct requests;

/* Connect. The crowd, which has one room and as many senders as there are connections,
 * may be NULL if the requests are no pushes. The plan must outlive the requests;
 * requests_close frees them. */
struct requests *requests_open(const struct requests_plan *plan, struct crowd *crowd);

/* Send requests for that long. Each answer's latency goes to latency. Returns the
 * number of answers. */
uint64_t requests_run(struct requests *requests, uint64_t ns, struct histogram *latency);

void requests_close(struct requests *requests);
