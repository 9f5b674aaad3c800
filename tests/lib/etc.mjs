// Gives the daemon a /etc/linnet of its own, in a mount namespace.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { isSlowRun, temporaryFolder } from './daemon.mjs';

// Root makes a mount namespace; others need a user namespace too, if the kernel allows it.
const unshare = [['-m'], ['-rm']].find((flags) => spawnSync('unshare', [...flags, 'true']).status === 0);

/** Options of a test that needs makeEtc. */
export const needsEtc = { skip: !unshare || isSlowRun };

/**
 * Makes a folder for /etc/linnet. Returns { folder, wrapper }: a daemon under the wrapper sees it as
 * /etc/linnet, and nothing else in /etc.
 */
export function makeEtc() {
	const etc = temporaryFolder();
	const folder = path.join(etc, 'linnet');
	mkdirSync(folder);
	return { folder, wrapper: ['unshare', ...unshare, 'sh', '-c', `mount --bind ${etc} /etc && exec "$@"`, 'sh'] };
}
