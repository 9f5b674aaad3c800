/* replay.c - runs a fuzz target on each file of a folder. It is the main function of
 * builds without libFuzzer. It prints the name of a file before the run, so the last name
 * printed is the file that failed. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* The bytes of the file in a block of exactly their size, so that the address sanitizer
 * finds a read beyond it. NULL if the file cannot be read. */
static uint8_t *
read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long end;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0 &&
		fseek(file, 0, SEEK_SET) == 0) {
		*size = (size_t)end;
		data = malloc(*size > 0 ? *size : 1);
		if (data && fread(data, 1, *size, file) != *size) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	return data;
}

static bool
replay_file(const char *path)
{
	size_t size = 0;
	uint8_t *data = read_file(path, &size);

	if (!data) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return true;
}

int
main(int argc, char **argv)
{
	const struct dirent *entry;
	size_t replayed = 0;
	bool good = true;
	char path[4096];
	DIR *dir;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	dir = opendir(argv[1]);
	if (!dir) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		good = replay_file(path) && good;
		replayed++;
	}
	closedir(dir);
	if (replayed == 0)
		fprintf(stderr, "%s: no file to replay\n", argv[1]);
	return good && replayed > 0 ? 0 : 1;
}
