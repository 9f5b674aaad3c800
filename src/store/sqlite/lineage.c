#include "store/sqlite/lineage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linnet/base/clock.h"
#include "linnet/base/xalloc.h"

/* The file is closed here and its time taken there: so far may they differ. */
#define SLACK_MS 500

/* After a power loss the file may be as it was a while before its time, which the kernel
 * writes within a minute, or its time be older than the file (mount option lazytime). */
#define POWER_LOSS_SLACK_MS 120000

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define NS_A_SECOND INT64_C(1000000000)
#define NS_A_MS INT64_C(1000000)

/* The name of this boot. Empty if it cannot be known: then it is like no other. In a
 * container it is that of the machine, as it should be: files live in its memory. */
static void
lineage_read_boot(char boot[LINEAGE_BOOT_BYTES])
{
	FILE *file = fopen(BOOT_ID, "re");

	*boot = '\0';
	if (!file)
		return;
	if (fgets(boot, LINEAGE_BOOT_BYTES, file))
		boot[strcspn(boot, "\n")] = '\0';
	fclose(file);
}

/* Read from the file system what the line says of the file itself. Returns 0 or -errno.
 */
static int
lineage_identify(int fd, struct lineage_line *line)
{
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_CTIME | STATX_BTIME, &status) <
		0)
		return -errno;
	line->inode = status.stx_ino;
	line->born_ns =
		status.stx_mask & STATX_BTIME
			? status.stx_btime.tv_sec * NS_A_SECOND + status.stx_btime.tv_nsec
			: 0;
	line->written_ms =
		status.stx_ctime.tv_sec * 1000 + status.stx_ctime.tv_nsec / NS_A_MS;
	return 0;
}

/* Parse text. Returns false if it is no line of ours. */
static bool
lineage_parse(const char *text, struct lineage_line *line)
{
	char sync[8], end[8];
	int length = 0;

	memset(line, 0, sizeof(*line));
	/* NOLINTNEXTLINE(cert-err34-c): a number that is no number ends the scan */
	sscanf(text,
		"linnet-lineage 1 epoch=%16s entries=%" SCNu64 " changes=%" SCNu32
		" sync=%7s end=%7s inode=%" SCNu64 " born=%" SCNd64 " written=%" SCNd64
		" boot=%n",
		line->epoch, &line->entries, &line->changes, sync, end, &line->inode,
		&line->born_ns, &line->written_ms, &length);
	if (!length)
		return false;
	sscanf(text + length, "%39s", line->boot);
	line->is_synced = !strcmp(sync, "full");
	line->is_closed = !strcmp(end, "clean");
	return true;
}

static int64_t
lineage_distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

/* Compare the line with the database and with the file itself. Returns what is wrong, or
 * NULL. */
static const char *
lineage_judge(const struct lineage_line *line, const struct lineage_line *itself,
	const struct lineage_facts *facts)
{
	bool is_same_boot = *itself->boot && !strcmp(line->boot, itself->boot);
	bool is_known = line->is_closed || is_same_boot;

	if (strcmp(line->epoch, facts->epoch) != 0)
		return "it is not the history that was here last";
	if (line->entries > facts->entries)
		return "the newest messages are missing";
	if (is_known && line->changes > facts->changes)
		return "the file is older than its log (-wal)";
	if (line->inode != itself->inode || line->born_ns != itself->born_ns)
		return "it is a copy";
	if (!is_known && !line->is_synced)
		return "the machine stopped before everything was on the disk";
	if (is_known ? lineage_distance(line->written_ms, itself->written_ms) > SLACK_MS
		     : itself->written_ms - line->written_ms > POWER_LOSS_SLACK_MS)
		return "it is a copy, or something else has written its -lineage";
	return NULL;
}

/* Read the text at the start of the file into text. Returns its bytes, which are fewer
 * than LINEAGE_BYTES if the file ends there, or -errno. */
static ssize_t
lineage_get(int fd, char *text)
{
	size_t done = 0;

	while (done < LINEAGE_BYTES) {
		ssize_t n = pread(fd, text + done, LINEAGE_BYTES - done, (off_t)done);

		if (n == 0)
			break;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)done;
}

static const char *
lineage_find_loss(const struct sqlite_lineage *lineage, const struct lineage_facts *facts)
{
	char text[LINEAGE_BYTES + 1];
	ssize_t length = lineage_get(lineage->fd, text);
	struct lineage_line line;

	if (!facts->epoch)
		return length > 0 ? "it is new, and not the one that was here last"
				  : NULL;
	if (length <= 0)
		return facts->is_older ? NULL : "its -lineage is missing";
	text[length] = '\0';
	if (!lineage_parse(text, &line))
		return "its -lineage is damaged";
	return lineage_judge(&line, &lineage->line, facts);
}

int
sqlite_lineage_open(struct sqlite_lineage *lineage, const struct lineage_facts *facts,
	const char **loss)
{
	char *name = xasprintf("%s-lineage", facts->path);
	int r;

	memset(lineage, 0, sizeof(*lineage));
	lineage->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = lineage->fd < 0 ? -errno : lineage_identify(lineage->fd, &lineage->line);
	free(name);
	if (r < 0)
		return r;
	lineage_read_boot(lineage->line.boot);
	*loss = lineage_find_loss(lineage, facts);
	return 0;
}

/* Write all of the text at the start of the file. Returns 0 or -errno. A part of a line
 * would look like the line of another program. */
static int
lineage_put(int fd, const char *text)
{
	size_t done = 0;

	while (done < LINEAGE_BYTES) {
		ssize_t n = pwrite(fd, text + done, LINEAGE_BYTES - done, (off_t)done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return n == 0 ? -ENOSPC : -errno;
	}
	return 0;
}

static int
lineage_write_once(struct sqlite_lineage *lineage)
{
	struct lineage_line *line = &lineage->line;
	char words[LINEAGE_BYTES], text[LINEAGE_BYTES + 1];
	int r;

	line->written_ms = clock_unix_ms() + lineage->skew_ms;
	snprintf(words, sizeof(words),
		"linnet-lineage 1 epoch=%s entries=%" PRIu64 " changes=%" PRIu32
		" sync=%s end=%s inode=%" PRIu64 " born=%" PRId64 " written=%" PRId64
		" boot=%s",
		line->epoch, line->entries, line->changes,
		line->is_synced ? "full" : "normal", line->is_closed ? "clean" : "none",
		line->inode, line->born_ns, line->written_ms, line->boot);
	snprintf(text, sizeof(text), "%-*s\n", LINEAGE_BYTES - 1, words);
	r = lineage_put(lineage->fd, text);
	if (r < 0)
		return r;
	memcpy(lineage->text, text, LINEAGE_BYTES);
	return 0;
}

/* Write the line. It has the time at which the file system says that it was written: if
 * another clock rules there, or this thread was kept waiting, write it again. */
static int
lineage_write(struct sqlite_lineage *lineage)
{
	struct lineage_line itself = { .written_ms = 0 };
	int r;

	for (int i = 0; i < 3; i++) {
		if ((r = lineage_write_once(lineage)) < 0 ||
			(r = lineage_identify(lineage->fd, &itself)) < 0)
			return r;
		if (lineage_distance(itself.written_ms, lineage->line.written_ms) <
			SLACK_MS / 2)
			return 0;
		lineage->skew_ms += itself.written_ms - lineage->line.written_ms;
	}
	return 0;
}

int
sqlite_lineage_begin(struct sqlite_lineage *lineage, const char *epoch, uint64_t entries,
	bool is_synced)
{
	int r;

	snprintf(lineage->line.epoch, sizeof(lineage->line.epoch), "%s", epoch);
	lineage->line.entries = entries;
	lineage->line.is_synced = is_synced;
	lineage->line.is_closed = false;
	r = lineage_write(lineage);
	/* "clean" must be gone from the disk before the first commit. */
	return r < 0 ? r : fsync(lineage->fd) < 0 ? -errno : 0;
}

int
sqlite_lineage_note(struct sqlite_lineage *lineage, uint64_t entries, uint32_t changes)
{
	lineage->line.entries = entries;
	lineage->line.changes = changes;
	return lineage_write(lineage);
}

bool
sqlite_lineage_is_foreign(const struct sqlite_lineage *lineage)
{
	char text[LINEAGE_BYTES];
	ssize_t len = lineage_get(lineage->fd, text);

	/* What cannot be read now is looked at again later. */
	return len >= 0 &&
	       (len != LINEAGE_BYTES || memcmp(text, lineage->text, LINEAGE_BYTES) != 0);
}

void
sqlite_lineage_end(struct sqlite_lineage *lineage)
{
	lineage->line.is_closed = true;
	/* If it fails, the next start takes it that the daemon was killed. */
	if (lineage_write(lineage) == 0)
		fsync(lineage->fd);
}

void
sqlite_lineage_close(struct sqlite_lineage *lineage)
{
	if (lineage->fd >= 0)
		close(lineage->fd);
	lineage->fd = -1;
}
