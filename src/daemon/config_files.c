#include "daemon/config_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "linnet/base/xalloc.h"

static int
config_files_is_wanted(const struct dirent *entry)
{
	static const char ending[] = ".cfg";
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length >= sizeof(ending) &&
	       !strcmp(entry->d_name + length + 1 - sizeof(ending), ending);
}

static int
config_files_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
config_files_add(struct string_list *paths, char *path)
{
	paths->items = xrealloc(paths->items, (paths->count + 1) * sizeof(*paths->items));
	paths->items[paths->count++] = path;
}

/* Add the files of the folder. If it cannot be read, add itself: config_load reports why.
 */
static void
config_files_add_folder(struct string_list *paths)
{
	struct dirent **entries;
	int count = scandir(CONFIG_FILES_FOLDER, &entries, config_files_is_wanted,
		config_files_compare);

	if (count < 0 && errno != ENOENT && errno != ENOTDIR)
		config_files_add(paths, xstrdup(CONFIG_FILES_FOLDER));
	for (int i = 0; i < count; i++) {
		config_files_add(
			paths, xasprintf(CONFIG_FILES_FOLDER "/%s", entries[i]->d_name));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* A file that cannot be reached, or a link to nowhere, counts: reading it reports why. */
static bool
config_files_find_main(void)
{
	struct stat status;

	return lstat(CONFIG_FILES_MAIN, &status) == 0 ||
	       (errno != ENOENT && errno != ENOTDIR);
}

struct config *
config_files_load(struct config_files *files, void (*on_file)(const char *path),
	struct config_errors *errors)
{
	struct config_input input = files->input;
	struct string_list paths = { 0 };
	bool has_main =
		!input.path_count && (files->has_main || config_files_find_main());
	struct config *config;

	if (has_main)
		config_files_add(&paths, xstrdup(CONFIG_FILES_MAIN));
	if (!input.path_count) {
		config_files_add_folder(&paths);
		input.paths = (const char *const *)paths.items;
		input.path_count = paths.count;
	}
	for (size_t i = 0; on_file && i < input.path_count; i++)
		on_file(input.paths[i]);
	if (on_file && !input.path_count)
		on_file(NULL);
	config = config_load(&input, errors);
	for (size_t i = 0; i < paths.count; i++)
		free(paths.items[i]);
	free(paths.items);
	if (config)
		files->has_main = has_main;
	return config;
}
