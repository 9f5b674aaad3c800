/* Where the values of a configuration are set. The files are gone by then. */
#include <stdarg.h>
#include <stdlib.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

/* The places of one option. */
struct where_option {
	char *where; /* "FILE:LINE" */
	bool is_default;
	size_t count;
	char **items; /* of each group of a list: "FILE:LINE: rooms item 1" */
};

struct config_places {
	struct where_option *options; /* one for each option */
};

struct config_places *
config_places_new(const struct config_origin *origins)
{
	struct config_places *places = xcalloc(1, sizeof(*places));

	places->options = xcalloc(config_option_count, sizeof(*places->options));
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_origin *origin = &origins[i];
		struct where_option *option = &places->options[i];

		option->where = config_where(&origin->place, origin->setting);
		option->is_default = !origin->place.source && !origin->place.argument;
		option->count = origin->item_count;
		option->items = xcalloc(option->count, sizeof(*option->items));
		for (size_t j = 0; j < option->count; j++) {
			const struct config_origin *item = &origin->items[j];
			char *where = config_where(&item->place, item->setting);

			option->items[j] = xasprintf("%s: %s", where, item->place.within);
			free(where);
		}
	}
	return places;
}

void
config_places_free(struct config_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < config_option_count; i++) {
		struct where_option *option = &places->options[i];

		for (size_t j = 0; j < option->count; j++)
			free(option->items[j]);
		free(option->items);
		free(option->where);
	}
	free(places->options);
	free(places);
}

static const struct where_option *
where_find(const struct config *config, const char *path)
{
	const struct config_option *option = config_option_find(&config_root, path);

	return &config->places->options[option - config_options];
}

bool
config_is_default(const struct config *config, const char *path)
{
	return where_find(config, path)->is_default;
}

void
config_errors_report(struct config_errors *errors, const struct config *config,
	const char *path, size_t item, const char *format, ...)
{
	const struct where_option *place = where_find(config, path);
	const char *where = item == CONFIG_NO_ITEM ? place->where : place->items[item];
	va_list arguments;

	va_start(arguments, format);
	char *message = xvasprintf(format, arguments);
	va_end(arguments);
	config_errors_add(errors, where, "%s", message);
	free(message);
}
