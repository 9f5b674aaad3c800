/* stopper.h - receives SIGTERM and SIGINT in a thread of its own, and ends the process in
 * time even if a disk does not answer the loop or the store. */
#pragma once

#include "linnet/net/loop.h"

/* Start the thread. From now on on_stop(context) is called on the loop for each of these
 * signals. The process ends with EXIT_CANNOT_OPEN if it has not ended by itself 9.5 s
 * after the first signal or 1 s after the second one, and at the third one. Call it once,
 * before any other thread is started. Returns 0 or -errno. */
int stopper_start(struct loop *loop, void (*on_stop)(void *context), void *context);
