#include "chat/shared_node.h"

#include <errno.h>

#ifdef LINNET_REDIS

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/xalloc.h"
#include "linnet/redis/node.h"

#define PASSWORD_BYTES 4096

/* What is said while Redis is away waits up to 10 s; 5 more are to spare. */
#define LOG_SPARE_S 15

/* Read the password without the newlines at the end. Returns 0 or -errno. */
static int
shared_node_read_password(const char *path, char *password)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, password, PASSWORD_BYTES);
	int r = len < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	while (len > 0 && (password[len - 1] == '\n' || password[len - 1] == '\r'))
		len--;
	password[len < 0 ? 0 : len] = '\0';
	return r;
}

/* What all nodes must agree on. The caller frees it. */
static char *
shared_node_layout(const struct config *config)
{
	return xasprintf("store.keep_messages = %d, store.keep_days = %d",
		config->store.keep_messages, config->store.keep_days);
}

static int
shared_node_check(const struct config *config, const char **why)
{
	if (config->redis.timeout_s >= config->redis.lease_s)
		*why = "redis.timeout_s must be less than redis.lease_s";
	else if (config->redis.log_s <
		 config->redis.lease_s + config->redis.timeout_s + LOG_SPARE_S)
		*why = "redis.log_s must be at least 15 more than redis.lease_s and "
		       "redis.timeout_s";
	else
		return 0;
	return -EINVAL;
}

int
shared_node_new(struct redis_node **node, const struct config *config, const char **why)
{
	static char fault[200];
	char password[PASSWORD_BYTES + 1] = "", host[REDIS_NAME_BYTES + 2] = "";
	struct redis_options options = { .uri = config->redis.uri,
		.prefix = config->redis.prefix,
		.name = config->redis.node,
		.lease_ms = (unsigned)config->redis.lease_s * 1000,
		.timeout_ms = (unsigned)config->redis.timeout_s * 1000,
		.log_ms = (unsigned)config->redis.log_s * 1000 };
	int r = shared_node_check(config, why);

	if (r == 0 && *config->redis.password_file) {
		r = shared_node_read_password(config->redis.password_file, password);
		options.password = password;
		snprintf(fault, sizeof(fault), "redis.password_file: %s", strerror(-r));
		*why = fault;
	}
	if (r == 0 && !*options.name) {
		gethostname(host, sizeof(host) - 1);
		options.name = host;
	}
	if (r == 0) {
		options.layout = shared_node_layout(config);
		r = redis_node_new(node, &options, why);
		free((char *)options.layout);
	}
	explicit_bzero(password, sizeof(password));
	return r;
}

void
shared_node_free(struct redis_node *node)
{
	redis_node_free(node);
}

#else

int
shared_node_new(struct redis_node **node, const struct config *config, const char **why)
{
	(void)node;
	(void)config;
	*why = "this linnetd was built without hiredis, so it cannot use Redis";
	return -ENOTSUP;
}

void
shared_node_free(struct redis_node *node)
{
	(void)node;
}

#endif
