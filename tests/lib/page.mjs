// What tests take from the page's own files.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceDir } from './daemon.mjs';

/** A module of the page that imports no other. Not every Node takes a .js file for the module that it is. */
export function importOfPage(name) {
	const code = readFileSync(path.join(sourceDir, 'public', name));
	return import(`data:text/javascript;base64,${code.toString('base64')}`);
}
