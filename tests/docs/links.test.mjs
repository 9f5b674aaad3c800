// Links between documents: the file is there, and so is the heading.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { sourceDir } from '../lib/daemon.mjs';

const below = (folder) => readdirSync(path.join(sourceDir, folder), { recursive: true }).map((name) => path.join(folder, name));
const documents = ['README.md', 'tests/bench/README.md', ...below('docs')].filter((name) => name.endsWith('.md'));

const withoutCode = (text) => text.replace(/^( *)```.*?^\1```$/gms, '').replace(/(`+).+?\1/gs, '');

/** The anchors that GitHub makes of the headings. */
function anchorsOf(name) {
	const headings = readFileSync(path.join(sourceDir, name), 'utf8').replace(/^( *)```.*?^\1```$/gms, '').matchAll(/^#+ (.*)$/gm);
	return [...headings].map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'));
}

/** The link targets of a document that stay in the repository. */
function targetsOf(name) {
	const text = withoutCode(readFileSync(path.join(sourceDir, name), 'utf8'));
	return [...text.matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)].map(([, link, image]) => link ?? image).filter((target) => !/^[a-z]+:/.test(target));
}

test('there are documents with links', () => {
	assert.ok(documents.includes('README.md'));
	assert.ok(targetsOf('README.md').length > 5);
});

for (const name of documents)
	test(`the links of ${name} lead somewhere`, () => {
		for (const target of targetsOf(name)) {
			const [file, anchor] = target.split('#');
			const other = file === '' ? name : path.join(path.dirname(name), file);
			assert.ok(existsSync(path.join(sourceDir, other)), `${target}: there is no ${other}`);
			if (anchor !== undefined)
				assert.ok(anchorsOf(other).includes(anchor), `${target}: ${other} has no such heading`);
		}
	});
