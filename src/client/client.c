/* linnet, the client for terminals and scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command_list.h"
#include "client/lws_peer.h"
#include "client/output.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

struct command_row {
	const char *word;
	size_t least, most; /* arguments */
	bool may_subscribe; /* takes --since, --state and --count */
	command_run *run;
	const char *usage, *help;
};

static const struct command_row commands[] = {
	{ "pub", 1, 2, false, publish_run, "pub ROOM [TEXT]",
		"send TEXT, or each line of standard input" },
	{ "sub", 1, SIZE_MAX, true, subscribe_run, "sub ROOM...", "print what is said" },
	{ "history", 1, 1, false, asks_history, "history ROOM",
		"print the latest messages" },
	{ "search", 2, SIZE_MAX, false, asks_search, "search ROOM WORD...",
		"print the messages with all the words" },
	{ "rooms", 0, 0, false, asks_rooms, "rooms", "list the rooms" },
	{ "who", 1, 1, false, asks_who, "who ROOM", "list who is in the room" },
	{ "alarm", 4, 4, false, pushes_alarm, "alarm ROOM KEY SEVERITY TITLE",
		"raise, change or (severity ok) clear an alarm" },
	{ "ack", 2, 2, false, acts_ack, "ack ROOM KEY", "acknowledge an alarm" },
	{ "clear", 2, 2, false, acts_clear, "clear ROOM KEY", "clear an alarm" },
	{ "metric", 3, 3, false, pushes_metric, "metric ROOM NAME VALUE",
		"send a live value" },
	{ "edit", 3, 3, false, acts_edit, "edit ROOM ID TEXT",
		"correct a message of yours" },
	{ "delete", 2, 2, false, acts_delete, "delete ROOM ID",
		"delete a message of yours" },
	{ "admin", 0, SIZE_MAX, false, orders_run, "admin ORDER ...",
		"moderate; without a known ORDER it lists them" },
};

static void
client_print_usage(FILE *file)
{
	fputs("usage: linnet [-u URL] [-t TOKEN_FILE] [-n NAME] COMMAND\n\n", file);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(file, "  %-30s  %s\n", commands[i].usage, commands[i].help);
	fputs("\n"
	      "  -u, --url URL          the server; default: LINNET_URL, or\n"
	      "                         http://127.0.0.1:8000\n"
	      "  -t, --token-file FILE  show the token in FILE\n"
	      "  -n, --name NAME        be called NAME\n"
	      "      --json             print objects, one a line\n"
	      "      --since EPOCH:ID   sub: begin behind that message (one room)\n"
	      "      --state FILE       sub: keep the place of each room in FILE\n"
	      "      --count N          sub: end after N messages\n"
	      "  -V, --version          print the version and exit\n"
	      "  -h, --help             print this and exit\n",
		file);
}

static const struct command_row *
client_find_command(const struct arguments *arguments)
{
	const char *word = arguments->word_count ? arguments->words[0] : "";
	size_t count = arguments->word_count ? arguments->word_count - 1 : 0;
	bool has_places = arguments->since || arguments->state || arguments->count;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].word, word) != 0)
			continue;
		if (count < commands[i].least || count > commands[i].most) {
			output_note("usage: linnet %s", commands[i].usage);
			return NULL;
		}
		if (has_places && !commands[i].may_subscribe) {
			output_note("--since, --state and --count are for sub only");
			return NULL;
		}
		return &commands[i];
	}
	output_note(*word ? "there is no command %s; -h lists them"
			  : "a command is missing; -h lists them%s",
		word);
	return NULL;
}

/* The server would refuse other text, and jansson does. */
static bool
client_is_text(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;
	bool is_text = !text || string;

	json_decref(string);
	if (!is_text)
		output_note("%s: this is not UTF-8", text);
	return is_text;
}

/* Check the arguments that all commands share. Returns false after printing what is
 * wrong. */
static bool
client_prepare(struct client *client)
{
	const struct arguments *arguments = client->arguments;
	const char *why = url_read(&client->url, arguments->url);

	client->name = arguments->name;
	if (why) {
		output_note("%s: the URL %s", arguments->url, why);
		return false;
	}
	for (size_t i = 0; i < arguments->word_count; i++)
		if (!client_is_text(arguments->words[i]))
			return false;
	if (!client_is_text(arguments->name))
		return false;
	client->token = arguments->token_file
				? credentials_read_token(arguments->token_file)
				: NULL;
	return client->token || !arguments->token_file;
}

static enum client_status
client_run(const struct arguments *arguments)
{
	const struct command_row *command = client_find_command(arguments);
	struct client client = { .arguments = arguments };
	enum client_status status = CLIENT_BAD_USAGE;

	if (command && client_prepare(&client)) {
		client.runner = runner_new(lws_peer_protocols(), client.url.is_tls);
		status = CLIENT_REFUSED;
		if (client.runner)
			status = command->run(&client, arguments->words + 1);
		runner_free(client.runner);
	}
	free(client.token);
	return status;
}

int
main(int argc, char **argv)
{
	struct arguments arguments;
	enum client_status status = CLIENT_DONE;

	json_set_alloc_funcs(xmalloc, free);
	if (arguments_read(&arguments, argc, argv) < 0)
		status = CLIENT_BAD_USAGE;
	else if (arguments.is_help)
		client_print_usage(stdout);
	else if (arguments.is_version)
		puts("linnet " LINNET_VERSION);
	else
		status = client_run(&arguments);
	free(arguments.words);
	return status;
}
