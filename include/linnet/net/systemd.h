/* systemd.h - the service manager: what it is told (sd_notify(3)) and the sockets that it
 * hands over (sd_listen_fds(3)). Without one, and in a build without libsystemd, all of
 * it does nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct loop;
struct systemd;

/* Sockets of one name that may be handed over. */
#define SYSTEMD_SOCKETS 8

/* Take the sockets that were handed over; children do not inherit them. To be called
 * once, before any descriptor is opened. Returns 0; -EINVAL if one has a name that is
 * neither "http" nor "line", and -ENOTSOCK if one is no listening TCP socket, with *why
 * set to the name. */
int systemd_take_sockets(const char **why);

/* Copy the descriptors of that name to fds, which the caller owns from then on, once.
 * Returns how many. */
size_t systemd_sockets(const char *name, int fds[SYSTEMD_SOCKETS]);

/* Everything is open: say so, and from now on feed the watchdog, if there is one, from
 * loop, and tell every few seconds what status writes to its text. Returns what
 * systemd_free frees. */
struct systemd *systemd_ready(struct loop *loop,
	void (*status)(void *context, char *text, size_t size), void *context);

/* The configuration is read again; systemd_reloaded says that this is over. */
void systemd_reloading(void);
void systemd_reloaded(void);

/* The daemon stops. */
void systemd_stopping(void);

/* NULL is fine. */
void systemd_free(struct systemd *systemd);
