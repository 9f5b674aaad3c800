/* The command table: which commands exist, at which door, and what they cost. */
#include "chat/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm.h"
#include "chat/ban_store.h"
#include "chat/history.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/resume.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/protocol/line_text.h"

/* Number of refusals in a burst before a session is closed for flooding. The budget
 * refills at limits.message_rate, so a client that waits as told never uses it up. */
#define FLOOD_BURST 100

#define HISTORY_LINES "20"

/* Retry a line after this time if the store was full. */
#define BUSY_MS 20

typedef int command_handler(struct chat *chat, struct asker *asker,
	const struct message *message, struct message_fault *fault);

/* Who may use a command. */
enum needs {
	NEEDS_NOTHING, /* also a call, which has no person */
	NEEDS_PERSON,
};

static command_handler command_do_ping, command_do_help, command_do_login,
	command_do_quit;

/* A command with a type exists for the doors that speak JSON; a command with a word
 * exists for the line door. Its argument becomes the member called argument. */
struct command {
	const char *type;
	const char *word;
	const char *argument;
	const char *preset; /* default of a number; NULL: the argument is a text */
	enum needs needs;
	bool speaks; /* others see it, so a muted person may not use it */
	double cost; /* tokens of limits.message_rate */
	command_handler *handler;
	const char *usage;
	const char *help;
};

#define COMMAND(...)                                                                     \
	{                                                                                \
		__VA_ARGS__                                                              \
	}

static const struct command commands[] = {
	COMMAND(.type = "message", .speaks = true, .needs = NEEDS_PERSON, .cost = 1,
		.handler = send_do_message),
	COMMAND(.type = "join", .needs = NEEDS_PERSON, .cost = 0.5,
		.handler = resume_do_join),
	COMMAND(.type = "leave", .needs = NEEDS_PERSON, .cost = 0.5,
		.handler = presence_do_leave),
	COMMAND(.type = "nick", .speaks = true, .word = "nick", .argument = "username",
		.needs = NEEDS_PERSON, .cost = 1, .handler = presence_do_nick,
		.usage = "/nick NAME", .help = "be called NAME"),
	COMMAND(.type = "typing", .speaks = true, .needs = NEEDS_PERSON, .cost = 0.2,
		.handler = presence_do_typing),
	COMMAND(.word = "join", .argument = "room", .needs = NEEDS_PERSON, .cost = 0.5,
		.handler = resume_do_switch, .usage = "/join ROOM",
		.help = "go to another room"),
	COMMAND(.word = "rooms", .needs = NEEDS_NOTHING, .cost = 1,
		.handler = room_access_do_rooms, .usage = "/rooms",
		.help = "list the rooms"),
	COMMAND(.word = "who", .needs = NEEDS_NOTHING, .cost = 1,
		.handler = presence_do_who, .usage = "/who",
		.help = "list who is in the room"),
	COMMAND(.word = "me", .speaks = true, .argument = "message",
		.needs = NEEDS_PERSON, .cost = 1, .handler = send_do_message,
		.usage = "/me ACTION", .help = "say what you do"),
	COMMAND(.type = "history", .word = "history", .argument = "limit",
		.preset = HISTORY_LINES, .needs = NEEDS_NOTHING, .cost = 1,
		.handler = history_do_history, .usage = "/history [N]",
		.help = "show the last N messages, " HISTORY_LINES
			" where N is left out"),
	COMMAND(.type = "search", .needs = NEEDS_NOTHING, .cost = 2,
		.handler = history_do_search),
	COMMAND(.type = "ack", .speaks = true, .word = "ack", .argument = "key",
		.needs = NEEDS_PERSON, .cost = 0.5, .handler = alarm_do_ack,
		.usage = "/ack KEY", .help = "acknowledge the alarm KEY for everybody"),
	COMMAND(.type = "ping", .needs = NEEDS_NOTHING, .cost = 0.2,
		.handler = command_do_ping),
	COMMAND(.word = "help", .needs = NEEDS_NOTHING, .cost = 0.2,
		.handler = command_do_help, .usage = "/help",
		.help = "list the commands"),
	COMMAND(.word = "login", .needs = NEEDS_PERSON, .cost = 1,
		.handler = command_do_login, .usage = "/login TOKEN",
		.help = "show who you are, where that is asked"),
	COMMAND(.word = "quit", .needs = NEEDS_PERSON, .handler = command_do_quit,
		.usage = "/quit", .help = "leave; a line with only Q does, too"),
};

#define COMMANDS ARRAY_SIZE(commands)

/* Types that only the server may send. From a client they would be a forgery. */
static const char *const server_types[] = { "joined", "presence", "error", "pong",
	"alarm", "metric", "log", "notice", "rooms", "who", "help", NULL };

static bool
command_is_server_type(const char *type)
{
	const char *const *word;

	for (word = server_types; *word; word++)
		if (!strcmp(type, *word))
			return true;
	return false;
}

static const struct command *
command_find_type(const char *type)
{
	size_t i;

	for (i = 1; type && i < COMMANDS; i++)
		if (commands[i].type && !strcmp(type, commands[i].type))
			return &commands[i];
	return &commands[0]; /* other types are broadcast like a message */
}

bool
command_is_broadcast(const char *type)
{
	return command_find_type(type) == &commands[0] && !command_is_server_type(type);
}

static const struct command *
command_find_word(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (commands[i].word && strlen(commands[i].word) == len &&
			!strncasecmp(word, commands[i].word, len))
			return &commands[i];
	return NULL;
}

static int
command_do_ping(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	json_t *pong = json_pack("{s:s}", "type", "pong");

	(void)chat;
	(void)fault;
	if (message->ref)
		json_object_set_new(pong, "ref", json_string(message->ref));
	reply_object(asker, pong);
	return 0;
}

static int
command_do_help(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	json_t *list = json_array();
	size_t i;

	(void)chat;
	(void)message;
	(void)fault;
	for (i = 0; i < COMMANDS; i++)
		if (commands[i].word)
			json_array_append_new(
				list, json_pack("{s:s,s:s}", "usage", commands[i].usage,
					      "help", commands[i].help));
	reply_object(asker, json_pack("{s:s,s:o}", "type", "help", "commands", list));
	return 0;
}

/* Where a login is required, the door handles it before anything else. */
static int
command_do_login(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	struct session *session = asker->session;
	(void)chat;
	(void)message;
	return message_refuse(fault, "denied",
		session->permissions->is_name_fixed ? "you have logged in"
						    : "nobody has to log in here");
}

static int
command_do_quit(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	struct session *session = asker->session;
	(void)chat;
	(void)message;
	(void)fault;
	session_close(session, CLOSE_NORMAL, "bye");
	return 0;
}

static struct rate *
command_rate_of(const struct asker *asker)
{
	return asker->session ? &asker->session->chat->rate : asker->call->rate;
}

static void
command_end_flood(struct session *session, int64_t wait_ms)
{
	log_info("flooding", log_uint("session", session->number),
		log_str("peer", session->peer), log_str("door", wire_door(session->wire)),
		log_int("refusals", FLOOD_BURST), log_int("wait_ms", wait_ms));
	session_close(session, CLOSE_FLOODING, "flooding");
}

bool
command_charge(
	struct chat *chat, struct asker *asker, double cost, struct message_fault *fault)
{
	struct rate *rate = command_rate_of(asker);
	int64_t wait_ms =
		token_bucket_take(&rate->messages, chat->config->limits.message_rate,
			chat->config->limits.message_burst, cost, chat->now_ms);

	if (!wait_ms)
		return true;
	message_refuse(fault, "rate_limited", "too fast, wait a moment");
	fault->retry_after_ms = wait_ms;
	metrics.rate_limited++;
	if (token_bucket_take(&rate->patience, chat->config->limits.message_rate,
		    FLOOD_BURST, 1, chat->now_ms) &&
		asker->session)
		command_end_flood(asker->session, wait_ms);
	return false;
}

static int
command_run(struct chat *chat, struct asker *asker, const struct command *command,
	const struct message *message, struct message_fault *fault)
{
	const struct session *session = asker->session;

	if (command->needs == NEEDS_PERSON && !(session && session->person))
		return message_refuse(
			fault, "denied", "only somebody who is here may do that");
	if (command->speaks && ban_store_check_mute(chat, session, fault) < 0)
		return -EINVAL;
	return command->handler(chat, asker, message, fault);
}

static int
command_check_type(const struct message *message, struct message_fault *fault)
{
	if (!message->type || !command_is_server_type(message->type))
		return 0;
	return message_refuse(
		fault, "reserved_type", "only the server says \"%s\"", message->type);
}

static int
command_handle(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	const struct command *command = command_find_type(message->type);

	if (!command_charge(chat, asker, command->cost, fault) ||
		command_check_type(message, fault) < 0)
		return -EINVAL;
	return command_run(chat, asker, command, message, fault);
}

void
chat_handle(struct chat *chat, struct session *session, const char *bytes, size_t len,
	int64_t now_ms)
{
	struct message message;
	struct message_fault fault;
	struct asker *asker = &session->chat->asker;
	bool good;

	if (session->closed)
		return;
	chat->now_ms = now_ms;
	if (message_decode(&message, bytes, len, &fault) < 0) {
		struct message_fault hurry = { .code = NULL };

		/* Bad input costs as much as a message. */
		good = command_charge(chat, asker, 1, &hurry);
		reply_fault(asker, good ? &fault : &hurry);
		return;
	}
	if (command_handle(chat, asker, &message, &fault) < 0)
		reply_fault(asker, &fault);
	message_fini(&message);
}

int
command_send(struct chat *chat, struct asker *asker, struct session *speaker,
	const struct message *message, struct message_fault *fault)
{
	const struct command *command = command_find_type(message->type);

	if (!command_charge(chat, asker, command->cost, fault) ||
		command_check_type(message, fault) < 0 ||
		(command->speaks && ban_store_check_mute(chat, speaker, fault) < 0))
		return -EINVAL;
	if (command->handler == send_do_message)
		return send_say(chat, asker, speaker, message, fault);
	if (command->handler == alarm_do_ack)
		return alarm_acknowledge(chat, asker, speaker, message, fault);
	/* The other commands are answered with an object, or change what the stream
	 * sends. */
	if (command->handler != presence_do_nick &&
		command->handler != presence_do_typing)
		return message_refuse(fault, "bad_field",
			"\"%s\" cannot be sent beside a stream", message->type);
	if (command->handler(chat, &speaker->chat->asker, message, fault) < 0)
		return -EINVAL;
	reply_ack(asker, &(struct chat_ack){ .room = NULL });
	return 0;
}

int
command_ask(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault)
{
	const char *word = message->type ? message->type : "";
	const struct command *command = command_find_word(word, strlen(word));

	if (!command)
		command = command_find_type(word);
	if (!command_charge(chat, asker, command->cost, fault))
		return -EINVAL;
	return command_run(chat, asker, command, message, fault);
}

/* Convert the argument to the type that the command wants. Returns NULL with *fault
 * filled in if it is bad. */
static json_t *
command_argument_of(
	const struct command *command, const char *text, struct message_fault *fault)
{
	long number;

	if (!command->preset)
		return json_string(text);
	if (!*text)
		text = command->preset;
	number = strtol(text, NULL, 10);
	if (strlen(text) > 9 || text[strspn(text, "0123456789")] || number < 1) {
		message_refuse(fault, "bad_field", "usage: %s", command->usage);
		return NULL;
	}
	return json_integer(number);
}

/* Make the object that a JSON client would have sent for this command. */
static json_t *
command_object_of(
	const struct command *command, const char *text, struct message_fault *fault)
{
	json_t *object = json_object(), *argument;

	if (!command->argument)
		return object;
	if (!*text && !command->preset) {
		message_refuse(fault, "bad_field", "usage: %s", command->usage);
		json_decref(object);
		return NULL;
	}
	argument = command_argument_of(command, text, fault);
	if (!argument) {
		json_decref(object);
		return NULL;
	}
	json_object_set_new(object, command->argument, argument);
	if (!strcmp(command->argument, "message"))
		json_object_set_new(object, "action", json_true());
	return object;
}

/* Find the command of a line. A line that starts with "/" is a command. "//" starts a
 * text, without its first slash. */
static const struct command *
command_find_command(const char **text, struct message_fault *fault)
{
	const struct command *command;
	size_t len;

	if (!strcmp(*text, "Q"))
		return command_find_word("quit", 4);
	if (**text != '/')
		return &commands[0];
	(*text)++;
	if (**text == '/')
		return &commands[0];
	len = strcspn(*text, " ");
	command = command_find_word(*text, len);
	if (command)
		*text += len + strspn(*text + len, " ");
	else
		message_refuse(fault, "no_such_command",
			"there is no such command; /help lists them");
	return command;
}

static int
command_handle_line(struct chat *chat, struct session *session,
	const struct command *command, const char *text, struct message_fault *fault)
{
	struct message message;
	json_t *object = command == &commands[0]
				 ? json_pack("{s:s}", "message", text)
				 : command_object_of(command, text, fault);
	int r;

	if (!object || message_take(&message, object, fault) < 0)
		return -EINVAL;
	r = command_run(chat, &session->chat->asker, command, &message, fault);
	message_fini(&message);
	return r;
}

/* Charge cost. Returns 0, or after how many ms it can be charged. */
static int64_t
command_pay(struct chat *chat, struct session *session, double cost)
{
	return token_bucket_take(&session->chat->rate.messages,
		chat->config->limits.message_rate, chat->config->limits.message_burst,
		cost, chat->now_ms);
}

/* A command waits until all earlier lines are stored. So a history includes them and a
 * new name did not send them. */
static bool
command_is_behind(const struct session *session, const struct command *command)
{
	return session->chat->asker.count && command &&
	       command->handler != send_do_message;
}

static int64_t
command_say_line(
	struct chat *chat, struct session *session, const char *line, bool may_wait)
{
	struct message_fault fault = { .code = NULL };
	const struct command *command = command_find_command(&line, &fault);
	double cost = command ? command->cost : 1;
	int64_t wait_ms;
	int r = -EINVAL;

	if (may_wait && command_is_behind(session, command))
		return CHAT_WHEN_WOKEN;
	wait_ms = may_wait ? command_pay(chat, session, cost) : 0;
	if (wait_ms)
		return wait_ms;
	if ((may_wait || command_charge(chat, &session->chat->asker, cost, &fault)) &&
		command)
		r = command_handle_line(chat, session, command, line, &fault);
	if (r == -EAGAIN && may_wait) {
		session->chat->rate.messages.tokens += cost;
		return BUSY_MS;
	}
	if (r < 0)
		reply_fault(&session->chat->asker, &fault);
	return 0;
}

int64_t
chat_handle_line(struct chat *chat, struct session *session, const char *bytes,
	size_t len, bool may_wait, int64_t now_ms)
{
	struct buffer line = { 0 };
	int64_t wait_ms = 0;

	chat->now_ms = now_ms;
	if (len && bytes[len - 1] == '\r')
		len--;
	line_text_append_clean(&line, bytes, len);
	while (line.len && line.bytes[line.len - 1] == ' ')
		line.len--;
	if (line.len && !session->closed) {
		buffer_append(&line, "", 1);
		wait_ms = command_say_line(chat, session, line.bytes, may_wait);
	}
	buffer_clear(&line);
	return wait_ms;
}

int64_t
chat_refuse_line(struct chat *chat, struct session *session, int64_t now_ms)
{
	struct message_fault fault = { .code = NULL };
	int64_t wait_ms;

	chat->now_ms = now_ms;
	wait_ms = command_pay(chat, session, 1);
	if (wait_ms)
		return wait_ms;
	message_refuse(&fault, "too_big",
		"that line is longer than %d bytes and was not sent",
		chat->config->limits.message_bytes);
	reply_fault(&session->chat->asker, &fault);
	return 0;
}
