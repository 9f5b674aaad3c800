/* Preloaded into the daemon: one call of a kind fails, as the kernel or the C library may
 * let it fail. A test writes the plan into the file that $FAULT_PLAN names, at any time,
 * and reads there how many calls of each kind there were and whether one has failed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the order of `calls` in plan.mjs. */
enum call {
	CALL_NONE,
	CALL_ACCEPT,
	CALL_RECV,  /* from sockets */
	CALL_SEND,  /* to sockets */
	CALL_READ,  /* from files */
	CALL_WRITE, /* to files */
	CALL_LOG,   /* to stderr */
	CALL_FSYNC,
	CALL_OPEN,
	CALL_EPOLL_WAIT,
	CALL_MALLOC,
	CALL_DUP,
	CALL_EVENTFD,
	CALL_GETRANDOM,
	CALL_SOCKETPAIR,
	CALL_INOTIFY,
	CALL_THREAD,
	CALLS
};

/* The file; plan.mjs knows its layout. */
struct plan {
	_Atomic uint32_t call; /* the kind that fails */
	int32_t error;         /* errno; 0: only a part is read or written */
	_Atomic int64_t left;  /* calls until the fault, with the one that fails */
	_Atomic uint64_t hits; /* calls that have failed */
	_Atomic uint64_t calls[CALLS];
};

static struct plan *plan;

__attribute__((constructor)) static void
faulty_open(void)
{
	const char *path = getenv("FAULT_PLAN");
	int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	int fd = path ? next(path, O_RDWR | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED
			   : mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED,
				     fd, 0);

	if (map == MAP_FAILED)
		_exit(127);
	close(fd);
	plan = map;
}

/* Counts a call. Returns true if it has to fail, with errno set. */
static bool
faulty_strikes(enum call call)
{
	if (!plan)
		return false;
	plan->calls[call]++;
	if (call == CALL_NONE || plan->call != call || plan->left-- != 1)
		return false;
	plan->hits++;
	errno = plan->error;
	return true;
}

/* A call of a socket that fails because the peer is gone: so is the connection then. */
static bool
faulty_strikes_socket(enum call call, int fd)
{
	if (!faulty_strikes(call))
		return false;
	if (plan->error == EPIPE || plan->error == ECONNRESET)
		shutdown(fd, SHUT_RDWR);
	errno = plan->error;
	return true;
}

static bool
faulty_is_short(void)
{
	return !plan->error;
}

static bool
faulty_is_kind(int fd, mode_t kind)
{
	struct stat status;
	int error = errno;
	bool is_kind = fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind;

	errno = error;
	return is_kind;
}

/* The kind of a read or write: CALL_NONE for eventfds and others whose calls cannot fail
 * in these ways. */
static enum call
faulty_kind_of(int fd, enum call of_socket, enum call of_file)
{
	return faulty_is_kind(fd, S_IFSOCK)  ? of_socket
	       : faulty_is_kind(fd, S_IFREG) ? of_file
					     : CALL_NONE;
}

/* Declares `next`, the function that is hidden by the one of that name here. */
#define NEXT(name)                                                                       \
	static __typeof__(&name) next;                                                   \
	if (!next)                                                                       \
	next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* A function that fails with -1, or is called as it is. */
#define FAILING(kind, result, name, parameters, arguments)                               \
	result name parameters                                                           \
	{                                                                                \
		NEXT(name);                                                              \
		return faulty_strikes(kind) ? -1 : next arguments;                       \
	}

/* A function that reads or writes len bytes, and may take a part. */
#define PARTIAL(kind, name, parameters, arguments)                                       \
	ssize_t name parameters                                                          \
	{                                                                                \
		NEXT(name);                                                              \
		if (!faulty_strikes_socket(kind, fd))                                    \
			return next arguments;                                           \
		if (!faulty_is_short())                                                  \
			return -1;                                                       \
		len = len > 1 ? len / 2 : len;                                           \
		return next arguments;                                                   \
	}

FAILING(CALL_ACCEPT, int, accept, (int fd, struct sockaddr *address, socklen_t *len),
	(fd, address, len))
FAILING(CALL_ACCEPT, int, accept4,
	(int fd, struct sockaddr *address, socklen_t *len, int flags),
	(fd, address, len, flags))
FAILING(CALL_FSYNC, int, fsync, (int fd), (fd))
FAILING(CALL_FSYNC, int, fdatasync, (int fd), (fd))
FAILING(CALL_EPOLL_WAIT, int, epoll_wait,
	(int fd, struct epoll_event *events, int most, int timeout),
	(fd, events, most, timeout))
FAILING(CALL_DUP, int, dup, (int fd), (fd))
FAILING(CALL_DUP, int, dup2, (int fd, int number), (fd, number))
FAILING(CALL_DUP, int, dup3, (int fd, int number, int flags), (fd, number, flags))
FAILING(CALL_EVENTFD, int, eventfd, (unsigned count, int flags), (count, flags))
FAILING(CALL_GETRANDOM, ssize_t, getrandom, (void *bytes, size_t len, unsigned flags),
	(bytes, len, flags))
FAILING(CALL_SOCKETPAIR, int, socketpair,
	(int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
FAILING(CALL_INOTIFY, int, inotify_init1, (int flags), (flags))
FAILING(CALL_INOTIFY, int, inotify_add_watch, (int fd, const char *path, uint32_t mask),
	(fd, path, mask))

PARTIAL(CALL_RECV, recv, (int fd, void *bytes, size_t len, int flags),
	(fd, bytes, len, flags))
PARTIAL(CALL_SEND, send, (int fd, const void *bytes, size_t len, int flags),
	(fd, bytes, len, flags))
PARTIAL(faulty_kind_of(fd, CALL_RECV, CALL_READ), read, (int fd, void *bytes, size_t len),
	(fd, bytes, len))
PARTIAL(fd == STDERR_FILENO ? CALL_LOG : faulty_kind_of(fd, CALL_SEND, CALL_WRITE), write,
	(int fd, const void *bytes, size_t len), (fd, bytes, len))
PARTIAL(CALL_READ, pread, (int fd, void *bytes, size_t len, off_t offset),
	(fd, bytes, len, offset))
PARTIAL(CALL_READ, pread64, (int fd, void *bytes, size_t len, off64_t offset),
	(fd, bytes, len, offset))
PARTIAL(CALL_WRITE, pwrite, (int fd, const void *bytes, size_t len, off_t offset),
	(fd, bytes, len, offset))
PARTIAL(CALL_WRITE, pwrite64, (int fd, const void *bytes, size_t len, off64_t offset),
	(fd, bytes, len, offset))

/* Only the first byte is sent when the call is short. */
ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec first;
	struct msghdr part = *message;

	NEXT(sendmsg);
	if (!faulty_strikes_socket(CALL_SEND, fd))
		return next(fd, message, flags);
	if (!faulty_is_short())
		return -1;
	first = (struct iovec){ message->msg_iov[0].iov_base, 1 };
	part.msg_iov = &first;
	part.msg_iovlen = 1;
	return next(fd, &part, flags);
}

/* Files are opened by many names of one function. */
#define OPENING(name)                                                                    \
	int name(const char *path, int flags, ...)                                       \
	{                                                                                \
		va_list arguments;                                                       \
		mode_t mode;                                                             \
		NEXT(name);                                                              \
		va_start(arguments, flags);                                              \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;    \
		va_end(arguments);                                                       \
		return faulty_strikes(CALL_OPEN) ? -1 : next(path, flags, mode);         \
	}

#define OPENING_AT(name)                                                                 \
	int name(int folder, const char *path, int flags, ...)                           \
	{                                                                                \
		va_list arguments;                                                       \
		mode_t mode;                                                             \
		NEXT(name);                                                              \
		va_start(arguments, flags);                                              \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;    \
		va_end(arguments);                                                       \
		return faulty_strikes(CALL_OPEN) ? -1 : next(folder, path, flags, mode); \
	}

#define OPENING_STREAM(result, name, parameters, arguments)                              \
	result *name parameters                                                          \
	{                                                                                \
		NEXT(name);                                                              \
		return faulty_strikes(CALL_OPEN) ? NULL : next arguments;                \
	}

OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)
OPENING_STREAM(FILE, fopen, (const char *path, const char *mode), (path, mode))
OPENING_STREAM(FILE, fopen64, (const char *path, const char *mode), (path, mode))
OPENING_STREAM(DIR, opendir, (const char *path), (path))

#define CONTROLLING(name)                                                                \
	int name(int fd, int command, ...)                                               \
	{                                                                                \
		bool is_dup = command == F_DUPFD || command == F_DUPFD_CLOEXEC;          \
		va_list arguments;                                                       \
		long argument;                                                           \
		NEXT(name);                                                              \
		va_start(arguments, command);                                            \
		argument = va_arg(arguments, long);                                      \
		va_end(arguments);                                                       \
		return is_dup && faulty_strikes(CALL_DUP) ? -1                           \
							  : next(fd, command, argument); \
	}

CONTROLLING(fcntl)
CONTROLLING(fcntl64)

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
	void *context)
{
	NEXT(pthread_create);
	return faulty_strikes(CALL_THREAD) ? errno
					   : next(thread, attributes, run, context);
}

/* dlsym asks for memory and frees some while it looks for the allocator. */
static char early[4096];
static size_t early_used;
static bool is_looking;

static struct {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *old, size_t size);
	void (*free)(void *memory);
} allocator;

/* Returns true when the allocator is known. */
static bool
faulty_has_allocator(void)
{
	if (allocator.free || is_looking)
		return allocator.free;
	is_looking = true;
	allocator.malloc = (__typeof__(allocator.malloc))dlsym(RTLD_NEXT, "malloc");
	allocator.calloc = (__typeof__(allocator.calloc))dlsym(RTLD_NEXT, "calloc");
	allocator.realloc = (__typeof__(allocator.realloc))dlsym(RTLD_NEXT, "realloc");
	allocator.free = (__typeof__(allocator.free))dlsym(RTLD_NEXT, "free");
	is_looking = false;
	return true;
}

static void *
faulty_early(size_t size)
{
	void *memory = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	if (early_used > sizeof(early))
		abort();
	return memory;
}

void *
malloc(size_t size)
{
	if (!faulty_has_allocator())
		return faulty_early(size);
	return faulty_strikes(CALL_MALLOC) ? NULL : allocator.malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	if (!faulty_has_allocator())
		return faulty_early(count * size);
	return faulty_strikes(CALL_MALLOC) ? NULL : allocator.calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	if (!faulty_has_allocator())
		return faulty_early(size);
	return faulty_strikes(CALL_MALLOC) ? NULL : allocator.realloc(old, size);
}

void
free(void *memory)
{
	bool is_early = (char *)memory >= early && (char *)memory < early + sizeof(early);

	if (!is_early && faulty_has_allocator())
		allocator.free(memory);
}
