/* What a reload changes in a running configuration. */
#include <string.h>

#include "config/config_private.h"

static size_t
diff_value_size(const struct config_option *option)
{
	switch (option->type) {
	case OPTION_BOOL:
		return sizeof(bool);
	case OPTION_LONG:
		return sizeof(long);
	case OPTION_REAL:
		return sizeof(double);
	case OPTION_STRING:
		return sizeof(char *);
	case OPTION_LIST:
		return sizeof(struct string_list);
	case OPTION_GROUPS:
		return sizeof(struct config_groups);
	default:
		return sizeof(int);
	}
}

static bool
diff_are_lists_equal(const struct string_list *a, const struct string_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool diff_is_equal(
	const void *a, const void *b, const struct config_option *option);

static bool
diff_are_groups_equal(const void *a, const void *b, const struct config_option *option)
{
	struct config_groups x = config_groups_get(a, option);
	struct config_groups y = config_groups_get(b, option);

	if (x.count != y.count)
		return false;
	for (size_t i = 0; i < x.count; i++)
		for (size_t j = 0; j < option->members->count; j++)
			if (!diff_is_equal(config_groups_item(&x, option, i),
				    config_groups_item(&y, option, i),
				    &option->members->options[j]))
				return false;
	return true;
}

static bool
diff_is_equal(const void *a, const void *b, const struct config_option *option)
{
	const void *x = config_value_at(a, option), *y = config_value_at(b, option);

	switch (option->type) {
	case OPTION_STRING:
		return !strcmp(*(char *const *)x, *(char *const *)y);
	case OPTION_LIST:
		return diff_are_lists_equal(x, y);
	case OPTION_GROUPS:
		return diff_are_groups_equal(a, b, option);
	default:
		return !memcmp(x, y, diff_value_size(option));
	}
}

static void
diff_swap(struct config *a, struct config *b, const struct config_option *option)
{
	void *x = config_value_at(a, option), *y = config_value_at(b, option);
	unsigned char kept[sizeof(struct config_groups)]; /* no value is larger */
	size_t size = diff_value_size(option);

	memcpy(kept, x, size);
	memcpy(x, y, size);
	memcpy(y, kept, size);
}

void
config_adopt(struct config *config, struct config *fresh,
	void (*on_kept)(void *context, const char *path), void *context)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->live)
			diff_swap(config, fresh, option);
		else if (!diff_is_equal(config, fresh, option))
			on_kept(context, option->path);
	}
}
