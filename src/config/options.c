#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "config/config_private.h"
#include "linnet/base/cidr.h"
#include "linnet/base/log.h"
#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/protocol/name.h"

static const char *const log_levels[] = { [LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
	NULL };
static const char *const log_formats[] = {
	[LOG_FORMAT_TEXT] = "text", [LOG_FORMAT_JSON] = "json", NULL
};
static const char *const auth_modes[] = {
	[AUTH_OPEN] = "open", [AUTH_JWT] = "jwt", NULL
};
static const char *const store_drivers[] = { [STORE_SQLITE] = "sqlite",
	[STORE_MEMORY] = "memory",
	[STORE_REDIS] = "redis",
	NULL };
static const char *const store_syncs[] = {
	[STORE_SYNC_NORMAL] = "normal", [STORE_SYNC_FULL] = "full", NULL
};

static const char *
options_check_address(const char *value)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (strcmp(value, "localhost") == 0 || inet_pton(AF_INET, value, address) == 1 ||
		inet_pton(AF_INET6, value, address) == 1)
		return NULL;
	return "must be an IP address or \"localhost\"";
}

const char *
config_unix_path(const char *address)
{
	static const char prefix[] = "unix:";
	const size_t length = sizeof(prefix) - 1;

	return strncmp(address, prefix, length) ? NULL : address + length;
}

static const char *
options_check_proxy(const char *value)
{
	return strcmp(value, "unix") ? cidr_fault(value) : NULL;
}

/* True for an IPv6 address in brackets, or a name of letters, digits, dots, hyphens and
 * underscores. */
static bool
options_is_host(const char *host, size_t length)
{
	char address[INET6_ADDRSTRLEN];

	if (length > 2 && host[0] == '[' && length - 2 < sizeof(address)) {
		unsigned char bytes[sizeof(struct in6_addr)];
		memcpy(address, host + 1, length - 2);
		address[length - 2] = '\0';
		return host[length - 1] == ']' &&
		       inet_pton(AF_INET6, address, bytes) == 1;
	}
	for (size_t i = 0; i < length; i++) {
		bool letter = (host[i] | 0x20) >= 'a' && (host[i] | 0x20) <= 'z';
		bool digit = host[i] >= '0' && host[i] <= '9';
		if (!letter && !digit && !strchr("-._", host[i]))
			return false;
	}
	return length > 0;
}

/* The port in text, in the form that browsers send: 1..65535 without leading zeros. 0 if
 * it is none. */
static long
options_port_number(const char *text)
{
	size_t digits = strspn(text, DIGITS);

	if (digits == 0 || digits > 5 || text[digits] || *text == '0')
		return 0;
	long port = strtol(text, NULL, 10);
	return port <= 65535 ? port : 0;
}

/* What is wrong with the ":port" of an origin, or NULL. Browsers leave out the default
 * port of the scheme, so an origin with it would never match. */
static const char *
options_check_origin_port(const char *origin, const char *port, const char *wanted)
{
	long number = *port == ':' ? options_port_number(port + 1) : 0;

	if (number == 0)
		return wanted;
	if (number == 80 && strncasecmp(origin, "http:", 5) == 0)
		return "must leave out the port 80, as browsers do";
	if (number == 443 && strncasecmp(origin, "https:", 6) == 0)
		return "must leave out the port 443, as browsers do";
	return NULL;
}

static const char *
options_check_origin(const char *value)
{
	static const char wanted[] = "must be \"*\" or scheme://host[:port]";
	size_t scheme = strspn(value, LETTERS DIGITS "+-.");

	if (strcmp(value, "*") == 0)
		return NULL;
	if (!*value || !strchr(LETTERS, *value) || strncmp(value + scheme, "://", 3) != 0)
		return wanted;
	const char *host = value + scheme + 3;
	size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	if (length > strlen(host) || !options_is_host(host, length))
		return wanted;
	const char *rest = host + length;
	size_t slash = strcspn(rest, "/");
	if (rest[slash] && !rest[slash + 1])
		return "must be \"*\" or scheme://host[:port] without the slash at the "
		       "end";
	if (rest[slash])
		return "must be \"*\" or scheme://host[:port] without a path";
	return *rest ? options_check_origin_port(value, rest, wanted) : NULL;
}

/* One line of text. */
static const char *
options_check_line(const char *value)
{
	size_t left = strlen(value), length;
	uint32_t code;

	for (; left > 0; value += length, left -= length) {
		length = utf8_next(value, left, &code);
		if (!length)
			return "must be valid UTF-8";
		if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			return "must not have a control character";
	}
	return NULL;
}

static const char *
options_check_room(const char *value)
{
	return name_room_fault(value, NAME_MAX_BYTES);
}

static const char *
options_check_absolute(const char *value)
{
	return *value == '/' ? options_check_line(value) : "must be an absolute path";
}

static const char *
options_check_http_address(const char *value)
{
	const char *path = config_unix_path(value);

	if (path && strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "must have a shorter path: the kernel takes 107 bytes";
	if (path)
		return options_check_absolute(path);
	return options_check_address(value)
		       ? "must be an IP address, \"localhost\" or \"unix:PATH\""
		       : NULL;
}

static const char *
options_check_redis_uri(const char *value)
{
	const char *rest = strstr(value, "://"), *at = rest ? strrchr(rest, '@') : NULL;

	if (strncmp(value, "redis://", 8) != 0 && strncmp(value, "unix:///", 8) != 0)
		return "must be redis://HOST:PORT/DB or unix://PATH?db=DB";
	if (at && memchr(rest + 3, ':', (size_t)(at - rest - 3)))
		return "must not have a password; write it into redis.password_file";
	return options_check_line(value);
}

/* "" means that there is a default. */
static const char *
options_check_redis_name(const char *value)
{
	return value[strspn(value, LETTERS DIGITS "-_.")]
		       ? "must have letters, digits, \"-\", \"_\" and \".\" only"
		       : NULL;
}

/* "" means that no hash is given. */
static const char *
options_check_sha256(const char *value)
{
	size_t length = strlen(value);

	if (length == 0 || (length == 64 && strspn(value, HEX_DIGITS) == 64))
		return NULL;
	return "must be 64 hex digits, as sha256sum prints them";
}

static const char *
options_check_token(const void *group)
{
	const struct token_config *token = group;

	/* A wrong value is NULL. */
	bool has_file = !token->token_file || *token->token_file;
	bool has_hash = !token->token_sha256 || *token->token_sha256;

	if (has_file && has_hash)
		return "token_file and token_sha256 are both set; remove one of them";
	if (!has_file && !has_hash)
		return "token_file or token_sha256 is missing; add one of them";
	return NULL;
}

/* A row whose path is a member of struct config. */
#define OPTION(key, ...)                                                                 \
	{                                                                                \
		.path = #key, .offset = offsetof(struct config, key), __VA_ARGS__        \
	}

/* A row for a member of the groups of a list. */
#define MEMBER(type, key, ...)                                                           \
	{                                                                                \
		.path = #key, .offset = offsetof(struct type, key), __VA_ARGS__          \
	}

#define MEMBERS(type, table, ...)                                                        \
	{                                                                                \
		.options = (table), .count = ARRAY_SIZE(table),                          \
		.size = sizeof(struct type), ##__VA_ARGS__                               \
	}

static const struct config_option room_options[] = {
	MEMBER(room_config, name, .type = OPTION_STRING, .min = 1, .max = 255,
		.check = options_check_room, .limit = "limits.room_bytes", .unique = true,
		.unit = "bytes",
		.help = "Name of the room; no longer than limits.room_bytes"),
	MEMBER(room_config, topic, .type = OPTION_STRING, .min = 0, .max = 512,
		.preset = "\"\"", .check = options_check_line, .unit = "bytes",
		.help = "Topic of the room"),
	MEMBER(room_config, keep_messages, .type = OPTION_INT, .min = ROOM_AS_STORE,
		.max = INT_MAX, .preset = "-1",
		.help = "Messages kept in this room; 0 keeps all, -1 uses "
			"store.keep_messages"),
	MEMBER(room_config, keep_days, .type = OPTION_INT, .min = ROOM_AS_STORE,
		.max = 36500, .preset = "-1", .unit = "days",
		.help = "Days that messages of this room are kept; 0 keeps them for "
			"ever, -1 uses store.keep_days"),
	MEMBER(room_config, read_only, .type = OPTION_BOOL, .preset = "false",
		.help = "Only clients with a token of auth.tokens for this room may "
			"write"),
};

static const struct config_members room_members = MEMBERS(room_config, room_options);

/* Nobody knows a token with this hash, so a dump in use as a configuration rejects the
 * token. */
static const char sha256_mask[] =
	"0000000000000000000000000000000000000000000000000000000000000000";

static const struct config_option token_options[] = {
	MEMBER(token_config, name, .type = OPTION_STRING, .min = 1, .max = 64,
		.check = options_check_line, .unique = true, .unit = "bytes",
		.help = "Name of the token, for the log"),
	MEMBER(token_config, token_file, .type = OPTION_STRING, .min = 0, .max = 4095,
		.preset = "\"\"", .check = options_check_line, .unit = "bytes",
		.help = "File with the token and nothing else; give this or "
			"token_sha256"),
	MEMBER(token_config, token_sha256, .type = OPTION_STRING, .min = 0, .max = 64,
		.preset = "\"\"", .check = options_check_sha256, .mask = sha256_mask,
		.help = "SHA-256 of the token, 64 hex digits; linnetd --dump prints "
			"zeros instead"),
	MEMBER(token_config, rooms, .type = OPTION_LIST, .min = 1, .max = 255,
		.preset = "[]", .check = options_check_room,
		.help = "Rooms that the token may use; [ ] means every room"),
	MEMBER(token_config, admin, .type = OPTION_BOOL, .preset = "false",
		.help = "The token may also read /metrics and moderate"),
	MEMBER(token_config, hook_secret_file, .type = OPTION_STRING, .min = 0,
		.max = 4095, .preset = "\"\"", .check = options_check_line,
		.unit = "bytes",
		.help = "File with the secret that signs the webhooks of this token; "
			"webhooks without a valid signature are refused"),
};

static const struct config_members token_members =
	MEMBERS(token_config, token_options, .check = options_check_token);

static const char *const chat_rooms[] = { "chat.default_room", "rooms", NULL };

static const struct config_option tail_options[] = {
	MEMBER(tail_config, room, .type = OPTION_STRING, .min = 1, .max = 255,
		.check = options_check_room, .limit = "limits.room_bytes", .unique = true,
		.ignores_case = true, .differs = chat_rooms, .unit = "bytes",
		.help = "Room that shows this file and nothing else; no longer than "
			"limits.room_bytes"),
	MEMBER(tail_config, path, .type = OPTION_STRING, .min = 1, .max = 4095,
		.check = options_check_absolute, .unit = "bytes",
		.help = "Absolute path of the log file"),
	MEMBER(tail_config, lines, .type = OPTION_INT, .min = 0, .max = 10000,
		.preset = "100", .help = "Recent lines that a new reader gets"),
	MEMBER(tail_config, rate, .type = OPTION_INT, .min = 1, .max = 1000000,
		.preset = "200", .unit = "per s",
		.help = "Highest rate of lines; lines above it are skipped"),
};

static const struct config_members tail_members = MEMBERS(tail_config, tail_options);

const struct config_option config_options[] = {
	OPTION(http.address, .type = OPTION_STRING, .min = 1, .max = 255,
		.preset = "\"127.0.0.1\"", .check = options_check_http_address,
		.help = "IP address to listen on, \"localhost\", or a UNIX socket such "
			"as \"unix:/run/linnet/http.sock\"; \"::\" is every address, "
			"\"0.0.0.0\" every IPv4 address; has no effect if systemd passes "
			"the socket"),
	OPTION(http.port, .type = OPTION_INT, .min = 0, .max = 65535, .preset = "8000",
		.help = "TCP port for HTTP and WebSocket; 0 lets the kernel choose; has "
			"no effect with a UNIX socket, or if systemd passes the socket"),
	OPTION(http.root, .type = OPTION_STRING, .min = 1, .max = 4095, .unit = "bytes",
		.help = "Folder of the web page; the default is the installed page"),
	OPTION(http.tls_certificate, .live = true, .stays_set = true,
		.type = OPTION_STRING, .min = 0, .max = 4095, .preset = "\"\"",
		.check = options_check_line, .needs = "http.tls_key", .unit = "bytes",
		.help = "PEM file with the certificate and its chain; turns on TLS"),
	OPTION(http.tls_key, .live = true, .stays_set = true, .type = OPTION_STRING,
		.min = 0, .max = 4095, .preset = "\"\"", .check = options_check_line,
		.needs = "http.tls_certificate", .unit = "bytes",
		.help = "PEM file with the private key of http.tls_certificate, without "
			"a password"),
	OPTION(http.allowed_origins, .live = true, .type = OPTION_LIST, .min = 1,
		.max = 300, .preset = "[]", .check = options_check_origin,
		.help = "Other websites whose pages may connect, such as "
			"\"https://example.org\"; \"*\" allows every website"),
	OPTION(http.trusted_proxies, .live = true, .type = OPTION_LIST, .min = 1,
		.max = 64, .preset = "[]", .check = options_check_proxy,
		.help = "Proxies whose X-Forwarded-For header is believed, such as "
			"\"127.0.0.1\" or \"10.0.0.0/8\"; \"unix\" is every client of a "
			"UNIX socket"),
	OPTION(line.enabled, .type = OPTION_BOOL, .preset = "true",
		.help = "Open the line port, where nc and telnet send each line as a "
			"message; if false, connections to a socket that systemd passes "
			"are closed at once"),
	OPTION(line.address, .type = OPTION_STRING, .min = 1, .max = 255,
		.preset = "\"127.0.0.1\"", .check = options_check_address,
		.help = "IP address to listen on for nc and telnet, or \"localhost\"; "
			"has no effect if systemd passes the socket"),
	OPTION(line.port, .type = OPTION_INT, .min = 0, .max = 65535, .preset = "2020",
		.help = "TCP port for nc and telnet; 0 lets the kernel choose; has no "
			"effect if systemd passes the socket"),
	OPTION(chat.default_room, .type = OPTION_STRING, .min = 1, .max = 255,
		.preset = "\"lobby\"", .check = options_check_room,
		.limit = "limits.room_bytes", .unit = "bytes",
		.help = "Room of a client that asks for none; no longer than "
			"limits.room_bytes"),
	OPTION(chat.create_rooms, .live = true, .type = OPTION_BOOL, .preset = "true",
		.help = "Clients may enter rooms that do not exist; the first message "
			"creates the room"),
	OPTION(chat.max_rooms, .live = true, .type = OPTION_INT, .min = 1, .max = 100000,
		.preset = "1000",
		.help = "Highest number of rooms that have a message, an alarm or a "
			"metric"),
	OPTION(chat.rooms_per_session, .live = true, .type = OPTION_INT, .min = 1,
		.max = 1000, .preset = "32",
		.help = "Highest number of rooms that one connection may be in"),
	OPTION(chat.echo_to_sender, .live = true, .type = OPTION_BOOL, .preset = "false",
		.help = "Send each message back to its sender too"),
	OPTION(chat.share_email, .live = true, .type = OPTION_BOOL, .preset = "false",
		.help = "Send the sender's email address to the room; clients that did "
			"not ask for events get an email member with every message"),
	OPTION(chat.gravatar, .live = true, .type = OPTION_BOOL, .preset = "true",
		.help = "Add the Gravatar hash of the sender's email address to each "
			"message"),
	OPTION(rooms, .live = true, .type = OPTION_GROUPS, .preset = "()",
		.members = &room_members,
		.help = "Rooms that always exist, such as ( { name = \"ops\"; topic = "
			"\"What is on fire\"; } )"),
	OPTION(store.driver, .type = OPTION_CHOICE, .preset = "\"sqlite\"",
		.choices = store_drivers,
		.help = "Where messages are kept; \"sqlite\" is a file, \"memory\" "
			"forgets them when linnetd stops, \"redis\" is a Redis that "
			"several linnetd share"),
	OPTION(store.path, .type = OPTION_STRING, .min = 1, .max = 4095,
		.preset = "\"linnet.db\"", .unit = "bytes",
		.help = "File of the SQLite database; a relative path starts in "
			"linnetd's working directory"),
	OPTION(store.sync, .type = OPTION_CHOICE, .preset = "\"normal\"",
		.choices = store_syncs,
		.help = "\"full\" writes each message to the disk (fsync) before it is "
			"acknowledged; with \"normal\" a power loss may take the newest "
			"messages"),
	OPTION(store.keep_messages, .live = true, .type = OPTION_INT, .min = 0,
		.max = INT_MAX, .preset = "10000",
		.help = "Messages kept in each room; 0 keeps all"),
	OPTION(store.keep_days, .live = true, .type = OPTION_INT, .min = 0, .max = 36500,
		.preset = "0", .unit = "days",
		.help = "Days that messages are kept; 0 keeps them for ever"),
	OPTION(store.max_bytes, .live = true, .type = OPTION_LONG, .min = 1L << 20,
		.max = 1L << 50, .preset = "4294967296L", .unit = "bytes",
		.help = "Largest size of the history; above it, the oldest messages of "
			"the largest rooms are deleted"),
	OPTION(redis.uri, .type = OPTION_STRING, .min = 1, .max = 4095,
		.preset = "\"redis://127.0.0.1:6379/0\"",
		.check = options_check_redis_uri, .unit = "bytes",
		.help = "Redis that several linnetd share, as redis://USER@HOST:PORT/DB "
			"or unix://PATH?db=DB"),
	OPTION(redis.password_file, .type = OPTION_STRING, .min = 0, .max = 4095,
		.preset = "\"\"", .check = options_check_line, .unit = "bytes",
		.help = "File with the password of Redis and nothing else"),
	OPTION(redis.prefix, .type = OPTION_STRING, .min = 1, .max = 32,
		.preset = "\"linnet\"", .check = options_check_redis_name,
		.unit = "bytes",
		.help = "What all keys in Redis begin with; all linnetd of one chat have "
			"the same"),
	OPTION(redis.node, .type = OPTION_STRING, .min = 0, .max = 32, .preset = "\"\"",
		.check = options_check_redis_name, .unit = "bytes",
		.help = "Name of this linnetd, different on each; the default is the "
			"name "
			"of the host"),
	OPTION(redis.lease_s, .type = OPTION_INT, .min = 3, .max = 120, .preset = "10",
		.unit = "s",
		.help = "The others take a linnetd for dead after so long without a "
			"word"),
	OPTION(redis.timeout_s, .type = OPTION_INT, .min = 1, .max = 100, .preset = "3",
		.unit = "s",
		.help = "A connection to Redis is given up after so long without an "
			"answer; less than redis.lease_s"),
	OPTION(redis.log_s, .type = OPTION_INT, .min = 30, .max = 3600, .preset = "60",
		.unit = "s",
		.help = "How long a linnetd may be cut off from Redis without reading "
			"the "
			"rooms anew; at least 15 more than redis.lease_s and "
			"redis.timeout_s"),
	OPTION(redis.start_s, .type = OPTION_INT, .min = 1, .max = 3600, .preset = "30",
		.unit = "s",
		.help = "linnetd ends if Redis is not there so long after the start"),
	OPTION(auth.mode, .type = OPTION_CHOICE, .preset = "\"open\"",
		.choices = auth_modes, .needs = "auth.jwt_secret_file",
		.needs_at = AUTH_JWT,
		.help = "Who may read and write; \"open\" is everybody, \"jwt\" only "
			"clients with a JSON Web Token or a token of auth.tokens"),
	OPTION(auth.jwt_secret_file, .live = true, .type = OPTION_STRING, .min = 0,
		.max = 4095, .preset = "\"\"", .check = options_check_line,
		.unit = "bytes",
		.help = "File with the secret that signs JSON Web Tokens (HS256), at "
			"least 32 characters"),
	OPTION(auth.trust_loopback, .live = true, .type = OPTION_BOOL, .preset = "true",
		.help = "Programs on this machine may read /metrics and followed logs "
			"without a token, and push while auth.tokens is empty; set it to "
			"false if a proxy runs on this machine"),
	OPTION(auth.tokens, .live = true, .type = OPTION_GROUPS, .preset = "()",
		.members = &token_members,
		.help = "Tokens of programs and moderators, such as ( { name = \"ci\"; "
			"token_file = \"/etc/ci.token\"; } )"),
	OPTION(limits.connections, .live = true, .type = OPTION_INT, .min = 1,
		.max = 1000000, .preset = "10000",
		.help = "Highest number of connections"),
	OPTION(limits.per_address, .live = true, .type = OPTION_INT, .min = 1,
		.max = 1000000, .preset = "64",
		.help = "Highest number of connections from one address (IPv6: one /64); "
			"loopback and trusted proxies are exempt"),
	OPTION(limits.message_bytes, .live = true, .type = OPTION_INT, .min = 64,
		.max = 16777216, .preset = "16384", .unit = "bytes",
		.help = "Longest message that a client may send"),
	OPTION(limits.message_rate, .live = true, .type = OPTION_REAL, .min = 0,
		.max = 1000000, .preset = "5.0", .unit = "per s",
		.help = "Messages that one client may send on average; 0.0 means no "
			"limit"),
	OPTION(limits.message_burst, .live = true, .type = OPTION_INT, .min = 1,
		.max = 1000000, .preset = "20",
		.help = "Messages that one client may send at once"),
	OPTION(limits.address_rate, .live = true, .type = OPTION_REAL, .min = 0,
		.max = 1000000, .preset = "20.0", .unit = "per s",
		.help = "Messages, searches and joins of all clients of one address "
			"together, on average; 0.0 means no limit"),
	OPTION(limits.address_burst, .live = true, .type = OPTION_INT, .min = 1,
		.max = 1000000, .preset = "200",
		.help = "Messages, searches and joins of all clients of one address "
			"together, at once"),
	OPTION(limits.connect_rate, .live = true, .type = OPTION_REAL, .min = 0,
		.max = 1000000, .preset = "10.0", .unit = "per s",
		.help = "Sessions that one address may open on average; 0.0 means no "
			"limit"),
	OPTION(limits.connect_burst, .live = true, .type = OPTION_INT, .min = 1,
		.max = 1000000, .preset = "128",
		.help = "Sessions that one address may open at once"),
	OPTION(limits.address_rooms, .live = true, .type = OPTION_INT, .min = 0,
		.max = 1000000, .preset = "20",
		.help = "Rooms that one address may create in an hour; 0 means no limit"),
	OPTION(limits.hook_burst, .live = true, .type = OPTION_INT, .min = 0,
		.max = 1000000, .preset = "2000",
		.help = "Webhooks that one token, or one address without a token, may "
			"send at once, refilled within 60 s; 0 means no limit"),
	OPTION(limits.queue_bytes, .live = true, .type = OPTION_INT, .min = 1024,
		.max = 1073741824, .preset = "1048576", .unit = "bytes",
		.help = "Bytes that may wait for one client; a client that reads too "
			"slowly for it is disconnected"),
	OPTION(limits.name_bytes, .live = true, .type = OPTION_INT, .min = 1, .max = 255,
		.preset = "32", .unit = "bytes", .help = "Longest user name"),
	OPTION(limits.room_bytes, .live = true, .type = OPTION_INT, .min = 1, .max = 255,
		.preset = "64", .unit = "bytes", .help = "Longest room name"),
	OPTION(heartbeat.ping_s, .live = true, .type = OPTION_INT, .min = 1, .max = 3600,
		.preset = "25", .unit = "s",
		.help = "Silence after which a client is pinged"),
	OPTION(heartbeat.pong_s, .live = true, .type = OPTION_INT, .min = 1, .max = 3600,
		.preset = "10", .unit = "s",
		.help = "Time to answer a ping before the client is disconnected"),
	OPTION(tails, .live = true, .type = OPTION_GROUPS, .preset = "()",
		.members = &tail_members,
		.help = "Log files to follow, such as ( { room = \"syslog\"; path = "
			"\"/var/log/syslog\"; } )"),
	OPTION(log.level, .live = true, .type = OPTION_CHOICE, .preset = "\"info\"",
		.choices = log_levels, .help = "Lowest level that is logged"),
	OPTION(log.format, .live = true, .type = OPTION_CHOICE, .preset = "\"text\"",
		.choices = log_formats, .help = "Format of log lines"),
	OPTION(log.people, .live = true, .type = OPTION_BOOL, .preset = "true",
		.help = "Write the names of people and rooms into the log"),
};

const size_t config_option_count = ARRAY_SIZE(config_options);

const struct config_members config_root = MEMBERS(config, config_options);

const struct config_option *
config_option_find(const struct config_members *members, const char *path)
{
	for (size_t i = 0; i < members->count; i++)
		if (strcmp(members->options[i].path, path) == 0)
			return &members->options[i];
	return NULL;
}

bool
config_group_exists(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < config_option_count; i++) {
		const char *path = config_options[i].path;
		if (strncmp(path, name, length) == 0 && path[length] == '.')
			return true;
	}
	return false;
}
