#include "linnet/config/config.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* A file, or a text. */
struct config_file {
	struct config_source source;
	config_t tree; /* the source, parsed by libconfig */
	struct config_place place;
};

/* The state of one load. */
struct config_loading {
	struct config *config;
	struct config_errors *errors;
	struct config_origin *origins; /* one for each option */
	size_t step;
	struct config_file *files;
	size_t file_count;
	const struct config_place *place; /* of the file that is being loaded */
};

static struct config_origin *
config_load_origin(const struct config_loading *load, const struct config_option *option)
{
	return &load->origins[option - config_options];
}

static void
config_origin_clear_items(struct config_origin *origin)
{
	for (size_t i = 0; i < origin->item_count; i++)
		free((char *)origin->items[i].place.within);
	free(origin->items);
	origin->items = NULL;
	origin->item_count = 0;
}

/* Remember where the groups that were just added to the list come from. */
static void
config_load_items(struct config_loading *load, const struct config_option *option,
	const config_setting_t *setting, const struct config_place *place)
{
	struct config_origin *origin = config_load_origin(load, option);
	size_t first = origin->item_count;

	origin->item_count = config_groups_get(load->config, option).count;
	if (origin->item_count == first)
		return;
	origin->items =
		xrealloc(origin->items, origin->item_count * sizeof(*origin->items));
	for (size_t i = first; i < origin->item_count; i++) {
		struct config_origin *item = &origin->items[i];
		unsigned index = (unsigned)(i - first);

		*item = (struct config_origin){ .place = *place, .step = load->step + 1 };
		item->place.within = config_groups_name(option, index);
		if (place->source)
			item->setting = config_setting_get_elem(setting, index);
	}
}

/* Set the option from the setting, or report the error. A file adds to a list of groups;
 * a setting of the command line replaces it. */
static void
config_load_value(struct config_loading *load, const struct config_option *option,
	const config_setting_t *setting, const struct config_place *place)
{
	struct config_origin *origin = config_load_origin(load, option);
	const struct config_target target = {
		.base = load->config,
		.option = option,
		.setting = setting,
		.place = place,
		.errors = load->errors,
	};

	if (config_setting_type(setting) == CONFIG_TYPE_NONE)
		return; /* a syntax error cut the text before the value */
	if (option->members && !place->source) {
		config_groups_clear(load->config, option);
		config_origin_clear_items(origin);
	}
	bool good = config_value_set(&target);
	if (option->members)
		config_load_items(load, option, setting, place);
	if (!good) {
		origin->bad = true;
		return;
	}
	origin->place = *place;
	origin->setting = place->source ? setting : NULL;
	origin->step = ++load->step;
}

/* Load the settings of a group. group is its name in the table. If no name there is near,
 * it is the name in the file, and every key is reported as unknown. */
static void
config_load_group(
	struct config_loading *load, const config_setting_t *setting, const char *group)
{
	for (int i = 0; i < config_setting_length(setting); i++) {
		const config_setting_t *key =
			config_setting_get_elem(setting, (unsigned)i);
		char *path = xasprintf("%s.%s", group, config_setting_name(key));
		const struct config_option *option =
			config_option_find(&config_root, path);

		if (option)
			config_load_value(load, option, key, load->place);
		else
			config_report_unknown(load->errors, load->place, key, path,
				config_option_suggest(&config_root, path));
		free(path);
	}
}

/* Report a group that is not in the table. If another group was probably meant, its keys
 * are checked as that group's, so that their errors are reported at once. */
static void
config_load_unknown_group(struct config_loading *load, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	char *near = config_group_suggest(name);
	const struct config_option *key = config_option_suggest(&config_root, name);

	if (near) {
		config_report(load->errors, load->place, setting,
			"unknown group \"%s\", did you mean \"%s\"?",
			config_show(name).text, near);
		config_load_group(load, setting, near);
	} else if (key && !strchr(key->path, '.')) {
		config_report_unknown(load->errors, load->place, setting, name, key);
	} else if (config_setting_length(setting) == 0) {
		config_report(load->errors, load->place, setting,
			"unknown group \"%s\"; linnet.cfg(5) lists all keys",
			config_show(name).text);
	} else {
		config_load_group(load, setting, name);
	}
	free(near);
}

static void
config_report_no_group(struct config_loading *load, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	char *found = config_value_found(setting);

	config_report(load->errors, load->place, setting,
		"%s must be a group, as in %s = { ... }, is %s", name, name, found);
	free(found);
}

static void
config_load_setting(struct config_loading *load, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	const struct config_option *option = config_option_find(&config_root, name);
	bool is_group = config_setting_is_group(setting);
	bool known = config_group_exists(name);

	if (option)
		config_load_value(load, option, setting, load->place);
	else if (is_group && known)
		config_load_group(load, setting, name);
	else if (is_group)
		config_load_unknown_group(load, setting);
	else if (!known)
		config_report_unknown(load->errors, load->place, setting, name,
			config_option_suggest(&config_root, name));
	else if (config_setting_type(setting) != CONFIG_TYPE_NONE)
		config_report_no_group(load, setting);
}

/* libconfig's text of a syntax error in plain words. */
static const char *
config_syntax_text(const char *text)
{
	static const char *const texts[][2] = {
		{ "syntax error",
			"this is not libconfig's format; write GROUP = { KEY = VALUE; }; "
			"with strings in quotes, and look for a missing \";\" or bracket "
			"before it" },
		{ "duplicate setting name",
			"this name is already used above; remove one of the two, or "
			"write both groups as one" },
		{ "mismatched element type in array",
			"the items of a list in [ ] must all have the same type" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(text, texts[i][0]))
			return texts[i][1];
	return text;
}

/* Load all settings of the file. Settings before a syntax error are still checked. A
 * broken source was reported before; libconfig's error for it is not. */
static void
config_load_file(struct config_loading *load, struct config_file *file)
{
	struct config_source *source = &file->source;

	load->place = &file->place;
	if (source->text.bytes && !config_read_string(&file->tree, source->text.bytes) &&
		!source->broken) {
		char *where = config_source_where(
			source, (unsigned)config_error_line(&file->tree));
		config_errors_add(load->errors, where, "%s",
			config_syntax_text(config_error_text(&file->tree)));
		source->broken = true;
		free(where);
	}
	const config_setting_t *root = config_root_setting(&file->tree);
	for (int i = 0; i < config_setting_length(root); i++)
		config_load_setting(load, config_setting_get_elem(root, (unsigned)i));
}

/* Parse text, which must be one value. Returns the value, or NULL. The caller destroys
 * tree. The text is wrapped in a list, so that nothing else can be smuggled in: "1; x =
 * 2" is not a list item, and "1), x = (2" makes a second setting, which the count
 * reveals. */
static const config_setting_t *
config_parse_value(config_t *tree, const char *text)
{
	struct config_errors ignored = { 0 };
	struct config_source source = { .errors = &ignored };
	char *whole = xasprintf("value = (%s\n);", text);
	const config_setting_t *value = NULL;

	config_source_take(&source, whole, "");
	if (ignored.count == 0 && !source.has_comments &&
		config_read_string(tree, source.text.bytes)) {
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

/* True if a VALUE of the command line is a string without quotes, not libconfig text. */
static bool
config_is_bare(const struct config_option *option, const char *value)
{
	if (option->type == OPTION_LIST)
		return !*value || !strchr("\"[(", *value);
	return (option->type == OPTION_STRING || option->type == OPTION_CHOICE) &&
	       *value != '"';
}

/* Report text that is not one libconfig value. */
static void
config_refuse_text(struct config_loading *load, const struct config_option *option,
	const char *text, const struct config_place *place)
{
	char *wanted = config_value_wanted(option);

	config_report(load->errors, place, NULL, "%s %s, is \"%s\"", option->path, wanted,
		config_show(text).text);
	config_load_origin(load, option)->bad = true;
	free(wanted);
}

/* Set the option from the VALUE of a setting or from its default. */
static void
config_parse_option(struct config_loading *load, const struct config_option *option,
	const char *text, const struct config_place *place)
{
	char *escaped = config_escape(text, SIZE_MAX, ESCAPE_FOR_STRING);
	char *quoted = xasprintf("\"%s\"", escaped);
	config_t tree;

	config_init(&tree);
	const config_setting_t *setting =
		config_parse_value(&tree, config_is_bare(option, text) ? quoted : text);
	/* One string sets the whole list: use the list that config_parse_value made. */
	if (setting && option->type == OPTION_LIST && config_setting_get_string(setting))
		setting = config_setting_parent(setting);
	if (setting)
		config_load_value(load, option, setting, place);
	else
		config_refuse_text(load, option, text, place);
	config_destroy(&tree);
	free(quoted);
	free(escaped);
}

/* Load one KEY=VALUE of the command line. */
static void
config_load_argument(struct config_loading *load, const char *argument)
{
	const struct config_place place = { .argument = argument };
	const char *equals = strchr(argument, '=');
	char *key = xstrndup(argument, strcspn(argument, "="));
	const struct config_option *option = config_option_find(&config_root, key);

	if (!equals)
		config_report(load->errors, &place, NULL,
			"must be KEY=VALUE, such as http.port=8080");
	else if (option)
		config_parse_option(load, option, equals + 1, &place);
	else if (config_group_exists(key))
		config_report(load->errors, &place, NULL,
			"%s is a group; set one of its keys, as in %s.KEY=VALUE", key,
			key);
	else
		config_report_unknown(load->errors, &place, NULL, key,
			config_option_suggest(&config_root, key));
	free(key);
}

/* Set every option to its default. Defaults are parsed and checked like other values. */
static void
config_load_presets(struct config_loading *load, const char *default_root)
{
	const struct config_place place = { .argument = NULL };

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		if (option->preset)
			config_parse_option(load, option, option->preset, &place);
	}
	load->config->http.root = xstrdup(default_root);
}

/* Make room for count files. */
static void
config_load_begin(
	struct config_loading *load, const struct config_input *input, size_t count)
{
	load->config = xcalloc(1, sizeof(*load->config));
	load->origins = xcalloc(config_option_count, sizeof(*load->origins));
	load->files = xcalloc(count, sizeof(*load->files));
	load->file_count = count;
	for (size_t i = 0; i < count; i++) {
		load->files[i].source.errors = load->errors;
		load->files[i].place.source = &load->files[i].source;
		config_init(&load->files[i].tree);
	}
	config_load_presets(load, input->default_root);
}

static void
config_load_end(struct config_loading *load)
{
	for (size_t i = 0; i < config_option_count; i++)
		config_origin_clear_items(&load->origins[i]);
	for (size_t i = 0; i < load->file_count; i++) {
		config_destroy(&load->files[i].tree);
		config_source_free(&load->files[i].source);
	}
	free(load->files);
	free(load->origins);
}

/* Load the files, whose sources are read, and the settings. Returns as config_load;
 * before is the count of errors before the files were read. */
static struct config *
config_load_all(
	struct config_loading *load, const struct config_input *input, size_t before)
{
	bool is_cut = false;

	for (size_t i = 0; i < load->file_count; i++) {
		config_load_file(load, &load->files[i]);
		is_cut |= config_source_is_cut(&load->files[i].source);
	}
	for (size_t i = 0; i < input->setting_count; i++)
		config_load_argument(load, input->settings[i]);
	config_check_unique(load->config, load->origins, load->errors);
	if (!is_cut)
		config_cross_check(load->config, load->origins, load->errors);
	load->config->places = config_places_new(load->origins);
	config_load_end(load);
	if (load->errors->count == before)
		return load->config;
	config_free(load->config);
	return NULL;
}

struct config *
config_load_text(const char *text, const char *name, const char *const *settings,
	size_t count, const char *default_root, struct config_errors *errors)
{
	const struct config_input input = {
		.settings = settings,
		.setting_count = count,
		.default_root = default_root,
	};
	struct config_loading load = { .errors = errors };
	size_t before = errors->count;

	config_load_begin(&load, &input, 1);
	config_source_take(&load.files[0].source, text, name);
	return config_load_all(&load, &input, before);
}

struct config *
config_load(const struct config_input *input, struct config_errors *errors)
{
	struct config_loading load = { .errors = errors };
	size_t before = errors->count, count = input->path_count;

	if (count > CONFIG_FILES_MAX) {
		config_errors_add(errors, input->paths[CONFIG_FILES_MAX],
			"there are more than %d configuration files; merge some of them",
			CONFIG_FILES_MAX);
		count = CONFIG_FILES_MAX;
	}
	config_load_begin(&load, input, count);
	for (size_t i = 0; i < count; i++)
		config_source_read(&load.files[i].source, input->paths[i]);
	return config_load_all(&load, input, before);
}

void
config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config_option_count; i++)
		config_value_free(config, &config_options[i]);
	config_places_free(config->places);
	free(config);
}
