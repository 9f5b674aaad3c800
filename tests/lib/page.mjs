// Access to the page's own files.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceDir } from './daemon.mjs';

/**
 * Imports a module of the page that has no imports. Not every Node treats a .js file as a module.
 */
export function importOfPage(name) {
	const code = readFileSync(path.join(sourceDir, 'public', name));
	return import(`data:text/javascript;base64,${code.toString('base64')}`);
}

/** Returns what linnetd answers for "/" by the page in this checkout, with the version that another answer has. */
export function startFile(answer) {
	const [, tag = ''] = /\bv\/([0-9a-f]{16})\//.exec(answer) ?? [];
	return readFileSync(path.join(sourceDir, 'public/index.html'), 'utf8').replaceAll('{version}', tag);
}
