/* redis_server.h - a redis-server of the test's own, on a UNIX socket in a temporary
 * folder. Include it behind cmocka.h. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"

struct redis_server {
	pid_t pid; /* 0: it does not run */
	char folder[FOLDER_BYTES], socket[400], uri[420];
	char options[6][40]; /* of its command line, in pairs; "" at the end */
};

/* Connect as a client; NULL: nobody listens. */
static inline redisContext *
redis_server_connect(const struct redis_server *server)
{
	redisContext *client = redisConnectUnix(server->socket);

	if (client && !client->err)
		return client;
	redisFree(client);
	return NULL;
}

/* True if it is there and has loaded its data. */
static inline bool
redis_server_answers(const struct redis_server *server)
{
	redisContext *client = redis_server_connect(server);
	redisReply *reply = client ? redisCommand(client, "PING") : NULL;
	bool is_there = reply && reply->type == REDIS_REPLY_STATUS;

	freeReplyObject(reply);
	redisFree(client);
	return is_there;
}

/* Start it on what its folder has. */
static inline void
redis_server_start(struct redis_server *server)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	pid_t parent = getpid();

	unlink(server->socket);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (!server->pid) {
		int null = open("/dev/null", O_RDWR);
		const char *words[24] = { "redis-server", "--port", "0", "--unixsocket",
			server->socket, "--dir", server->folder, "--save", "",
			"--appendfsync", "no", "--daemonize", "no" };
		size_t count = 13;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 1);
		dup2(null, 2);
		for (size_t i = 0; i < 6 && *server->options[i]; i++)
			words[count++] = server->options[i];
		if (getppid() == parent)
			execvp(words[0], (char **)(void *)words);
		_exit(127);
	}
	for (int i = 0; !redis_server_answers(server); i++) {
		if (i > 3000 || waitpid(server->pid, NULL, WNOHANG) != 0)
			fail_msg("redis-server does not start");
		nanosleep(&pause, NULL);
	}
}

static inline void
redis_server_kill(struct redis_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

/* Make a folder for it. */
static inline void
redis_server_init(struct redis_server *server)
{
	*server = (struct redis_server){ .pid = 0 };
	folder_make(server->folder);
	snprintf(server->socket, sizeof(server->socket), "%s/redis.sock", server->folder);
	snprintf(server->uri, sizeof(server->uri), "unix://%s", server->socket);
}

static inline void
redis_server_fini(struct redis_server *server)
{
	if (server->pid)
		redis_server_kill(server);
	folder_remove(server->folder);
}

/* Run a command, which has to succeed. The caller frees the reply. */
static inline redisReply *
redis_server_run(const struct redis_server *server, const char *format, ...)
{
	redisContext *client = redis_server_connect(server);
	redisReply *reply;
	va_list arguments;

	assert_non_null(client);
	va_start(arguments, format);
	reply = redisvCommand(client, format, arguments);
	va_end(arguments);
	if (!reply || reply->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", format, reply ? reply->str : client->errstr);
	redisFree(client);
	return reply;
}

/* The same, and forget the reply. */
#define redis_server_do(server, ...)                                                     \
	freeReplyObject(redis_server_run(server, __VA_ARGS__))
