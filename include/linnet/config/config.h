/* config.h - the configuration: built-in defaults, then one libconfig file, then
 * KEY=VALUE settings of the command line. One const table (config_options) drives
 * parsing, checking and dumping. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A list of strings; owned by the configuration that holds it. */
struct string_list {
	size_t count;
	char **items;
};

/* A room that always exists. */
struct room_config {
	char *name;
	char *topic; /* "" if there is none */
};

/* A token, by which programs show that they may push. */
struct token_config {
	char *name;
	char *token_file;   /* what the token is read from; "" if token_sha256 is given */
	char *token_sha256; /* 64 hex digits; "" if token_file is given */
	struct string_list rooms; /* that it is for; none: every room */
	bool admin;
};

/* A log file that a room shows. */
struct tail_config {
	char *room; /* neither chat.default_room nor one of rooms */
	char *path; /* absolute */
	int lines;  /* that are there for who comes late */
	int rate;   /* lines per s */
};

/* The values of auth.mode. */
enum auth_mode_choice {
	AUTH_OPEN,
	AUTH_JWT, /* who shows a token */
};

/* The values of store.driver. */
enum store_driver_choice {
	STORE_SQLITE,
	STORE_MEMORY,
};

/* The values of store.sync. */
enum store_sync_choice {
	STORE_SYNC_NORMAL,
	STORE_SYNC_FULL, /* fsync before every ack */
};

/* The effective configuration. Every string is non-NULL and owned by the struct. */
struct config {
	struct {
		char *address;                      /* IP address or "localhost" */
		int port;                           /* 0..65535, 0: the kernel chooses */
		char *root;                         /* the page's folder */
		char *tls_certificate;              /* PEM file; "": no TLS */
		char *tls_key;                      /* as tls_certificate */
		struct string_list allowed_origins; /* "*" or scheme://host[:port] */
		struct string_list trusted_proxies; /* IP addresses or prefixes of such */
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
		struct room_config *items; /* no two of one name */
	} rooms;
	struct {
		int driver; /* enum store_driver_choice */
		char *path;
		int sync;          /* enum store_sync_choice */
		int keep_messages; /* of each room; 0: all */
		int keep_days;     /* 0: for ever */
	} store;
	struct {
		int mode;              /* enum auth_mode_choice */
		char *jwt_secret_file; /* "": none; given where the mode is AUTH_JWT */
		struct {
			size_t count;
			struct token_config *items; /* no two of one name */
		} tokens;
	} auth;
	struct {
		int connections;
		int per_address;
		int message_bytes;
		double message_rate; /* per s; 0: no limit */
		int message_burst;
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
		struct tail_config *items; /* no two of one room */
	} tails;
	struct {
		int level;  /* enum log_level */
		int format; /* enum log_format */
	} log;
};

enum option_type {
	OPTION_BOOL,
	OPTION_INT,
	OPTION_REAL, /* a double */
	OPTION_STRING,
	OPTION_CHOICE, /* an int: the index of the word in choices */
	OPTION_LIST,   /* a struct string_list */
	OPTION_GROUPS, /* a list of groups, such as rooms: a struct of a size_t count and
			* a pointer items to that many structs, which members describes */
};

struct config_members;

/* One key. A row is all there is to say about it: the loader, the checks, the dump, the
 * sample file and the documents follow. */
struct config_option {
	const char *path; /* "http.port", "rooms", or "name" for a member of a group of a
			   * list; the rows of a group stand together */
	enum option_type type;
	bool live;          /* a reload changes it; else a restart is needed */
	bool unique;        /* a string member: differs in all groups of the list */
	size_t offset;      /* in struct config, or in that of the group */
	long min, max;      /* of a number; of the bytes of a string or list item */
	const char *preset; /* the default as libconfig text, e.g. "\"lobby\"";
			     * NULL: it is found at run time (http.root), and a
			     * member has to be given */
	const char *const *choices; /* OPTION_CHOICE: words, NULL at the end */
	/* Further check of a string or list item of the right length; NULL if fine, else
	 * what it must be ("must be an IP address or \"localhost\""). */
	const char *(*check)(const char *value);
	const char *limit; /* of a string: the int option that may allow fewer bytes than
			    * max ("limits.room_bytes"), or NULL */
	const char
		*with; /* of a string: the one that is "" only if this one is, or NULL */
	const char *needs; /* of a choice: the string that is not "" where the value is
			    * needs_at, or NULL */
	int needs_at;
	/* Of a string member: the options that it must differ from, NULL at the end:
	 * strings, or lists of groups with a unique member. NULL: it may be anything. */
	const char *const *differs;
	const char *mask; /* of a string that is a secret: what the dump has in its place;
			   * NULL: it is none */
	const struct config_members *members; /* OPTION_GROUPS */
	const char *unit;                     /* "s", "bytes", or NULL */
	const char *help;                     /* one sentence without the full stop */
};

/* What the groups of a list are made of. No member is a list of groups. */
struct config_members {
	const struct config_option *options;
	size_t count;
	size_t size; /* of the struct of one group */
	/* Check of a whole group, whose members are good: NULL if fine, else what is
	 * wrong ("token_file or token_sha256 is missing"). NULL: there is none. */
	const char *(*check)(const void *group);
};

/* The table, in the order in which keys are dumped and documented. */
extern const struct config_option config_options[];
extern const size_t config_option_count;

/* What is wrong with a configuration, one line each: "FILE:LINE: message", "FILE:
 * message" if the file cannot be read, or "-s KEY=VALUE: message" for a setting of the
 * command line. Every line is valid UTF-8 without control characters, whatever the input
 * was. All zero is empty. */
struct config_errors {
	size_t count;
	char **lines;
};

/* Read the configuration: defaults, then the file at path (NULL: no file), then count
 * settings of the form KEY=VALUE. default_root is the page's folder where the file names
 * none; it is copied. Every error is appended to errors, not only the first. Returns the
 * configuration, which the caller gives to config_free, or NULL if there was any error.
 *
 * The file is libconfig's format, at most 1 MiB. @include "FILE" is relative to the
 * folder of path. VALUE is a libconfig scalar or, for a list, [ "a", "b" ] or
 * ( { name = "a"; } ); for a string, a choice or a list of one string, a VALUE that
 * begins with none of "[( is taken as it stands. The last setting of a key wins, and an
 * error in a value that a later one replaces is still one. */
struct config *config_load(const char *path, const char *const *settings, size_t count,
	const char *default_root, struct config_errors *errors);

/* As config_load, from text instead of a file; name stands where the file's would.
 * @include is an error here: text reaches no file. */
struct config *config_load_text(const char *text, const char *name,
	const char *const *settings, size_t count, const char *default_root,
	struct config_errors *errors);

/* Print the configuration as a file that config_load reads back to the same values, but
 * for secrets, which are masked; each key under a comment of what it does. Errors are
 * left in ferror(out). */
void config_dump(const struct config *config, FILE *out);

/* Take over from fresh what a reload may change, and give it what that replaces.
 * Everything that points into a changed value of config is to be looked up again before
 * fresh is freed. on_kept is called with the path of each key that differs and needs a
 * restart. */
void config_adopt(struct config *config, struct config *fresh,
	void (*on_kept)(void *context, const char *path), void *context);

/* Free a configuration; NULL is fine. */
void config_free(struct config *config);

/* Free the lines, not the struct; it may be used again. */
void config_errors_clear(struct config_errors *errors);
