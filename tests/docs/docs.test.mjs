// Every command and example of README, docs and the man pages, read from there: commands are run, in the
// order of their section, on a machine with a linnetd of its own; configurations are checked.
//
// How the documents are written for that is told in docs/CONTRIBUTING.md.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary, sourceDir } from '../lib/daemon.mjs';
import { schema, schemaFault } from '../lib/schema.mjs';
import { exceptions } from './exceptions.mjs';
import { readSections } from './read.mjs';
import { installLinnet, Sandbox, whyNoSandbox } from './sandbox.mjs';

/** The documents, and the state of the machine before their commands. */
function listDocuments() {
	const inFolder = (folder) => readdirSync(path.join(sourceDir, folder)).map((name) => path.join(folder, name));
	const all = ['README.md', ...['docs', 'docs/clients', 'docs/man'].flatMap((folder) => inFolder(folder))];
	const pages = all.filter((file) => /\.(md|[1-8])$/.test(file));
	const keys = path.relative(sourceDir, path.join(path.dirname(binary), 'linnet.cfg.5'));
	const asFromCheckout = /README|PROTOCOL|CONTRIBUTING|ARCHITECTURE|COMPARISON/;
	return [...pages, keys].map((document) => [document, asFromCheckout.test(document) ? 'quickstart' : 'installed']);
}

// tests/e2e/protocol.test.mjs sends and receives the examples of this document.
const isTestedElsewhere = ({ document, language }) => document === 'docs/PROTOCOL.md' && language !== 'sh' && language !== 'cfg';

/** A drawing or a form, which says so. Commands that are not run are exceptions. */
const isNoExample = ({ document, language, marks }) => marks['not run'] && (language === 'text' || !document.endsWith('.md'));

/** Returns an expression for what a document prints: "…" is anything, times and epochs differ in each run. */
function patternOf(text) {
	const lines = text.trimEnd().split('\n').map((line) => {
		if (line.trim() === '…')
			return '(?:.*\n)*?';
		const parts = line.trimEnd().split('…').map((part) => part
			.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
			.replace(/\b1\d{12}\b/g, '1\\d{12}')
			.replaceAll('k3f9x2ab', '[0-9a-z]+'));
		return `${parts.join('.*')}[ \r]*\n`;
	});
	return new RegExp(`^${lines.join('')}`);
}

/** Fails unless the text is what a block shows, and no more. */
function assertPrinted(text, { language, text: shown }, isBegun = false) {
	const isObject = language === 'json';
	const compact = (json) => JSON.stringify(JSON.parse(json.replaceAll(/…(?=[\]}])/g, '"…"')));
	const pattern = patternOf(isObject ? compact(shown) : shown);
	const got = isObject ? `${compact(text)}\n` : text.replace(/\n*$/, '\n');
	const [begun] = pattern.exec(got) ?? [];
	assert.ok(begun !== undefined && (isBegun || begun === got), `the document shows\n${shown}\nprinted was\n${text.slice(0, 2000)}`);
}

function assertFitsSchema(text) {
	const fitting = (line) => Object.keys(schema.definitions).some((definition) => !schemaFault(line, definition));
	for (const line of text.split('\n').filter(Boolean))
		assert.ok(!schemaFault(line) || fitting(line), `protocol.schema.json has nothing like ${line}`);
}

/** The files that a part of the configuration names, made if they are not there. */
const namedFiles = [
	[/_file\s*=\s*"([^"]+)"/g, (file) => `openssl rand -hex 32 >'${file}'`],
	[/tls_certificate\s*=\s*"([^"]+)"/g, (file) => `certbot; cp /etc/letsencrypt/live/chat.example.org/fullchain.pem '${file}'`],
	[/tls_key\s*=\s*"([^"]+)"/g, (file) => `cp /etc/letsencrypt/live/chat.example.org/privkey.pem '${file}'`],
	[/\bpath\s*=\s*"(\/[^"]+\.log|\/var\/log\/[^"]+)"/g, (file) => `touch '${file}'`],
	[/root\s*=\s*"([^"]+)"/g, (folder) => `mkdir '${folder}'; cp /usr/share/linnet/public/index.html '${folder}'`],
];

async function checkConfiguration(sandbox, text, file = '/tmp/part.cfg') {
	for (const [pattern, make] of namedFiles)
		for (const [, name] of text.matchAll(pattern))
			await sandbox.run(`[ -e '${name}' ] || { mkdir -p "$(dirname '${name}')"; ${make(name)}; }`);
	await sandbox.write(file, text);
	await sandbox.run(`linnetd -t -c '${file}'`);
}

const nginxAround = (text) =>
	`events { }\nhttp {\n${/^\s*server\s*\{/m.test(text) ? text : `server {\n${text}\n}`}\n}`;

/** How a block of a language is checked that is a file of another program. */
const checks = {
	cfg: checkConfiguration,
	async nginx(sandbox, text) {
		await sandbox.run('[ -e /etc/letsencrypt ] || certbot');
		await sandbox.write('/tmp/nginx.conf', /^http\s*\{/m.test(text) ? text : nginxAround(text));
		await sandbox.run('nginx -t -c /tmp/nginx.conf');
	},
};

/** Checks a unit or a drop-in that was written. The unit of a drop-in may be one of the reader's. */
async function checkUnit(sandbox, file) {
	const unit = path.basename(file.includes('.d/') ? path.dirname(file).replace(/\.d$/, '') : file);
	await sandbox.run(`[ -e /usr/lib/systemd/system/${unit} ] || [ -e /etc/systemd/system/${unit} ] || printf '[Service]\\nExecStart=true\\n' >/etc/systemd/system/${unit}`);
	await sandbox.run(`systemd-analyze verify --man=no ${unit.replace('@.', '@example.')}`);
}

/** Programs in the documents are files of docs/clients. */
const isClient = (text) =>
	readdirSync(path.join(sourceDir, 'docs/clients')).some((name) => readFileSync(path.join(sourceDir, 'docs/clients', name), 'utf8').trim() === text.trim());

async function fillIn(sandbox, text) {
	const fill = async (pattern, command) => {
		if (pattern.test(text))
			text = text.replaceAll(pattern, (await sandbox.run(command)).trim());
	};
	await fill(/(?<![$\w{/])TOKEN(?![\w=])/g, 'cat /etc/linnet/push.token');
	await fill(/(?<![$\w{])HOST(?![\w=])/g, 'echo localhost');
	await fill(/k3f9x2ab/g, "curl -s 'http://localhost:8000/poll/lobby?wait=0' | sed 's/.*\"epoch\":\"\\([0-9a-z]*\\).*/\\1/'");
	return text;
}

async function runCommand(sandbox, { text, marks, printed }) {
	const commands = await fillIn(sandbox, text);
	if (marks.first)
		await sandbox.run(marks.first);
	if (marks['goes on']) {
		await sandbox.start(commands, marks);
		if (printed)
			await sandbox.printed((output) => assertPrinted(output, printed, true));
		return;
	}
	const output = await sandbox.run(commands, marks);
	if (printed)
		assertPrinted(output, printed);
}

/** Runs or checks a block. */
async function tryBlock(sandbox, block) {
	const { language, text, marks } = block;
	if (language === 'sh')
		return runCommand(sandbox, block);
	if (marks['then printed'])
		return sandbox.printed((output) => assertPrinted(output, block, true));
	if (marks.file)
		await sandbox.write(marks.file, await fillIn(sandbox, text));
	if (marks.file?.startsWith('/etc/systemd/'))
		return checkUnit(sandbox, marks.file);
	if (language in checks)
		return checks[language](sandbox, text);
	if (language === 'json')
		return assertFitsSchema(text);
	// What is in another file, the commands behind it use; tests/clients/prometheus.test.mjs runs the YAML.
	assert.ok(marks.file || isClient(text), `nothing checks this block of "${language}"`);
}

const firstLine = (text) => text.split('\n')[0];

const exceptionFor = (block) =>
	exceptions.find(({ document, command }) => document === block.document && command === firstLine(block.text));

const titleOf = ({ line, text, language }) => `line ${line}: ${text ? firstLine(text) : language}`;

const options = { skip: whyNoSandbox(), concurrency: 2 };
const installed = options.skip || installLinnet();

async function trySection(t, state, blocks) {
	const sandbox = new Sandbox(state, installed);
	try {
		await sandbox.prepare();
		for (const block of blocks) {
			const why = exceptionFor(block)?.why;
			await t.test(titleOf(block), { skip: why }, () => tryBlock(sandbox, block));
		}
		await sandbox.end();
	} finally {
		sandbox.kill();
	}
}

test('every command and example in the documents', options, async (t) => {
	const sections = listDocuments().flatMap(([document, state]) => readSections(document).map(([heading, blocks]) => ({ document, state, heading, blocks })));
	await Promise.all(sections.map(({ document, state, heading, blocks }) => {
		const tried = blocks.filter((block) => !isTestedElsewhere(block) && !isNoExample(block));
		return tried.length > 0 && t.test(`${document}: ${heading}`, (inner) => trySection(inner, state, tried));
	}));
});

test('every exception stands in its document', () => {
	for (const { document, command } of exceptions) {
		const all = existsSync(path.join(sourceDir, document)) ? readSections(document).flatMap(([, blocks]) => blocks) : [];
		assert.ok(all.some(({ text }) => firstLine(text) === command), `${document} has no longer: ${command}`);
	}
});
