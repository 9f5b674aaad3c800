/* The command table: which commands exist, at which door, and what they cost. */
#include "chat/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm.h"
#include "chat/ban_store.h"
#include "chat/change.h"
#include "chat/charge.h"
#include "chat/claims.h"
#include "chat/history.h"
#include "chat/metric.h"
#include "chat/naming.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/resume.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/util.h"
#include "linnet/protocol/line_text.h"

#define HISTORY_LINES "20"

/* Retry a line after this time if the store was full. */
#define BUSY_MS 20

#define BLANKS " \t"

/* Who may use a command. */
enum needs {
	NEEDS_NOTHING, /* also a call in nobody's name */
	NEEDS_PERSON,
	NEEDS_VOICE, /* a person who is not muted, because others see it */
	NEEDS_ORDER, /* a person; the handler does all other checks, in their order */
};

static input_handler command_do_ping, command_do_help, command_do_login, command_do_quit,
	command_do_text;

/* A command with a type exists for the doors that speak JSON; a command with a word
 * exists for the line door. Its argument becomes the member called argument. */
struct command {
	const char *type;
	const char *word;
	const char *argument;
	const char *preset; /* default of a number; NULL: the argument is a text */
	enum needs needs;
	bool claims; /* its "username" is the speaker's new name */
	double cost; /* tokens of limits.message_rate */
	input_handler *handler;
	const char *usage;
	const char *help;
};

#define COMMAND(...)                                                                     \
	{                                                                                \
		__VA_ARGS__                                                              \
	}

static const struct command commands[] = {
	COMMAND(.type = "message", .needs = NEEDS_VOICE, .claims = true, .cost = 1,
		.handler = send_do_message),
	COMMAND(.type = "join", .needs = NEEDS_PERSON, .claims = true, .cost = 0.5,
		.handler = resume_do_join),
	COMMAND(.type = "leave", .needs = NEEDS_PERSON, .cost = 0.5,
		.handler = presence_do_leave),
	COMMAND(.type = "nick", .word = "nick", .argument = "username",
		.needs = NEEDS_VOICE, .claims = true, .cost = 1,
		.handler = naming_do_nick, .usage = "/nick NAME",
		.help = "be called NAME"),
	COMMAND(.type = "typing", .needs = NEEDS_VOICE, .cost = 0.2,
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
	COMMAND(.word = "me", .argument = "message", .needs = NEEDS_VOICE, .cost = 1,
		.handler = send_do_message, .usage = "/me ACTION",
		.help = "say what you do"),
	COMMAND(.type = "history", .word = "history", .argument = "limit",
		.preset = HISTORY_LINES, .needs = NEEDS_NOTHING, .cost = 1,
		.handler = history_do_history, .usage = "/history [N]",
		.help = "show the last N messages, " HISTORY_LINES
			" where N is left out"),
	COMMAND(.type = "search", .needs = NEEDS_NOTHING, .cost = 2,
		.handler = history_do_search),
	COMMAND(.type = "metric", .needs = NEEDS_NOTHING, .cost = 1,
		.handler = metric_do_past),
	COMMAND(.type = "ack", .word = "ack", .argument = "key", .needs = NEEDS_VOICE,
		.cost = 0.5, .handler = alarm_do_ack, .usage = "/ack KEY",
		.help = "acknowledge the alarm KEY for everybody"),
	COMMAND(.type = "clear", .needs = NEEDS_ORDER, .handler = alarm_do_clear),
	COMMAND(.word = "clear", .argument = "key", .needs = NEEDS_VOICE, .cost = 1,
		.handler = alarm_do_clear_line, .usage = "/clear KEY",
		.help = "clear the alarm KEY for everybody"),
	COMMAND(.type = "edit", .needs = NEEDS_ORDER, .claims = true,
		.handler = change_do_change),
	COMMAND(.type = "delete", .needs = NEEDS_ORDER, .claims = true,
		.handler = change_do_change),
	COMMAND(.type = "react", .needs = NEEDS_ORDER, .claims = true,
		.handler = change_do_change),
	COMMAND(.type = "ping", .needs = NEEDS_NOTHING, .cost = 0.2,
		.handler = command_do_ping),
	COMMAND(.word = "text", .needs = NEEDS_VOICE, .cost = 1,
		.handler = command_do_text, .usage = "/text [LINE]",
		.help = "send LINE and all lines after it as text"),
	COMMAND(.word = "help", .needs = NEEDS_NOTHING, .cost = 0.2,
		.handler = command_do_help, .usage = "/help",
		.help = "list the commands"),
	COMMAND(.word = "login", .argument = "token", .needs = NEEDS_PERSON, .cost = 1,
		.handler = command_do_login, .usage = "/login TOKEN",
		.help = "show a token that you have"),
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
command_do_ping(struct input *input)
{
	reply_object(input->asker,
		json_pack("{s:s,s:s*}", "type", "pong", "ref", input->message.ref));
	return 0;
}

static int
command_do_help(struct input *input)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (commands[i].word)
			json_array_append_new(
				list, json_pack("{s:s,s:s}", "usage", commands[i].usage,
					      "help", commands[i].help));
	reply_object(
		input->asker, json_pack("{s:s,s:o}", "type", "help", "commands", list));
	return 0;
}

/* Where a login is required, the door handles it before anything else. Elsewhere a token
 * lets its bearer speak in read-only rooms. */
static int
command_do_login(struct input *input)
{
	struct session *session = input->speaker;
	const char *token =
		json_string_value(json_object_get(input->message.object, "token"));

	if (!session->permissions->is_name_fixed && session->ops->log_in && token &&
		session->ops->log_in(session, token)) {
		chat_note_end(input->chat, session);
		reply_object(input->asker, json_pack("{s:s,s:s}", "type", "notice",
						   "message", "you have logged in"));
		return 0;
	}
	return message_refuse(&input->fault, "denied",
		input->speaker->permissions->is_name_fixed ? "you have logged in"
							   : "nobody has to log in here");
}

static int
command_do_text(struct input *input)
{
	bool *is_text_only = &input->speaker->chat->is_text_only;
	int r = 0;

	if (json_object_get(input->message.object, "message"))
		r = send_do_message(input);
	*is_text_only = r != -EAGAIN; /* then the line comes again */
	return r;
}

static int
command_do_quit(struct input *input)
{
	session_close(input->speaker, CLOSE_NORMAL, "bye");
	return 0;
}

/* Charge cost. Returns 0, or after how many ms it can be charged. */
static int64_t
command_pay(const struct chat *chat, struct session *session, double cost)
{
	return gate_pay(
		chat->gate, session->client, &session->chat->rate, cost, chat->now_ms);
}

/* Ask for the name that input has. Returns true if that is answered later. */
static bool
command_asks(struct input *input, const struct command *command)
{
	const char *name = command->claims ? input->message.username : NULL;
	struct roster_proof proof = { .token = NULL };

	if (!name || !strcmp(name, input->speaker->person->name))
		return false;
	proof.token =
		json_string_value(json_object_get(input->message.object, "session"));
	naming_prove_by_email(input, &proof);
	return claims_ask(input, name, &proof);
}

static int
command_run(struct input *input, const struct command *command)
{
	int r;

	if (command->needs >= NEEDS_PERSON && !(input->speaker && input->speaker->person))
		return message_refuse(
			&input->fault, "denied", "only somebody who is here may do that");
	if (command->needs == NEEDS_VOICE && ban_store_check_mute(input) < 0)
		return -EINVAL;
	if (!input->speaker || !input->speaker->person)
		return command->handler(input);
	if (claims_are_waiting(input->speaker) || command_asks(input, command))
		return claims_wait(input, command);
	r = command->handler(input);
	claims_settle(input);
	return r;
}

int
command_handle(struct input *input)
{
	const char *type = input->message.type;
	const struct command *command = command_find_type(type);

	if (command->needs != NEEDS_ORDER && !charge_input(input, command->cost))
		return -EINVAL;
	if (type && command_is_server_type(type))
		return message_refuse(&input->fault, "reserved_type",
			"only the server says \"%s\"", type);
	/* The other commands are answered with an object, or change what the stream
	 * sends. */
	if (input->asker->call && command->needs < NEEDS_VOICE)
		return message_refuse(&input->fault, "bad_field",
			"\"%s\" cannot be sent beside a stream", type);
	return command_run(input, command);
}

void
chat_handle(struct chat *chat, struct session *session, const char *bytes, size_t len,
	int64_t now_ms)
{
	struct asker *asker = &session->chat->asker;
	struct input input = { .chat = chat, .asker = asker, .speaker = session };

	if (session->closed)
		return;
	chat->now_ms = now_ms;
	if (message_decode(&input.message, bytes, len, chat_max_bytes(chat->config),
		    &input.fault) < 0) {
		struct input hurry = input;

		/* Bad input costs as much as a message. */
		memset(&hurry.fault, 0, sizeof(hurry.fault));
		reply_fault(asker, charge_input(&hurry, 1) ? &input.fault : &hurry.fault);
		return;
	}
	if (command_handle(&input) < 0)
		reply_fault(asker, &input.fault);
	message_fini(&input.message);
}

int
command_ask(struct input *input)
{
	const char *word = input->message.type ? input->message.type : "";
	const struct command *command = command_find_word(word, strlen(word));

	if (!command)
		command = command_find_type(word);
	return charge_input(input, command->cost) ? command_run(input, command) : -EINVAL;
}

/* Convert the argument to the type that the command wants. Returns NULL with *fault
 * filled in if it is bad. */
static json_t *
command_argument_of(
	const struct command *command, const char *text, struct message_fault *fault)
{
	long number;

	if (!command->preset && *text)
		return json_string(text);
	if (!*text)
		text = command->preset ? command->preset : "";
	number = strtol(text, NULL, 10);
	if (strlen(text) <= 9 && !text[strspn(text, "0123456789")] && number >= 1)
		return json_integer(number);
	message_refuse(fault, "bad_field", "usage: %s", command->usage);
	return NULL;
}

/* Make the object that a JSON client would have sent for this command. */
static json_t *
command_object_of(
	const struct command *command, const char *text, struct message_fault *fault)
{
	json_t *argument;

	if (command == &commands[0])
		return json_pack("{s:s}", "message", text);
	if (command->handler == command_do_text && *text)
		return json_pack("{s:s}", "message", text);
	if (!command->argument)
		return json_object();
	argument = command_argument_of(command, text, fault);
	if (!argument)
		return NULL;
	return json_pack("{s:o,s:o*}", command->argument, argument, "action",
		strcmp(command->argument, "message") ? NULL : json_true());
}

/* Find the command of a line. A line that starts with "/" and is no command, such as a
 * path, is text. "//" starts a text, without its first slash. */
static const struct command *
command_find_command(const struct session *session, const char **text)
{
	const struct command *command;
	const char *word = *text + 1;
	size_t len;

	if (session->chat->is_text_only)
		return &commands[0];
	if (!strcmp(*text, "Q"))
		return command_find_word("quit", 4);
	if (**text != '/')
		return &commands[0];
	len = strcspn(word, BLANKS);
	command = command_find_word(word, len);
	if (command)
		*text = word + len + strspn(word + len, BLANKS);
	else if (*word == '/')
		*text = word;
	return command ? command : &commands[0];
}

static int
command_handle_line(struct input *input, const struct command *command, const char *text)
{
	json_t *object = command_object_of(command, text, &input->fault);
	int r;

	if (!object || message_take(&input->message, object,
			       chat_max_bytes(input->chat->config), &input->fault) < 0)
		return -EINVAL;
	r = command_run(input, command);
	message_fini(&input->message);
	return r;
}

/* A command waits until all earlier lines are stored. So a history includes them and a
 * new name did not send them. */
static bool
command_is_behind(const struct session *session, const struct command *command)
{
	return session->chat->asker.count && command->handler != send_do_message;
}

static int64_t
command_say_line(struct input *input, const char *line, bool may_wait)
{
	struct session *session = input->speaker;
	const struct command *command = command_find_command(session, &line);
	int64_t wait_ms = 0;
	int r = -EINVAL;

	if (may_wait && command_is_behind(session, command))
		return CHAT_WHEN_WOKEN;
	if (may_wait)
		wait_ms = command_pay(input->chat, session, command->cost);
	if (wait_ms)
		return wait_ms;
	if (may_wait || charge_input(input, command->cost))
		r = command_handle_line(input, command, line);
	if (r == -EAGAIN && may_wait) {
		gate_pay_back(input->chat->gate, session->client, &session->chat->rate,
			command->cost);
		return BUSY_MS;
	}
	if (r < 0)
		reply_fault(input->asker, &input->fault);
	return 0;
}

int64_t
chat_handle_line(struct chat *chat, struct session *session, const char *bytes,
	size_t len, bool may_wait, int64_t now_ms)
{
	struct input input = {
		.chat = chat, .asker = &session->chat->asker, .speaker = session
	};
	struct buffer line = { 0 };
	int64_t wait_ms = 0;

	chat->now_ms = now_ms;
	if (may_wait && claims_are_waiting(session))
		return CHAT_WHEN_WOKEN;
	line_text_append_clean(&line, bytes, len);
	while (line.len && strchr(BLANKS, line.bytes[line.len - 1]))
		line.len--;
	if (line.len && !session->closed) {
		buffer_append(&line, "", 1);
		if (claims_are_waiting(session))
			claims_wait_line(input.asker, line.bytes);
		else
			wait_ms = command_say_line(&input, line.bytes, may_wait);
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
	if (claims_are_waiting(session))
		return CHAT_WHEN_WOKEN;
	wait_ms = command_pay(chat, session, 1);
	if (wait_ms)
		return wait_ms;
	message_refuse(&fault, "too_big",
		"that line is longer than %d bytes and was not sent",
		chat->config->limits.message_bytes);
	reply_fault(&session->chat->asker, &fault);
	return 0;
}

/* Do what waited, of a call in the name of session. */
static void
command_run_call(struct input *input, const struct waiting *waiting)
{
	struct chat_pending *call = input->asker->call;
	const struct chat_caller caller = {
		.permissions = waiting->permissions,
		.speaker = input->speaker,
	};

	call->caller = &caller;
	if (command_run(input, waiting->command) < 0)
		reply_fault(input->asker, &input->fault);
	call->caller = NULL;
	if (!call->missing || !call->on_reply)
		chat_cancel(call);
}

static void
command_go_on(struct chat *chat, struct session *session, struct waiting *waiting)
{
	struct input input = {
		.chat = chat,
		.asker = waiting->asker,
		.speaker = session,
		.message = waiting->message,
		.fault = waiting->fault,
	};

	if (waiting->line)
		command_say_line(&input, waiting->line, false);
	else if (waiting->asker->call)
		command_run_call(&input, waiting);
	else if (command_run(&input, waiting->command) < 0)
		reply_fault(input.asker, &input.fault);
}

void
commands_continue(struct chat *chat, struct session *session)
{
	struct chat_session *own = session->chat;
	struct waiting *waiting;

	own->is_continuing = true;
	while (!session->closed && (waiting = claims_next(own))) {
		command_go_on(chat, session, waiting);
		claims_free_waiting(waiting);
	}
	own->is_continuing = false;
	if (session->closed)
		claims_drop(chat, own);
	else if (!own->claim.ticket)
		session->ops->wake(session);
}
