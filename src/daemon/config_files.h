/* config_files.h - which configuration files are read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/config/config.h"

/* Read without -c: the file, if it exists, and the *.cfg files of the folder, by name. */
#define CONFIG_FILES_MAIN "/etc/linnet/linnet.cfg"
#define CONFIG_FILES_FOLDER "/etc/linnet/conf.d"

struct config_files {
	struct config_input input; /* without paths: the default files */
	bool has_main; /* CONFIG_FILES_MAIN was read once and has to be there */
};

/* Load the configuration. on_file (may be NULL) is called with the path of each file, or
 * once with NULL if there is none. Returns as config_load. A default file that is gone
 * since an earlier load is an error: the built-in defaults have no tokens. */
struct config *config_files_load(struct config_files *files,
	void (*on_file)(const char *path), struct config_errors *errors);
