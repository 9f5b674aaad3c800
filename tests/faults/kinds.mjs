// The faults: which call fails, in which way, and what may come of it.

/**
 * call, error: see plan.mjs ("short": only a part is read or written).
 * isUnseen: no client may notice: its request succeeds at the first attempt, and the log has no error.
 * mayAbort: the daemon may end by abort(), after one line of level error.
 * isSlow: the daemon tries again seconds later.
 * tls: it is tested over TLS, too; what has nothing to do with sockets is the same there.
 * start, stop: it is tested at the start and at the stop, too.
 */
export const kinds = [
	{ call: 'accept', error: 'EMFILE', isUnseen: true, tls: true },
	{ call: 'accept', error: 'ECONNABORTED', isUnseen: true },
	{ call: 'recv', error: 'EAGAIN', isUnseen: true, tls: true },
	{ call: 'recv', error: 'EINTR', isUnseen: true, tls: true },
	{ call: 'recv', error: 'short', isUnseen: true, tls: true },
	{ call: 'recv', error: 'ECONNRESET', tls: true },
	{ call: 'send', error: 'EAGAIN', isUnseen: true, tls: true },
	{ call: 'send', error: 'EINTR', isUnseen: true, tls: true },
	{ call: 'send', error: 'short', isUnseen: true, tls: true },
	{ call: 'send', error: 'EPIPE', tls: true, stop: true },
	{ call: 'send', error: 'ECONNRESET', tls: true },
	{ call: 'read', error: 'EIO', isSlow: true, start: true, stop: true },
	{ call: 'read', error: 'EINTR', isUnseen: true },
	{ call: 'read', error: 'short', isUnseen: true },
	{ call: 'write', error: 'ENOSPC', isSlow: true, start: true, stop: true },
	{ call: 'write', error: 'EIO', isSlow: true, start: true, stop: true },
	{ call: 'write', error: 'EINTR', isUnseen: true },
	{ call: 'write', error: 'short', isUnseen: true },
	{ call: 'log', error: 'EAGAIN', isUnseen: true },
	{ call: 'log', error: 'EIO', isUnseen: true, start: true, stop: true },
	{ call: 'log', error: 'short', isUnseen: true },
	{ call: 'fsync', error: 'EIO', isSlow: true, start: true, stop: true },
	{ call: 'open', error: 'EMFILE', isSlow: true, start: true, stop: true },
	{ call: 'epoll_wait', error: 'EINTR', isUnseen: true, tls: true, start: true, stop: true },
	{ call: 'malloc', error: 'ENOMEM', mayAbort: true, tls: true, start: true, stop: true },
	{ call: 'dup', error: 'EMFILE', start: true },
	{ call: 'eventfd', error: 'EMFILE', start: true },
	{ call: 'getrandom', error: 'ENOSYS', mayAbort: true, tls: true, start: true },
	{ call: 'socketpair', error: 'EMFILE', tls: true },
	{ call: 'inotify', error: 'ENOSPC', start: true },
	{ call: 'pthread_create', error: 'EAGAIN', start: true },
];
