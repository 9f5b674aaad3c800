// Prints which lines of src/ were run, by folder, and names what was not: functions that were never
// called, and long pieces of those that were.
//
//     node tests/coverage.mjs build/coverage

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { sourceDir } from './lib/daemon.mjs';

/** Lines that were not run are named from this many in a row. */
const PIECE = 6;

const files = new Map();

const fileOf = (name) => {
	if (!files.has(name))
		files.set(name, { lines: new Map(), functions: new Map() });
	return files.get(name);
};

/** Adds what gcov says of one object. */
function add({ current_working_directory: from, files: parts }) {
	for (const { file, lines, functions } of parts) {
		const name = path.relative(sourceDir, path.resolve(from, file));
		if (!name.startsWith('src/'))
			continue;
		const known = fileOf(name);
		for (const { line_number: line, count } of lines)
			known.lines.set(line, (known.lines.get(line) ?? 0) + count);
		for (const { name: call, execution_count: count, start_line, end_line } of functions) {
			const before = known.functions.get(call)?.count ?? 0;
			known.functions.set(call, { count: before + count, start_line, end_line });
		}
	}
}

function read(build) {
	const objects = readdirSync(build, { recursive: true }).filter((name) => name.endsWith('.gcda'));
	for (const object of objects) {
		const text = execFileSync('gcov', ['--json-format', '--stdout', path.resolve(build, object)], {
			encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'],
		});
		for (const line of text.split('\n').filter(Boolean))
			add(JSON.parse(line));
	}
}

/** Returns the runs of lines without a call, as [first, last, how many]; those of code only count. */
function piecesOf({ lines, functions }) {
	const dead = [...functions.values()].filter(({ count }) => count === 0);
	const isDead = (line) => dead.some(({ start_line, end_line }) => line >= start_line && line <= end_line);
	const pieces = [];
	let piece = null;
	for (const [line, count] of [...lines].sort(([a], [b]) => a - b)) {
		if (count > 0 || isDead(line))
			piece = null;
		else if (piece)
			[piece[1], piece[2]] = [line, piece[2] + 1];
		else
			pieces.push((piece = [line, line, 1]));
	}
	return pieces.filter(([, , count]) => count >= PIECE);
}

const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`;

function printFolders() {
	const sums = new Map();
	for (const [name, { lines }] of files) {
		for (const folder of [path.dirname(name), 'src']) {
			const sum = sums.get(folder) ?? { run: 0, all: 0 };
			sum.all += lines.size;
			sum.run += [...lines.values()].filter((count) => count > 0).length;
			sums.set(folder, sum);
		}
	}
	for (const [folder, { run, all }] of [...sums].sort())
		console.log(`coverage: ${folder.padEnd(18)} ${percent(run, all).padStart(8)} of ${all} lines`);
}

function printMissing() {
	for (const [name, file] of [...files].sort()) {
		for (const [call, { count, start_line }] of file.functions)
			if (count === 0)
				console.log(`coverage: never called: ${call} (${name}:${start_line})`);
		for (const [first, last, count] of piecesOf(file))
			console.log(`coverage: not run: ${name}:${first}-${last} (${count} lines)`);
	}
}

read(process.argv[2] ?? path.join(sourceDir, 'build/coverage'));
printFolders();
printMissing();
