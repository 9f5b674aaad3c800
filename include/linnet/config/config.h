/* config.h - the configuration: built-in defaults, then libconfig files, then KEY=VALUE
 * settings of the command line. The constant table config_options drives
 * parsing, checks and the dump. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A list of strings. The configuration that holds it owns it. */
struct string_list {
	size_t count;
	char **items;
};

/* The room keeps its history as long as store says. */
#define ROOM_AS_STORE (-1)

/* A room that always exists. */
struct room_config {
	char *name;
	char *topic;       /* "" if it has none */
	int keep_messages; /* as store.keep_messages; ROOM_AS_STORE: that */
	int keep_days;     /* as store.keep_days; ROOM_AS_STORE: that */
	bool read_only;    /* only bearers of a token speak there */
};

/* A token for programs that push. */
struct token_config {
	char *name;
	char *token_file;   /* file that holds the token; "" if token_sha256 is given */
	char *token_sha256; /* 64 hex digits; "" if token_file is given */
	struct string_list rooms; /* rooms that it may use; empty: every room */
	bool admin;
	char *hook_secret_file; /* file that holds the secret of webhooks; "": none */
};

/* A log file that is sent to a room. */
struct tail_config {
	char *room; /* neither chat.default_room nor in rooms */
	char *path; /* absolute */
	int lines;  /* how many recent lines a reader gets when it enters */
	int rate;   /* most lines per s */
};

/* Values of auth.mode. */
enum auth_mode_choice {
	AUTH_OPEN,
	AUTH_JWT, /* only clients with a JSON Web Token */
};

/* Values of store.driver. */
enum store_driver_choice {
	STORE_SQLITE,
	STORE_MEMORY,
	STORE_REDIS,
};

/* Values of store.sync. */
enum store_sync_choice {
	STORE_SYNC_NORMAL,
	STORE_SYNC_FULL, /* fsync before every ack */
};

struct config_places;

/* The effective configuration. The struct owns its strings, and none is NULL. */
struct config {
	struct {
		char *address;         /* IP address or "localhost" */
		int port;              /* 0..65535; 0: the kernel chooses */
		char *root;            /* folder of the web page */
		char *tls_certificate; /* PEM file; "": no TLS */
		char *tls_key;         /* PEM file; "" if tls_certificate is "" */
		struct string_list allowed_origins; /* "*" or scheme://host[:port] */
		struct string_list trusted_proxies; /* IP addresses or prefixes */
	} http;
	struct {
		bool enabled;
		char *address; /* as http.address */
		int port;      /* as http.port */
	} line;
	struct {
		char *default_room;
		bool create_rooms;
		int max_rooms;
		int rooms_per_session;
		bool echo_to_sender;
		bool share_email;
		bool gravatar;
	} chat;
	struct {
		size_t count;
		struct room_config *items; /* unique by name */
	} rooms;
	struct {
		int driver; /* enum store_driver_choice */
		char *path;
		int sync;          /* enum store_sync_choice */
		int keep_messages; /* of each room; 0: all */
		int keep_days;     /* 0: for ever */
		long max_bytes;    /* of the whole history */
	} store;
	struct {
		char *uri;
		char *password_file; /* "": none */
		char *prefix;        /* of all keys */
		char *node;          /* "": the name of the host */
		int lease_s;
		int timeout_s; /* less than lease_s */
		int log_s;
		int start_s;
	} redis;
	struct {
		int mode;              /* enum auth_mode_choice */
		bool trust_loopback;   /* this machine itself needs no token */
		char *jwt_secret_file; /* "": none; never "" if the mode is AUTH_JWT */
		struct {
			size_t count;
			struct token_config *items; /* unique by name */
		} tokens;
	} auth;
	struct {
		int connections;
		int per_address;
		int message_bytes;
		double message_rate; /* per s; 0: no limit */
		int message_burst;
		double address_rate; /* per s, of all sessions of an address; 0: no limit
				      */
		int address_burst;
		double connect_rate; /* sessions per s that an address opens; 0: no limit
				      */
		int connect_burst;
		int hook_burst; /* hooks of a client; full again in 60 s; 0: no limit */
		int address_rooms; /* that an address makes in an hour; 0: no limit */
		int queue_bytes;
		int name_bytes;
		int room_bytes;
	} limits;
	struct {
		int ping_s;
		int pong_s;
	} heartbeat;
	struct {
		size_t count;
		struct tail_config *items; /* unique by room */
	} tails;
	struct {
		int level;  /* enum log_level */
		int format; /* enum log_format */
		bool people;
	} log;
	struct config_places *places; /* where the values are set; private */
};

enum option_type {
	OPTION_BOOL,
	OPTION_INT,
	OPTION_LONG,
	OPTION_REAL, /* double */
	OPTION_STRING,
	OPTION_CHOICE, /* int: an index into choices */
	OPTION_LIST,   /* struct string_list */
	/* A list of groups, such as rooms. The value is a struct of a size_t count and a
	 * pointer items to that many structs, which members describes. */
	OPTION_GROUPS,
};

struct config_members;

/* One key of the configuration. The loader, the checks and the dump know only this table.
 * The manual is generated from it, and a test compares the sample file with it. All
 * pointers but path and help may be NULL. */
struct config_option {
	/* "http.port" or "rooms"; for a member of a group in a list, its name alone. The
	 * rows of one group follow each other. */
	const char *path;
	enum option_type type;
	bool live;      /* a reload applies it; otherwise a restart is needed */
	bool stays_set; /* of a live string: to set it or to empty it needs a restart */
	bool unique;    /* of a string member: different in every group of the list */
	bool ignores_case; /* of a unique or different string: by more than ASCII case */
	size_t offset;     /* in struct config, or in the struct of the group */
	long min, max; /* of a number; of the length in bytes of a string or list item */
	/* The default as libconfig text, e.g. "\"lobby\"". NULL: the default is found at
	 * run time (http.root), or the member is required. */
	const char *preset;
	const char *const *choices; /* for OPTION_CHOICE: words, NULL at the end */
	/* One more check of a string or list item whose length is right. Returns NULL or
	 * what it must be ("must be an IP address or \"localhost\""). */
	const char *(*check)(const char *value);
	/* Of a string: an int option that limits its bytes further. */
	const char *limit;
	/* A string that must be given if this string is, or if this choice has the value
	 * needs_at. */
	const char *needs;
	int needs_at;
	/* Of a string member: paths of options that must have another value, NULL at the
	 * end. They are strings, or lists of groups with a unique member. */
	const char *const *differs;
	const char *mask; /* of a secret string: what the dump prints instead */
	const struct config_members *members; /* for OPTION_GROUPS */
	const char *unit;                     /* "s", "bytes", … */
	const char *help;                     /* one sentence without the full stop */
};

/* The members of the groups of a list. None is a list of groups itself. */
struct config_members {
	const struct config_option *options;
	size_t count;
	size_t size; /* of the struct of one group */
	/* Check a whole group after its members. A string that was wrong is NULL. Returns
	 * NULL or what is wrong ("token_file or token_sha256 is missing"). May be NULL.
	 */
	const char *(*check)(const void *group);
};

/* The options in the order of the dump and the manual. */
extern const struct config_option config_options[];
extern const size_t config_option_count;

/* Errors of a configuration, one line each: "FILE:LINE: message", "FILE: message" if the
 * file cannot be read, or "-s KEY=VALUE: message" for a setting of the command line.
 * Whatever the input was, every line is valid UTF-8 without control characters. All zero
 * is empty. */
struct config_errors {
	size_t count;
	char **lines;
};

/* Most files of one configuration, without the included ones. */
#define CONFIG_FILES_MAX 64

/* What a configuration is loaded from. */
struct config_input {
	const char *const *paths; /* of files */
	size_t path_count;
	const char *const *settings; /* KEY=VALUE */
	size_t setting_count;
	const char *default_root; /* http.root unless it is set */
};

/* Load the configuration: defaults, then the files in their order, then the settings. All
 * errors are appended to errors, not only the first. Returns the configuration, which the
 * caller gives to config_free, or NULL if there was an error.
 *
 * A file has libconfig's format and at most 1 MiB. @include "FILE" is relative to the
 * folder of the file. A later file replaces the values of earlier ones, but adds to their
 * lists of groups, such as rooms. A setting replaces whole lists.
 *
 * VALUE is a libconfig scalar, or a list such as [ "a", "b" ] or ( { name = "a"; } ). A
 * string or a choice needs no quotes. Nor does a list of one string, unless VALUE begins
 * with one of "[(. The last setting of a key wins. A wrong value is an error even if a
 * later one replaces it. */
struct config *config_load(
	const struct config_input *input, struct config_errors *errors);

/* As config_load, for text instead of files. Errors have name in place of the file's.
 * @include is an error, so that text cannot read files. */
struct config *config_load_text(const char *text, const char *name,
	const char *const *settings, size_t count, const char *default_root,
	struct config_errors *errors);

/* Not a group of a list. */
#define CONFIG_NO_ITEM SIZE_MAX

/* Append a line about the option called path, or about group number item (from 0) of it.
 * It begins with the place where that is set, "FILE:LINE" for example. */
void config_errors_report(struct config_errors *errors, const struct config *config,
	const char *path, size_t item, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Append an error if the HTTP and the line door would listen on one address and port.
 * config_load does not check it, because sockets that systemd passes have their own
 * addresses. */
void config_check_listeners(const struct config *config, struct config_errors *errors);

/* Print the configuration as a file, with a comment above each key. config_load reads it
 * back to the same values, except for secrets, which are masked. The caller checks
 * ferror(out). */
void config_dump(const struct config *config, FILE *out);

/* A difference between a running configuration and a fresh one. */
struct config_change {
	const char *key; /* "http.port"; "rooms" or "rooms.topic" for a list of groups */
	/* The name of the group that is new, gone, or has another value. NULL: the key is
	 * no list of groups. */
	const char *entry;
	const char *from; /* NULL: the group is new */
	const char *to;   /* NULL: the group is gone */
	bool is_kept;     /* a restart is needed */
	size_t more;      /* not 0: so many more groups differ; only key is set */
};

/* Called for each change, of a list of groups at most CONFIG_CHANGES_MAX times and once
 * with more. Secrets are hidden. Values are UTF-8 in one line, and cut after 200 bytes.
 */
typedef void config_on_change(const struct config_change *change);

#define CONFIG_CHANGES_MAX 20

/* Move the values that a reload may change from fresh to config, and their old values to
 * fresh. Replace every pointer into an old value before you free fresh. */
void config_adopt(
	struct config *config, struct config *fresh, config_on_change *on_change);

/* The path of http.address if that is a UNIX socket ("unix:PATH"), or NULL. */
const char *config_unix_path(const char *address);

/* Free a configuration; NULL is fine. */
void config_free(struct config *config);

/* Free the lines. The struct can be used again. */
void config_errors_clear(struct config_errors *errors);
