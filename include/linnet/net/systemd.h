/* systemd.h - talks to the service manager: status messages (sd_notify(3)) and inherited
 * sockets (sd_listen_fds(3)). Does nothing without a service manager or in a build
 * without libsystemd. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct systemd;

/* Most inherited sockets of one name. */
#define SYSTEMD_SOCKETS 8

/* Space for the name of an inherited socket, shortened if need be. */
#define SYSTEMD_NAME_BYTES 64

/* Find the inherited sockets and make them close-on-exec. Call this once, before any
 * descriptor is opened. Returns 0, or -EINVAL if one cannot be used: then name has its
 * name, and *why a sentence that says what to do. */
int systemd_take_sockets(char name[SYSTEMD_NAME_BYTES], const char **why);

/* Copy the inherited descriptors of that name to fds and return how many. The caller owns
 * them; a second call returns 0. */
size_t systemd_sockets(const char *name, int fds[SYSTEMD_SOCKETS]);

/* True if there were inherited sockets of that name: the address of the configuration has
 * no effect. */
bool systemd_has_passed(const char *name);

/* Report that the daemon is ready. From now on keep the watchdog alive, if there is one,
 * and report every few seconds the text that status writes. Free the result with
 * systemd_free. */
struct systemd *systemd_ready(struct loop *loop,
	void (*status)(void *context, char *text, size_t size), void *context);

/* Report the beginning and the end of a reload. */
void systemd_reloading(void);
void systemd_reloaded(void);

/* Report that the daemon is stopping. */
void systemd_stopping(void);

/* Stop reporting; NULL is fine. */
void systemd_free(struct systemd *systemd);
