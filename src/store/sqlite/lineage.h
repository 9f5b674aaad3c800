/* lineage.h - the file -lineage beside the history, which tells at the next start whether
 * the history is whole: it knows the last commit that anybody has seen, how the daemon
 * ended, and itself, so that a copy is told from the original.
 *
 * The file is one line. entries is the sum of the last ids of all rooms, which never goes
 * down in one epoch. changes is the count of changes in the header of the database, which
 * never goes down either. inode and born are the file's own, written is the time of its
 * last change (ctime, in ms): a copy, and a file that something else has written, have
 * others, which no tool can set. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/store/store.h"

/* Bytes of the file, with the newline. */
#define LINEAGE_BYTES 320

/* Bytes of the name of a boot, with a NUL. */
#define LINEAGE_BOOT_BYTES 40

/* What the line says. */
struct lineage_line {
	char epoch[STORE_EPOCH_BYTES + 1];
	uint64_t entries;
	uint32_t changes;
	bool is_synced; /* each commit was on the disk before it was seen */
	bool is_closed; /* everything is on the disk, and the daemon has ended */
	char boot[LINEAGE_BOOT_BYTES];
	uint64_t inode;
	int64_t born_ns; /* 0: the file system does not say */
	int64_t written_ms;
};

struct sqlite_lineage {
	int fd; /* -1: not open */
	struct lineage_line line;
	char text[LINEAGE_BYTES]; /* as it was written last */
	int64_t skew_ms;          /* the file system's clock minus ours */
};

/* What the database says when it is opened. */
struct lineage_facts {
	const char *path;  /* of the database */
	const char *epoch; /* NULL: it is new */
	uint64_t entries;
	uint32_t changes; /* in the file itself, whatever the log has */
	bool is_older;    /* of a version that had no lineage */
};

/* Open the file, or create it. *loss becomes a sentence if the newest messages may be
 * missing in the database, which needs a new epoch then; or NULL. Returns 0 or -errno. */
int sqlite_lineage_open(struct sqlite_lineage *lineage, const struct lineage_facts *facts,
	const char **loss);

/* Write that a daemon runs on this epoch, and wait until that is on the disk. Returns 0
 * or -errno. */
int sqlite_lineage_begin(struct sqlite_lineage *lineage, const char *epoch,
	uint64_t entries, bool is_synced);

/* A commit was made: there are so many entries and changes now. Call it before anybody
 * sees them. Returns 0 or -errno. */
int sqlite_lineage_note(
	struct sqlite_lineage *lineage, uint64_t entries, uint32_t changes);

/* True if something else has written the file. */
bool sqlite_lineage_is_foreign(const struct sqlite_lineage *lineage);

/* Write that the daemon has ended and everything is on the disk. */
void sqlite_lineage_end(struct sqlite_lineage *lineage);

/* Close the file. */
void sqlite_lineage_close(struct sqlite_lineage *lineage);
