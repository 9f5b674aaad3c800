/* loop_fixture.h - for tests of what the loop serves: runs it for a turn or for a while.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linnet/net/loop.h"

/* The longest sleep of a turn. */
#define LOOP_FIXTURE_SLEEP_MS 10

struct loop_fixture {
	struct loop *loop;
	struct loop_timer *timer;
	void (*on_turn)(void *context); /* NULL: nothing is done at the end of a turn */
	void *context;
	unsigned turns;
	unsigned last; /* the loop ends after this turn; 0: the timer ends it */
};

static inline void
loop_fixture_on_timer(void *context)
{
	struct loop_fixture *fixture = context;

	if (!fixture->last)
		loop_end(fixture->loop);
}

static inline void
loop_fixture_on_turn(void *context)
{
	struct loop_fixture *fixture = context;

	if (fixture->on_turn)
		fixture->on_turn(fixture->context);
	if (++fixture->turns == fixture->last)
		loop_end(fixture->loop);
}

static inline void
loop_fixture_open(
	struct loop_fixture *fixture, void (*on_turn)(void *context), void *context)
{
	*fixture = (struct loop_fixture){
		.loop = loop_new(),
		.on_turn = on_turn,
		.context = context,
	};
	assert_non_null(fixture->loop);
	fixture->timer = loop_timer_new(fixture->loop, loop_fixture_on_timer, fixture);
	loop_on_turn(fixture->loop, loop_fixture_on_turn, fixture);
}

/* Serve for ms, or until loop_end is called. */
static inline void
loop_fixture_run(struct loop_fixture *fixture, int64_t ms)
{
	fixture->last = 0;
	loop_timer_start(fixture->timer, ms, 0);
	loop_run(fixture->loop);
	loop_timer_stop(fixture->timer);
}

/* Look for events once, for up to wait_ms, and deliver them. */
static inline void
loop_fixture_turn(struct loop_fixture *fixture, int64_t wait_ms)
{
	/* The loop looks for events between the ends of two turns. */
	fixture->last = fixture->turns + 2;
	loop_timer_start(fixture->timer, wait_ms, 0);
	loop_run(fixture->loop);
	loop_timer_stop(fixture->timer);
}

static inline void
loop_fixture_close(struct loop_fixture *fixture)
{
	loop_timer_free(fixture->timer);
	loop_free(fixture->loop);
}
