// How a daemon may end by itself.

import assert from 'node:assert/strict';

/** Lines of level error that name the cause of an abort. */
const CAUSE = /^(out_of_memory|random_failed) /;

/** The interposer comes before the sanitizer. Memory of a process that aborts is no leak. */
export const env = { ASAN_OPTIONS: 'abort_on_error=1:verify_asan_link_order=0:strict_string_checks=1' };

export const errorsOf = (daemon) => daemon.log.filter((line) => line.endsWith(' level=error'));

/** Fails unless the daemon aborted and has said why in one line. */
export function assertAborted(daemon, end) {
	assert.deepEqual(end, { code: null, signal: 'SIGABRT' }, daemon.stderr.slice(-8192));
	const errors = errorsOf(daemon);
	assert.ok(errors.length === 1 && CAUSE.test(errors[0]), `it said ${errors}:\n${daemon.stderr.slice(-4096)}`);
}
