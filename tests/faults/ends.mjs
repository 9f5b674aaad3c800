// How a daemon may end by itself when memory is out.

import assert from 'node:assert/strict';

/** Lines of level error that name the cause of an abort. */
const CAUSE = /^(out_of_memory|random_failed|icu_failed) /;

/**
 * libconfig 1.5 goes on without memory that it did not get, or exits, while linnetd reads its
 * configuration. Neither can be helped from outside.
 */
const LIBRARY = /libconfig\.so|^out of dynamic memory in libconfig/m;

/** The interposer comes before the sanitizer. */
export const env = { ASAN_OPTIONS: 'abort_on_error=1:verify_asan_link_order=0:strict_string_checks=1' };

/** What the daemon has said of level error after so many lines. */
export const errorsAfter = (daemon, lines) => daemon.log.slice(lines).filter((line) => line.endsWith(' level=error'));

/**
 * Returns "aborted" if the daemon has said why in its last line, the only one of level error that
 * names a cause after so many lines; "library" if libconfig ended it. Fails otherwise.
 */
export async function deathOf(daemon, lines) {
	const end = await daemon.ended;
	if (LIBRARY.test(daemon.stderr))
		return 'library';
	assert.deepEqual(end, { code: null, signal: 'SIGABRT' }, daemon.stderr.slice(-8192));
	const causes = errorsAfter(daemon, lines).filter((line) => CAUSE.test(line));
	assert.equal(causes.length, 1, `it said\n${daemon.stderr.slice(-4096)}`);
	return 'aborted';
}
