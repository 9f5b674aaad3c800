#include "linnet/net/systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifdef LINNET_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/net/loop.h"

#define STATUS_MS 5000
#define STATUS_BYTES 160

struct systemd {
	struct loop_timer *watchdog;
	struct loop_timer *status;
	void (*describe)(void *context, char *text, size_t size);
	void *context;
	char said[STATUS_BYTES]; /* the last reported status */
};

/* Inherited sockets that systemd_sockets has not returned yet. */
static struct {
	bool was_passed;
	size_t count;
	int fds[SYSTEMD_SOCKETS];
} sockets[2];

static const char *const socket_names[] = { "http", "line" };

#ifdef LINNET_SYSTEMD

/* Returns NULL, or a sentence that says why the socket cannot be used. */
static const char *
systemd_take_socket(int fd, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(socket_names); i++) {
		if (strcmp(name, socket_names[i]) != 0)
			continue;
		if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
			return "this is no listening stream socket: the socket unit must "
			       "use ListenStream= and Accept=no";
		if (sockets[i].count == SYSTEMD_SOCKETS)
			return "more than 8 sockets have this name";
		sockets[i].fds[sockets[i].count++] = fd;
		sockets[i].was_passed = true;
		return NULL;
	}
	return "linnetd does not know what this socket is for: write "
	       "FileDescriptorName=http "
	       "or FileDescriptorName=line into the [Socket] section of its unit";
}

int
systemd_take_sockets(char name[SYSTEMD_NAME_BYTES], const char **why)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names), i;

	*why = NULL;
	for (i = 0; i < count; i++) {
		if (!*why) {
			*why = systemd_take_socket(SD_LISTEN_FDS_START + i, names[i]);
			snprintf(name, SYSTEMD_NAME_BYTES, "%s", names[i]);
		}
		free(names[i]);
	}
	free(names);
	return *why ? -EINVAL : 0;
}

static void
systemd_tell(const char *text)
{
	sd_notify(0, text);
}

static int64_t
systemd_watchdog_ms(void)
{
	uint64_t us;

	return sd_watchdog_enabled(0, &us) > 0 ? (int64_t)(us / 1000) : 0;
}

#else

int
systemd_take_sockets(char name[SYSTEMD_NAME_BYTES], const char **why)
{
	(void)name;
	(void)why;
	return 0;
}

static void
systemd_tell(const char *text)
{
	(void)text;
}

static int64_t
systemd_watchdog_ms(void)
{
	return 0;
}

#endif

size_t
systemd_sockets(const char *name, int fds[SYSTEMD_SOCKETS])
{
	size_t i, count;

	for (i = 0; i < ARRAY_SIZE(socket_names); i++) {
		if (strcmp(name, socket_names[i]) != 0)
			continue;
		count = sockets[i].count;
		memcpy(fds, sockets[i].fds, count * sizeof(*fds));
		sockets[i].count = 0;
		return count;
	}
	return 0;
}

bool
systemd_has_passed(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(socket_names); i++)
		if (!strcmp(name, socket_names[i]))
			return sockets[i].was_passed;
	return false;
}

static void
systemd_on_watchdog(void *context)
{
	(void)context;
	systemd_tell("WATCHDOG=1");
}

static void
systemd_on_status(void *context)
{
	struct systemd *systemd = context;
	char text[STATUS_BYTES], line[STATUS_BYTES + 16];

	systemd->describe(systemd->context, text, sizeof(text));
	if (!strcmp(text, systemd->said))
		return;
	memcpy(systemd->said, text, sizeof(text));
	snprintf(line, sizeof(line), "STATUS=%s", text);
	systemd_tell(line);
}

struct systemd *
systemd_ready(struct loop *loop, void (*status)(void *context, char *text, size_t size),
	void *context)
{
	struct systemd *systemd = xcalloc(1, sizeof(*systemd));
	int64_t every_ms = systemd_watchdog_ms() / 2;

	systemd->describe = status;
	systemd->context = context;
	systemd->status = loop_timer_new(loop, systemd_on_status, systemd);
	systemd->watchdog = loop_timer_new(loop, systemd_on_watchdog, NULL);
	systemd_on_status(systemd);
	systemd_tell("READY=1");
	if (every_ms > 0)
		loop_timer_start(systemd->watchdog, every_ms, every_ms);
	/* Without a service manager there is nothing to report. */
	if (getenv("NOTIFY_SOCKET"))
		loop_timer_start(systemd->status, STATUS_MS, STATUS_MS);
	return systemd;
}

void
systemd_reloading(void)
{
	char text[80];

	/* Required since systemd 253. */
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		clock_now_us());
	systemd_tell(text);
}

void
systemd_reloaded(void)
{
	systemd_tell("READY=1");
}

void
systemd_stopping(void)
{
	systemd_tell("STOPPING=1");
}

void
systemd_free(struct systemd *systemd)
{
	if (!systemd)
		return;
	loop_timer_free(systemd->status);
	loop_timer_free(systemd->watchdog);
	free(systemd);
}
