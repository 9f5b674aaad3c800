// Linnet and other servers, side by side: what a unit of work costs each. README.md describes it.
//
// All servers of a group of rows run at once and take turns, half a second each, so that what else the
// machine does meets all of them. A ratio is that of two turns of one round; what a server does later for
// a turn counts up to its next one.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { measureAll } from './rows.mjs';
import { printTable, writeReport } from './report.mjs';
import { top } from './servers.mjs';

const usage = `usage: LINNETD=FILE node compare.mjs [--quick | --smoke] [--uwebsockets DIR] [--only GROUP,...]
                                     [--load FILE] [--set KEY=VALUE]... [--report FILE]
  --quick            a tenth of the clients and of the time: to see that all servers work
  --smoke            smaller still, a few groups, and only Linnet and the bare server
  --uwebsockets DIR  the source of uWebSockets, with uSockets in it
  --only GROUP,...   only these groups of rows: fanout, large, connect, back, tls, tls-large, rooms,
                     push, idle, file, connections, room-counts
  --load FILE        linnet-bench-load; it is built if none is given
  --set KEY=VALUE    a setting for linnetd
  --report FILE      measure nothing: write the report of an earlier run's results
`;

function readOptions() {
	try {
		const { values } = parseArgs({
			options: {
				quick: { type: 'boolean' }, smoke: { type: 'boolean' }, help: { type: 'boolean' },
				uwebsockets: { type: 'string' }, only: { type: 'string' }, load: { type: 'string' },
				report: { type: 'string' }, set: { type: 'string', multiple: true },
			},
		});
		if (!process.env.LINNETD && !values.report && !values.help)
			throw new Error('LINNETD is not set');
		return values;
	} catch (error) {
		process.stderr.write(`${error.message}\n${usage}`);
		process.exit(2);
	}
}

function run(command, ...args) {
	const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: top, encoding: 'utf8' });
	if (status !== 0)
		throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr || stdout}`);
	return { stdout, stderr };
}

function buildLoad() {
	const folder = path.join(top, 'build/compare/load');
	run('cmake', '--preset', 'dev', '-B', folder, '-DLINNET_WERROR=OFF');
	run('cmake', '--build', folder, '--target', 'linnet-bench-load');
	return path.join(folder, 'tests/bench/linnet-bench-load');
}

// Returns { versions, missing }, by name.
function install(uwebsockets) {
	const { stdout, stderr } = run(path.join(top, 'tests/bench/compare/install'), ...uwebsockets ? [uwebsockets] : []);
	const words = (text, pattern) => Object.fromEntries([...text.matchAll(pattern)].map((match) => match.slice(1)));
	return { versions: words(stdout, /^(\S+) (.*)$/gm), missing: words(stderr, /^left out: (\S+): (.*)$/gm) };
}

function machine() {
	const { model } = os.cpus()[0];
	return `${os.cpus().length} × ${model.trim() || os.arch()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release().split('-')[0]}`;
}

// One of each kind; it runs with all other tests.
const smokeGroups = ['fanout', 'connect', 'back', 'tls', 'push', 'file'];

const options = readOptions();
const resultsFile = path.join(top, 'build/compare/results.json');

if (options.help) {
	process.stdout.write(usage);
} else if (options.report) {
	const results = JSON.parse(readFileSync(options.report, 'utf8'));
	printTable(results);
	writeReport(results);
} else {
	process.env.LINNETD = path.resolve(process.env.LINNETD);
	process.env.LINNET_BENCH_LOAD = path.resolve(options.load ?? buildLoad());
	const { versions, missing } = options.smoke ? { versions: {}, missing: {} } : install(options.uwebsockets);
	const linnet = /linnetd (\S+)/.exec(run(process.env.LINNETD, '-V').stdout)[1];
	const results = {
		versions: { linnet, ...versions }, missing, machine: machine(), date: new Date().toISOString().slice(0, 10),
		...await measureAll({
			size: options.smoke ? 'smoke' : options.quick ? 'quick' : 'full',
			names: ['linnet', 'bare', ...Object.keys(versions)],
			only: options.only?.split(',') ?? (options.smoke && smokeGroups), settings: options.set ?? [],
		}),
	};
	if (!results.isComplete)
		process.exitCode = 1;
	if (options.smoke) {
		console.log(`${results.deliveries} deliveries, none lost, doubled, out of order or damaged`);
	} else {
		printTable(results);
		mkdirSync(path.dirname(resultsFile), { recursive: true });
		writeFileSync(resultsFile, JSON.stringify(results, null, '\t'));
		if (results.isComplete && !options.quick && !options.only)
			writeReport(results);
	}
}
