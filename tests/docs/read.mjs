// Reads the commands and examples of a document, in its order.
//
// In Markdown those are fenced blocks with a language, and code in the text that begins with the name
// of a program. A block may have marks, which are comments above it; see marks. In man pages (mdoc)
// those are the displays Dl and Bd; each line of Dl is a block.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceDir } from '../lib/daemon.mjs';

/** What a comment above a block may say. Those with true are followed by a text. */
const marks = {
	file: true, // the block is the content of that file
	first: true, // commands to run before the block, which the reader need not see
	'goes on': false, // the command does not end by itself
	input: true, // a line that is typed into the command
	status: true, // the exit status, instead of 0
	'then printed': false, // by the last command that goes on
	'not run': true, // and why
};

/** Code in the text that begins with one of these and a blank is a command. */
const programs = [
	'linnetd', 'linnet', 'curl', 'nc', 'telnet', 'ssh', 'openssl', 'sqlite3', 'systemctl', 'systemd-analyze', 'journalctl', 'runuser',
	'apt', 'apt-get', 'nginx', 'certbot', 'git', 'cmake', 'ctest', 'node', 'npm', 'go', 'python3', 'podman', 'docker', 'printf', 'echo', 'cat',
	'chown', 'chmod', 'mv', 'rm', 'cp', 'install', 'usermod', 'fail2ban-client', './config/quickstart', './tests/run', 'tests/run', 'config/quickstart',
	'man', 'websocat', 'wget', 'promtool',
];
const isCommand = new RegExp(`^(${programs.join('|').replaceAll('.', '\\.')}) `);

/** Code in the text that only names an option of a program is no command. */
const isOption = /^(?!linnet)\S+( --?\w[\w-]*)+$/;

/** A command with one of these words shows a form and cannot be run as it is. */
const isForm =
	/(\b(FILE|ROOM|NAME|KEY|VALUE|TEXT|ID|COMMAND|URL|EPOCH|WORDS|ADDRESS|MINUTES|SEVERITY|TITLE|REASON|DAYS|OPTIONS|N)\b|…|\.\.\.)/;

class Reader {
	blocks = [];
	#section = '';
	#marks = {};

	constructor(document) {
		this.document = document;
	}

	begin(section) {
		this.#section = section;
	}

	mark(text, line) {
		const [, name, rest] = /^([a-z ]+?)(?::\s*([^]*))?$/.exec(text.trim()) ?? [];
		const isKnown = name in marks && marks[name] === (rest !== undefined);
		if (isKnown)
			this.#marks[name] = rest ?? true;
		else
			assert.ok(!(name in marks), `${this.document}:${line}: the mark "${text}" is not complete`);
	}

	add(language, text, line, isInline = false) {
		this.blocks.push({ document: this.document, section: this.#section, line, language, text, marks: this.#marks, isInline });
		this.#marks = {};
	}

	get hasMarks() {
		return Object.keys(this.#marks).length > 0;
	}
}

/** The code in a paragraph or a row of a table. */
const code = /(`+)(.+?)\1/gs;

function readText(reader, text, line) {
	const isRow = text.startsWith('|');
	for (const [, , inside] of text.matchAll(code)) {
		const command = (isRow ? inside.replaceAll('\\|', '|') : inside).replaceAll('\n', ' ').trim();
		if (!isCommand.test(command) || isForm.test(command) || isOption.test(command))
			continue;
		reader.add('sh', command, line, true);
	}
}

function readMarkdown(reader, text) {
	const lines = text.split('\n');
	let paragraph = [];
	const flush = (at) => {
		if (paragraph.length > 0)
			readText(reader, paragraph.join('\n'), at - paragraph.length + 1);
		paragraph = [];
	};
	for (let at = 0; at < lines.length; at++) {
		const line = lines[at];
		const fence = /^( *)```(\w*)/.exec(line);
		if (fence) {
			flush(at);
			const end = lines.findIndex((other, n) => n > at && other.trim() === '```');
			const inside = lines.slice(at + 1, end).map((other) => other.slice(Math.min(fence[1].length, other.search(/\S|$/))));
			reader.add(fence[2], inside.join('\n'), at + 1);
			at = end;
		} else if (/^\s*<!--/.test(line)) {
			flush(at);
			const end = lines.findIndex((other, n) => n >= at && other.includes('-->'));
			reader.mark(lines.slice(at, end + 1).join('\n').replace(/^\s*<!--/, '').replace(/-->.*/, ''), at + 1);
			at = end;
		} else if (/^#+ /.test(line)) {
			flush(at);
			if (line.startsWith('## '))
				reader.begin(line.slice(3));
		} else if (/^ {4}/.test(line) && paragraph.length === 0) {
			let end = at;
			while (/^ {4}/.test(lines[end + 1] ?? ''))
				end++;
			reader.add('', lines.slice(at, end + 1).map((other) => other.slice(4)).join('\n'), at + 1);
			at = end;
		} else if (line === '' || line.startsWith('|')) {
			flush(at);
			if (line !== '')
				readText(reader, line, at + 1);
		} else {
			paragraph.push(line);
		}
	}
	flush(lines.length);
}

const escapes = { '\\(dq': '"', '\\(aq': "'", '\\(ha': '^', '\\(ti': '~', '\\e': '\\', '\\-': '-', '\\&': '' };
const unescape = (text) => text.replace(/\\\([a-z]{2}|\\[e&-]/g, (escape) => escapes[escape] ?? escape);

/** A man page. Its examples are commands in EXAMPLES and parts of the configuration elsewhere. */
function readManPage(reader, text) {
	const lines = text.split('\n');
	let language;
	for (let at = 0; at < lines.length; at++) {
		const line = lines[at];
		const heading = /^\.Sh (.*)/.exec(line);
		if (heading) {
			reader.begin(heading[1]);
			language = heading[1] === 'EXAMPLES' ? 'sh' : 'cfg';
		} else if (line.startsWith('.\\" ')) {
			reader.mark(line.slice(4), at + 1);
		} else if (line.startsWith('.Dl ')) {
			reader.add(language, unescape(line.slice(4)), at + 1);
		} else if (line.startsWith('.Bd -literal')) {
			const end = lines.indexOf('.Ed', at);
			reader.add(language, lines.slice(at + 1, end).map(unescape).join('\n'), at + 2);
			at = end;
		}
	}
}

/** Returns a `console` block as one block for each command, with what it prints. */
function splitSession(block) {
	const parts = [];
	for (const line of block.text.split('\n')) {
		if (line.startsWith('$ '))
			parts.push({ ...block, language: 'sh', text: line.slice(2), printed: { ...block, language: 'text', text: '' } });
		else if (line.startsWith('> '))
			parts.at(-1).text += `\n${line.slice(2)}`;
		else
			parts.at(-1).printed.text += `${line}\n`;
	}
	return parts;
}

/** Takes a block that shows what the one before it prints to that one. */
function joinAnswers(blocks) {
	const joined = [];
	for (const block of blocks) {
		const before = joined.at(-1);
		const isAnswer = ['text', 'json'].includes(block.language) && before?.language === 'sh' && !before.isInline &&
			block.section === before.section && !before.printed && block.line - before.end <= 4 && Object.keys(block.marks).length === 0;
		if (isAnswer)
			before.printed = block;
		else
			joined.push({ ...block, end: block.line + block.text.split('\n').length + 1 });
	}
	return joined;
}

/** Returns the sections of a document as [heading, blocks] in its order. */
export function readSections(document) {
	const text = readFileSync(path.join(sourceDir, document), 'utf8');
	const reader = new Reader(document);
	if (document.endsWith('.md'))
		readMarkdown(reader, text);
	else
		readManPage(reader, text);
	assert.ok(!reader.hasMarks, `${document} ends with a mark without a block`);
	const blocks = joinAnswers(reader.blocks).flatMap((block) => (block.language === 'console' ? splitSession(block) : [block]));
	const sections = new Map();
	for (const block of blocks)
		sections.set(block.section, [...(sections.get(block.section) ?? []), block]);
	return [...sections];
}
