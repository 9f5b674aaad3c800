// "cmake --install" of the build that is tested, below a folder.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary, runDaemon, temporaryFolder } from '../lib/daemon.mjs';

function install(folder) {
	const { status, stdout, stderr } = spawnSync('cmake', ['--install', path.dirname(binary), '--prefix', '/usr'], {
		encoding: 'utf8',
		env: { ...process.env, DESTDIR: folder },
	});
	assert.equal(status, 0, stderr);
	return stdout + stderr;
}

const root = temporaryFolder();
install(root);
const documents = path.join(root, 'usr/share/doc/linnet');

const below = (folder) =>
	readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const at = path.join(folder, entry.name);
		return entry.isDirectory() ? below(at) : [at];
	});

/** The targets of links and pictures, without code, in which brackets mean something else. */
const linksOf = (text) => {
	const prose = text.replace(/^```[^]*?^```$/gm, '').replace(/^( {4}|\t).*$/gm, '').replace(/`[^`\n]*`/g, '');
	return [...prose.matchAll(/\]\(([^)\s]+)|(?:src|href)="([^"]+)"/g)].map(([, link, attribute]) => link ?? attribute);
};

const anchorOf = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-');

test('every relative link of the installed documents leads to a file, and to a heading of it', () => {
	const texts = below(documents).filter((file) => file.endsWith('.md'));
	assert.ok(texts.length >= 6, texts.join(' '));
	const broken = [];
	for (const file of texts)
		for (const link of linksOf(readFileSync(file, 'utf8'))) {
			if (/^[a-z]+:/.test(link))
				continue;
			const [name, anchor] = link.split('#');
			const target = name ? path.join(path.dirname(file), name) : file;
			const anchors = () => [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
			if (!existsSync(target) || (anchor && statSync(target).isFile() && !anchors().includes(anchor)))
				broken.push(`${path.relative(documents, file)}: ${link}`);
		}
	assert.deepEqual(broken, []);
});

test('an installed linnet.cfg that was changed is kept, and the new one is put beside it', () => {
	const folder = temporaryFolder();
	const at = (name) => path.join(folder, 'etc/linnet', name);
	assert.doesNotMatch(install(folder), /Kept:/);
	const shipped = readFileSync(at('linnet.cfg'), 'utf8');
	assert.doesNotMatch(install(folder), /Kept:/);
	assert.equal(existsSync(at('linnet.cfg.new')), false);
	writeFileSync(at('linnet.cfg'), 'mine');
	assert.match(install(folder), new RegExp(`Kept: ${at('linnet.cfg')} .* the new one is ${at('linnet.cfg.new')}\n`));
	assert.equal(readFileSync(at('linnet.cfg'), 'utf8'), 'mine');
	assert.equal(readFileSync(at('linnet.cfg.new'), 'utf8'), shipped);
});

test('the installed linnet.cfg is right, and differs from the defaults in what it says', async () => {
	const file = path.join(root, 'etc/linnet/linnet.cfg');
	const dump = async (args) => (await runDaemon({ args: [...args, '-T'] })).stdout.split('\n').filter((line) => /^\t\w+ =/.test(line));
	const defaults = await dump([]);
	assert.deepEqual(
		(await dump(['-c', file])).filter((line) => !defaults.includes(line)).map((line) => /\w+/.exec(line)[0]),
		['path', 'trust_loopback', 'tokens'],
	);
	assert.ok(statSync(path.join(root, 'etc/linnet/conf.d')).isDirectory());
});

test('the commented lines of the installed linnet.cfg are settings, too', async () => {
	const text = readFileSync(path.join(root, 'etc/linnet/linnet.cfg'), 'utf8');
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const enabled = text.replace(/^\t# (\w+ = .*;)$/gm, '\t$1');
	assert.ok(enabled.split('\n').filter((line, i) => line !== text.split('\n')[i]).length >= 4);
	writeFileSync(file, enabled);
	const { code, stderr } = await runDaemon({ args: ['-c', file, '-T'] });
	assert.equal(code, 0, stderr);
});
