// The version of the page: /v/TAG/PATH may be kept for ever, and TAG changes with any file.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually, sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';

const FOR_EVER = 'public, max-age=31536000, immutable';

function makeSite() {
	const root = path.join(temporaryFolder(), 'site');

	mkdirSync(path.join(root, 'deep/er'), { recursive: true });
	writeFileSync(path.join(root, 'index.html'), '<link href="v/{version}/a.css"><script src="v/{version}/deep/er/a.js"></script>');
	writeFileSync(path.join(root, 'a.css'), '* { color: red }');
	writeFileSync(path.join(root, 'deep/er/a.js'), 'let a;');
	return root;
}

const withSite = (body, root = makeSite()) =>
	withDaemon({ settings: [`http.root=${root}`, 'store.driver=memory'] }, (daemon) => body(daemon, root));

const get = (daemon, at, headers = {}) => fetch(new URL(at, daemon.url), { headers });
const tagOf = async (daemon) => /v\/([^/]*)\//.exec(await (await get(daemon, '/')).text())[1];
const cachingOf = async (daemon, at) => (await get(daemon, at)).headers.get('cache-control');

// The daemon looks at the folder once a second.
async function newTag(daemon, old) {
	for (;;) {
		const tag = await tagOf(daemon);
		if (tag !== old)
			return tag;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

test('index.html names the version, and files under it are kept for ever', () =>
	withSite(async (daemon) => {
		const tag = await tagOf(daemon);
		assert.match(tag, /^[0-9a-f]{16}$/);
		const answer = await get(daemon, `/v/${tag}/deep/er/a.js`);
		assert.equal(await answer.text(), 'let a;');
		assert.equal(answer.headers.get('cache-control'), FOR_EVER);
		assert.equal(await cachingOf(daemon, '/deep/er/a.js'), 'no-cache');
		for (const at of ['/', '/index.html', `/v/${tag}/`, `/v/${tag}/index.html`]) {
			const index = await get(daemon, at);
			assert.equal(index.headers.get('cache-control'), 'no-cache');
			assert.equal((await index.text()).includes('{version}'), false);
		}
		for (const at of [`/v/${tag}/none.js`, `/v/${tag}/a.css/`, `/v/${tag}`, '/v/', `/v/${tag}/.hidden`])
			assert.equal((await get(daemon, at)).status, 404, at);
	}));

test('the version changes with any file, and an old one is not kept', async () => {
	const changes = {
		'a new text': (root) => writeFileSync(path.join(root, 'a.css'), '* { color: blue }'),
		'a text of the same length': (root) => writeFileSync(path.join(root, 'deep/er/a.js'), 'let b;'),
		'a new file': (root) => writeFileSync(path.join(root, 'deep/b.js'), ''),
		'another name': (root) => renameSync(path.join(root, 'deep/b.js'), path.join(root, 'deep/c.js')),
		'a link to another file': (root) => symlinkSync('a.css', path.join(root, 'linked.css')),
	};

	await withSite(async (daemon, root) => {
		let tag = await tagOf(daemon);
		for (const [name, change] of Object.entries(changes)) {
			const etag = (await get(daemon, '/')).headers.get('etag');
			assert.equal((await get(daemon, '/', { 'If-None-Match': etag })).status, 304, name);
			change(root);
			const next = await newTag(daemon, tag);
			assert.equal((await get(daemon, '/', { 'If-None-Match': etag })).status, 200, name);
			assert.equal(await cachingOf(daemon, `/v/${tag}/a.css`), 'no-cache', name);
			assert.equal(await cachingOf(daemon, `/v/${next}/a.css`), FOR_EVER, name);
			tag = next;
		}
		assert.equal(await (await get(daemon, `/v/${tag}/deep/er/a.js`)).text(), 'let b;');
	});
});

test('a page without the placeholder, and one of too many files, are served as they are', async () => {
	const plain = makeSite();
	writeFileSync(path.join(plain, 'index.html'), 'plain');
	await withSite(async (daemon) => {
		assert.equal(await (await get(daemon, '/')).text(), 'plain');
		assert.match((await get(daemon, '/')).headers.get('last-modified'), /GMT$/);
	}, plain);
	const large = makeSite();
	for (let i = 0; i < 2000; i++)
		writeFileSync(path.join(large, `file-${i}`), '');
	await withSite(async (daemon) => {
		assert.equal(await tagOf(daemon), '0');
		assert.equal(await cachingOf(daemon, '/v/0/a.css'), 'no-cache');
		const etag = (await get(daemon, '/')).headers.get('etag');
		writeFileSync(path.join(large, 'index.html'), '<link href="v/{version}/new.css">');
		await eventually(async () => assert.match(await (await get(daemon, '/')).text(), /new\.css/), 'the new start file');
		assert.equal((await get(daemon, '/', { 'If-None-Match': etag })).status, 200);
	}, large);
	const knotted = makeSite();
	symlinkSync('.', path.join(knotted, 'deep/round'));
	await withSite(async (daemon) => assert.equal(await tagOf(daemon), '0'), knotted);
});

test('the policy stays on documents and workers, and is left out of scripts and style sheets', () =>
	withSite(async (daemon) => {
		const policyFor = async (at, dest) =>
			(await get(daemon, at, dest ? { 'Sec-Fetch-Dest': dest } : {})).headers.get('content-security-policy');
		for (const dest of ['', 'document', 'worker', 'iframe', 'image'])
			assert.match(await policyFor('/a.css', dest), /default-src 'self'/, dest);
		assert.equal(await policyFor('/a.css', 'style'), null);
		assert.equal(await policyFor('/deep/er/a.js', 'script'), null);
	}));

test("the bundled page's start file has a placeholder in each path of a file", () => {
	const html = readFileSync(path.join(sourceDir, 'public/index.html'), 'utf8');
	const paths = Array.from(html.matchAll(/(?:href|src)="(?!#|data:)([^"]+)"/g), ([, at]) => at);
	assert.ok(paths.length > 30);
	assert.deepEqual(paths.filter((at) => !at.startsWith('v/{version}/')), []);
});
