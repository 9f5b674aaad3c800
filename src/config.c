#include "linnet/config.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "linnet/xalloc.h"

#define SHOWN_BYTES 80    /* of a value or a name in a message */
#define SETTING_BYTES 200 /* of KEY=VALUE in a message */

/* Where the value of an option came from: a check that looks at several options is
 * reported there. */
struct origin {
	char *where;
	size_t step; /* the later it was set, the larger */
	bool bad;    /* some value was refused */
};

/* One load under way. */
struct load {
	struct config *config;
	struct config_errors *errors;
	struct origin *origins; /* one for each option */
	size_t step;
	bool incomplete; /* part of the file could not be read */
};

static struct origin *
origin_of(const struct load *load, const struct config_option *option)
{
	return &load->origins[option - config_options];
}

/* Give the option the value of the setting, or report why not. */
static void
set_value(struct load *load, const struct config_option *option,
	const config_setting_t *setting, const char *where)
{
	struct origin *origin = origin_of(load, option);

	if (!config_value_set(load->config, option, setting, where, load->errors)) {
		origin->bad = true;
		return;
	}
	free(origin->where);
	origin->where = xstrdup(where);
	origin->step = ++load->step;
}

static void
report_unknown_key(struct load *load, const char *path, const char *where)
{
	const struct config_option *near = config_option_suggest(path);
	char *shown = config_escape(path, SHOWN_BYTES, ESCAPE_FOR_STRING);

	if (near)
		config_errors_add(load->errors, where,
			"unknown key \"%s\", did you mean \"%s\"?", shown, near->path);
	else
		config_errors_add(load->errors, where, "unknown key \"%s\"", shown);
	free(shown);
}

/* Take the settings of a group. group is its name in the table, or, where there is none
 * that is near, the name in the file: then every key is unknown. */
static void
take_group(struct load *load, const struct config_source *source,
	const config_setting_t *setting, const char *group)
{
	for (int i = 0; i < config_setting_length(setting); i++) {
		const config_setting_t *key =
			config_setting_get_elem(setting, (unsigned)i);
		char *where =
			config_source_where(source, config_setting_source_line(key));
		char *path = config_format("%s.%s", group, config_setting_name(key));
		const struct config_option *option = config_option_find(path);

		if (!option)
			report_unknown_key(load, path, where);
		else if (config_setting_type(key) != CONFIG_TYPE_NONE)
			set_value(load, option, key, where);
		free(path);
		free(where);
	}
}

/* A group that is not in the table. Its keys are checked as if it were the group that was
 * most likely meant, so that their errors show as well. */
static void
take_unknown_group(struct load *load, const struct config_source *source,
	const config_setting_t *setting, const char *where)
{
	const char *name = config_setting_name(setting);
	char *shown = config_escape(name, SHOWN_BYTES, ESCAPE_FOR_STRING);
	char *near = config_group_suggest(name);

	if (near)
		config_errors_add(load->errors, where,
			"unknown group \"%s\", did you mean \"%s\"?", shown, near);
	else if (config_setting_length(setting) == 0)
		config_errors_add(load->errors, where, "unknown group \"%s\"", shown);
	take_group(load, source, setting, near ? near : name);
	free(near);
	free(shown);
}

static void
take_setting(struct load *load, const struct config_source *source,
	const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	char *where = config_source_where(source, config_setting_source_line(setting));
	bool known = config_group_exists(name);

	if (config_setting_is_group(setting)) {
		if (known)
			take_group(load, source, setting, name);
		else
			take_unknown_group(load, source, setting, where);
	} else if (!known) {
		report_unknown_key(load, name, where);
	} else if (config_setting_type(setting) != CONFIG_TYPE_NONE) {
		char *found = config_value_found(setting);
		config_errors_add(load->errors, where,
			"%s must be a group, as in %s = { ... }, is %s", name, name,
			found);
		free(found);
	}
	free(where);
}

/* Take all that a file says; frees what source owns. What stands before a syntax error is
 * still checked. A source that is broken ends early, which is no further error. */
static void
take_source(struct load *load, struct config_source *source)
{
	config_t tree;

	config_init(&tree);
	load->incomplete = source->incomplete || source->broken;
	if (source->text && !config_read_string(&tree, source->text) && !source->broken) {
		char *where =
			config_source_where(source, (unsigned)config_error_line(&tree));
		config_errors_add(load->errors, where, "%s", config_error_text(&tree));
		load->incomplete = true;
		free(where);
	}
	const config_setting_t *root = config_root_setting(&tree);
	for (int i = 0; i < config_setting_length(root); i++)
		take_setting(load, source, config_setting_get_elem(root, (unsigned)i));
	config_destroy(&tree);
	config_source_free(source);
}

/* Parse text that must be one value to tree, which the caller destroys. Returns the
 * value, or NULL. The text stands in a list of its own, which keeps it from being more
 * than that: "1; x = 2" is no item, and "1), x = (2" makes a second setting, which is
 * counted. */
static const config_setting_t *
parse_value(config_t *tree, const char *text)
{
	struct config_errors ignored = { 0 };
	struct config_source source = { .errors = &ignored };
	char *whole = config_format("value = (%s\n);", text);
	const config_setting_t *value = NULL;

	config_source_take(&source, whole, "");
	if (ignored.count == 0 && !source.has_comments &&
		config_read_string(tree, source.text)) {
		const config_setting_t *root = config_root_setting(tree);
		const config_setting_t *list = config_setting_get_elem(root, 0);
		if (config_setting_length(root) == 1 && config_setting_length(list) == 1)
			value = config_setting_get_elem(list, 0);
	}
	config_source_free(&source);
	config_errors_clear(&ignored);
	free(whole);
	return value;
}

/* True if value, of the command line, is meant as it stands and not as libconfig text. */
static bool
is_bare(const struct config_option *option, const char *value)
{
	switch (option->type) {
	case OPTION_STRING:
	case OPTION_CHOICE:
		return *value != '"';
	case OPTION_LIST:
		return !*value || !strchr("\"[(", *value);
	default:
		return false;
	}
}

/* Report text that is not one libconfig value. */
static void
refuse_text(struct load *load, const struct config_option *option, const char *text,
	const char *where)
{
	char *shown = config_escape(text, SHOWN_BYTES, ESCAPE_FOR_STRING);
	char *wanted = config_value_wanted(option);

	config_errors_add(
		load->errors, where, "%s %s, is \"%s\"", option->path, wanted, shown);
	origin_of(load, option)->bad = true;
	free(wanted);
	free(shown);
}

/* Give the option the value that text stands for. */
static void
set_text(struct load *load, const struct config_option *option, const char *text,
	const char *where)
{
	char *escaped = config_escape(text, SIZE_MAX, ESCAPE_FOR_STRING);
	char *quoted = config_format("\"%s\"", escaped);
	config_t tree;

	config_init(&tree);
	const config_setting_t *setting =
		parse_value(&tree, is_bare(option, text) ? quoted : text);
	/* A string alone is a list: the one that parse_value put it into. */
	if (setting && option->type == OPTION_LIST && config_setting_get_string(setting))
		setting = config_setting_parent(setting);
	if (setting)
		set_value(load, option, setting, where);
	else
		refuse_text(load, option, text, where);
	config_destroy(&tree);
	free(quoted);
	free(escaped);
}

/* Take one KEY=VALUE of the command line. */
static void
take_argument(struct load *load, const char *argument)
{
	const char *equals = strchr(argument, '=');
	char *key = xstrndup(argument, strcspn(argument, "="));
	char *shown = config_escape(argument, SETTING_BYTES, ESCAPE_FOR_LINE);
	char *where = config_format("-s %s", shown);
	const struct config_option *option = config_option_find(key);

	if (!equals)
		config_errors_add(load->errors, where, "must be KEY=VALUE");
	else if (option)
		set_text(load, option, equals + 1, where);
	else if (config_group_exists(key))
		config_errors_add(
			load->errors, where, "%s is a group; name one of its keys", key);
	else
		report_unknown_key(load, key, where);
	free(where);
	free(shown);
	free(key);
}

static void
check_default_room(struct load *load)
{
	const struct config_option *room = config_option_find("chat.default_room");
	const struct config_option *limit = config_option_find("limits.room_bytes");
	const struct origin *room_origin = origin_of(load, room);
	const struct origin *limit_origin = origin_of(load, limit);
	bool limit_last = limit_origin->step > room_origin->step;
	const char *where = limit_last ? limit_origin->where : room_origin->where;
	size_t length = strlen(load->config->chat.default_room);

	if (room_origin->bad || limit_origin->bad ||
		length <= (size_t)load->config->limits.room_bytes)
		return;
	config_errors_add(load->errors, where,
		"chat.default_room has %zu bytes, limits.room_bytes is %d", length,
		load->config->limits.room_bytes);
}

/* Set every option to its default, which is parsed and checked like any other value. */
static void
set_presets(struct load *load, const char *default_root)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		if (option->preset)
			set_text(load, option, option->preset, "default");
	}
	load->config->http.root = xstrdup(default_root);
}

/* Make a configuration of the defaults, the text or else the file of that name (NULL: no
 * file), and the settings of the command line. Returns NULL after errors. */
static struct config *
load_all(const char *name, const char *text, const char *const *settings, size_t count,
	const char *default_root, struct config_errors *errors)
{
	struct config_source source = { .errors = errors };
	struct load load = { .errors = errors };
	size_t before = errors->count;

	load.config = xcalloc(1, sizeof(*load.config));
	load.origins = xcalloc(config_option_count, sizeof(*load.origins));
	set_presets(&load, default_root);
	if (text)
		config_source_take(&source, text, name);
	else if (name)
		config_source_read(&source, name);
	if (name)
		take_source(&load, &source);
	for (size_t i = 0; i < count; i++)
		take_argument(&load, settings[i]);
	if (!load.incomplete)
		check_default_room(&load);
	for (size_t i = 0; i < config_option_count; i++)
		free(load.origins[i].where);
	free(load.origins);
	if (errors->count == before)
		return load.config;
	config_free(load.config);
	return NULL;
}

struct config *
config_load(const char *path, const char *const *settings, size_t count,
	const char *default_root, struct config_errors *errors)
{
	return load_all(path, NULL, settings, count, default_root, errors);
}

struct config *
config_load_text(const char *text, const char *name, const char *const *settings,
	size_t count, const char *default_root, struct config_errors *errors)
{
	return load_all(name, text, settings, count, default_root, errors);
}

/* Print what an option takes, as the end of its comment. */
static void
print_range(const struct config_option *option, FILE *out)
{
	if (option->type == OPTION_CHOICE) {
		for (const char *const *word = option->choices; *word; word++)
			fprintf(out, "%s%s", word == option->choices ? " (" : ", ",
				*word);
		fputs(")", out);
	} else if (option->type == OPTION_INT || option->unit) {
		fprintf(out, " (%ld..%ld%s%s)", option->min, option->max,
			option->unit ? " " : "", option->unit ? option->unit : "");
	}
}

void
config_dump(const struct config *config, FILE *out)
{
	const char *group = "";
	size_t length = 0;

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		const char *leaf = strchr(option->path, '.') + 1;
		if (strncmp(option->path, group, length + 1) != 0) {
			fputs(i ? "};\n\n" : "", out);
			group = option->path;
			length = (size_t)(leaf - 1 - group);
			fprintf(out, "%.*s = {\n", (int)length, group);
		}
		fprintf(out, "\t# %s", option->help);
		print_range(option, out);
		fprintf(out, ".\n\t%s = ", leaf);
		config_value_print(config, option, out);
		fputs(";\n", out);
	}
	fputs("};\n", out);
}

void
config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config_option_count; i++)
		config_value_free(config, &config_options[i]);
	free(config);
}
