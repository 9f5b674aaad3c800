// Prints the results, and writes docs/PERFORMANCE.md with its plots.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { modelSection } from './model.mjs';
import { servers, top } from './servers.mjs';

// The rows in their order. Throughput is the only one where more is better, so it has no ratio.
const titles = {
	'fanout-1': '1 room of 1,000, 1 message under way: a delivery',
	'fanout-16': '16 messages under way: a delivery',
	throughput: '16 messages under way: throughput',
	rate: '300 messages a second: a delivery',
	'rate-p50': '300 messages a second: latency, median',
	'rate-p99': '300 messages a second: latency, 99th percentile',
	large: '15 KB to a room of 500: a delivery',
	connect: '5,000 connect at once to one room: a connection',
	'connect-events': '2,000 connect and want presence: a connection',
	back: '1,000 come back and missed 30 messages: a connection',
	close: 'a closed connection',
	'tls-connect': 'TLS: a connection',
	'tls-1': 'TLS, 1 message under way: a delivery',
	'tls-16': 'TLS, 16 messages under way: a delivery',
	'tls-large': 'TLS, 15 KB to a room of 500: a delivery',
	'tls-memory': 'TLS: memory',
	'rooms-all': '2,000 rooms of 2, a message under way in each: a delivery',
	'rooms-16': '2,000 rooms of 2, 16 messages under way: a delivery',
	'push-1': 'pushes by HTTP, one after another: a push',
	'push-p50': 'pushes by HTTP, one after another: latency, median',
	'push-64': 'pushes by HTTP, 64 in parallel: a push',
	memory: '9,000 WebSockets: memory',
	idle: '9,000 idle WebSockets, a ping every 10 s',
	file: 'a file of the page: a request',
	'file-gzip': 'the same with gzip: a request',
};

const peers = Object.keys(servers).filter((name) => name !== 'linnet');
const sorted = (list) => [...list].sort((a, b) => a - b);

function quantile(list, share) {
	const at = share * (list.length - 1);
	const low = sorted(list)[Math.floor(at)];
	return low + (sorted(list)[Math.ceil(at)] - low) * (at % 1);
}

export const median = (list) => quantile(list, 0.5);

/** Three digits. */
export function digits(number) {
	if (number === 0)
		return '0';
	const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number))));
	return number.toLocaleString('en', { minimumFractionDigits: Math.min(decimals, 3), maximumFractionDigits: Math.min(decimals, 3) });
}

// Linnet's figure over the other server's, round by round: { low, middle, high }, the quartiles and the median.
function ratioOf({ samples }, name) {
	const ratios = (samples[name] ?? []).map((number, i) => samples.linnet?.[i] / number).filter(Number.isFinite);
	return ratios.length && { low: quantile(ratios, 0.25), middle: median(ratios), high: quantile(ratios, 0.75) };
}

const rowsOf = (results) => Object.keys(titles).filter((row) => results.rows[row]?.samples.linnet);
const hasRatio = (row) => row !== 'throughput';

function table(head, lines) {
	const row = (cells) => `| ${cells.join(' | ')} |`;
	return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

function ratioTable(results) {
	const shown = peers.filter((name) => rowsOf(results).some((row) => results.rows[row].samples[name]) || results.missing[name]);
	return table(
		['what', 'Linnet', ...shown.map((name) => servers[name].label)],
		rowsOf(results).filter(hasRatio).map((row) => {
			const { unit, samples } = results.rows[row];
			return [titles[row], `${digits(median(samples.linnet))} ${unit.replace(/ a .*/, '')}`, ...shown.map((name) => {
				const ratio = ratioOf(results.rows[row], name);
				if (results.missing[name])
					return 'missing';
				return ratio ? `${digits(ratio.middle)} (${digits(ratio.low)}–${digits(ratio.high)})` : '';
			})];
		}),
	);
}

function figureTable(results) {
	const shown = ['linnet', ...peers].filter((name) => rowsOf(results).some((row) => results.rows[row].samples[name]));
	return table(
		['what', 'in', ...shown.map((name) => servers[name].label)],
		rowsOf(results).map((row) => {
			const { unit, samples } = results.rows[row];
			return [titles[row], unit, ...shown.map((name) => samples[name] ? digits(median(samples[name])) : '')];
		}),
	);
}

// What could not be had, and what failed: the reader must know whom a row does not show.
function gaps({ missing, failures }) {
	const lines = Object.entries(missing).filter(([name]) => servers[name]).map(([name, why]) => `- ${servers[name].label} is missing: ${why}`);
	for (const [group, names] of Object.entries(failures)) {
		for (const [name, why] of Object.entries(names))
			lines.push(`- ${servers[name].label} failed in the rows of \`${group}\`: ${why}`);
	}
	return lines;
}

export function printTable(results) {
	for (const row of rowsOf(results)) {
		const { unit, samples } = results.rows[row];
		console.log(`\n${titles[row]}, in ${unit}`);
		for (const name of ['linnet', ...peers].filter((each) => samples[each])) {
			const ratio = hasRatio(row) && name !== 'linnet' && ratioOf(results.rows[row], name);
			console.log(`  ${servers[name].label.padEnd(14)}${digits(median(samples[name])).padStart(10)}` +
				(ratio ? `    Linnet is ${digits(ratio.middle)} of it (${digits(ratio.low)} to ${digits(ratio.high)})` : ''));
		}
	}
	for (const { by, what, at, name, number } of medianGrowth(results.growth))
		console.log(`${by}=${at} ${what} ${servers[name].label} ${digits(number)}`);
	gaps(results).forEach((line) => console.log(line));
}

/** One point for all rounds, in the order of the servers. Nothing is less than nothing: a heap may shrink meanwhile. */
export function medianGrowth(growth) {
	const points = new Map();
	for (const { number, ...point } of growth) {
		const key = Object.values(point).join();
		points.set(key, { ...point, numbers: [...points.get(key)?.numbers ?? [], number] });
	}
	const order = Object.keys(servers);
	return [...points.values()].map(({ numbers, ...point }) => ({ ...point, number: median(numbers) }))
		.filter(({ number }) => number > 0)
		.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.at - b.at);
}

function gnuplot(script) {
	const built = path.join(top, 'build/compare');
	const libraries = spawnSync('sh', ['-c', `echo ${built}/packages/usr/lib/*-linux-gnu`], { encoding: 'utf8' }).stdout.trim();
	const { status, stderr, error } = spawnSync(path.join(built, 'bin/gnuplot'), [], {
		input: script, encoding: 'utf8', env: { ...process.env, LD_LIBRARY_PATH: libraries },
	});
	if (status !== 0)
		throw error ?? new Error(`gnuplot: ${stderr}`);
}

const colours = { linnet: '#c0392b', bare: '#555555', uwebsockets: '#1f77b4', ws: '#e69f00', gorilla: '#2a9d5c' };

// What gnuplot draws of a server's data: $NAME, with a title in the key.
const curve = (name, style, title = '') =>
	`$${name} ${style} lw ${name === 'linnet' ? 3 : 1.5} pt 7 ps 0.6 lc rgb "${colours[name]}" title "${title}${servers[name].label.replaceAll('`', '')}"`;

const canvas = (file, height = 360, width = 720) => `
set terminal svg size ${width},${height} font "sans-serif,13" background "white"
set output "${file}"
set grid back lc rgb "#dddddd"
set border 3
set tics nomirror
set key outside right top
`;

// A curve for each server.
function plotGrowth(folder, points, file, { by, what, x, y }) {
	const shown = points.filter((point) => point.by === by && point.what === what);
	const names = [...new Set(shown.map(({ name }) => name))];
	const data = names.map((name) => `$${name} << END\n${shown.filter((point) => point.name === name).map(({ at, number }) => `${at} ${number}`).join('\n')}\nEND`);
	gnuplot(`${canvas(path.join(folder, file))}
set xlabel "${x}"
set ylabel "${y}"
set logscale xy
set format y "%g"
${data.join('\n')}
plot ${names.map((name) => curve(name, 'with linespoints')).join(', ')}
`);
}

// A line from quartile to quartile for each row, of Linnet over the bare server and over uWebSockets.
function plotRatios(folder, results, file) {
	const rows = rowsOf(results).filter((row) => hasRatio(row) && ['bare', 'uwebsockets'].some((name) => ratioOf(results.rows[row], name)));
	const series = ['bare', 'uwebsockets'].filter((name) => rows.some((row) => ratioOf(results.rows[row], name)));
	const data = series.map((name, i) => `$${name} << END\n${rows.map((row, at) => [ratioOf(results.rows[row], name), at])
		.filter(([ratio]) => ratio)
		.map(([{ low, middle, high }, at]) => `${middle} ${rows.length - at - 0.2 * i} ${low} ${high}`).join('\n')}\nEND`);
	gnuplot(`${canvas(path.join(folder, file), 60 + 26 * rows.length, 960)}
set key outside bottom center horizontal
set logscale x 2
set xlabel "Linnet's figure over the other server's; left of 1 Linnet needs less"
set ytics (${rows.map((row, at) => `"${titles[row]}" ${rows.length - at}`).join(', ')})
set yrange [0.3:${rows.length + 0.7}]
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb "#888888"
${data.join('\n')}
plot ${series.map((name) => curve(name, 'using 1:2:3:4 with xerrorbars', 'over ')).join(', ')}
`);
}

const plots = [
	['delivery-by-connections.svg', { by: 'connections', what: 'delivery', x: 'connections in one room', y: 'µs of CPU a delivery' }],
	['connect-by-connections.svg', { by: 'connections', what: 'connect', x: 'connections in one room', y: 'µs of CPU a connection' }],
	['memory-by-connections.svg', { by: 'connections', what: 'memory', x: 'connections in one room', y: 'KB a connection' }],
	['delivery-by-rooms.svg', { by: 'rooms', what: 'delivery', x: 'rooms, with 10,000 connections in all', y: 'µs of CPU a delivery' }],
];

function growthTable(points, by, what, head) {
	const shown = points.filter((point) => point.by === by && point.what === what);
	const at = [...new Set(shown.map((point) => point.at))].sort((a, b) => a - b);
	const names = [...new Set(shown.map(({ name }) => name))];
	return table([head, ...at.map((number) => number.toLocaleString('en'))], names.map((name) => [
		servers[name].label, ...at.map((number) => {
			const point = shown.find((each) => each.name === name && each.at === number);
			return point ? digits(point.number) : '';
		}),
	]));
}

/** Writes docs/PERFORMANCE.md and docs/performance/. */
export function writeReport(results) {
	const { versions, machine, date } = results;
	const folder = path.join(top, 'docs/performance');
	const points = medianGrowth(results.growth);
	const missing = gaps(results);
	mkdirSync(folder, { recursive: true });
	plotRatios(folder, results, 'ratios.svg');
	plots.forEach(([file, plot]) => plotGrowth(folder, points, file, plot));
	const picture = (file, text) => `![${text}](performance/${file})`;
	writeFileSync(path.join(top, 'docs/PERFORMANCE.md'), `# Performance

What Linnet costs beside other servers, and how much one machine can do. All figures come from one run of
[tests/bench/compare](../tests/bench/README.md#comparecomparemjs-what-does-linnet-cost-beside-other-servers), which also wrote this page.

- Machine: ${machine}. All of a server ran on one core, its clients on another.
- Date: ${date}.
- Versions: ${Object.entries(versions).filter(([name]) => servers[name]).map(([name, version]) => `${servers[name].label} ${version}`).join(', ')}.

## How to read the figures

- The figures are CPU time of the whole server process for a unit of work, unless they say otherwise. They change with the machine. The
  **ratios** change less, because all servers run at once and take turns of half a second.
- Every delivery is checked: it comes once, in the sender's order, with the whole text. A server that fails a check has no figure.
- Linnet stores each message before it sends it, and numbers it. Of the others only Centrifugo and nchan keep
  messages, in memory, and only in the rows of pushes and of missed messages.
- \`ws\`, gorilla, coder, uWebSockets and libwebsockets are libraries. Around each is a small server that has rooms and nothing else. The bare server
  has no protocol at all: it is one \`send()\` for each reader, without TLS in the rows of TLS, too.
- NATS speaks its own protocol on TCP here. nchan, Centrifugo and the ring send a message back to its sender, which counts as a delivery.

## Side by side

A ratio is Linnet's figure over the other server's: 0.5 means that Linnet needs half. It is the median of the rounds; the quartiles
are in brackets.

${ratioTable(results)}
${missing.length ? `\n${missing.join('\n')}\n` : ''}
${picture('ratios.svg', 'Linnet over the bare server and over uWebSockets, with quartiles')}

The medians of all servers:

${figureTable(results)}

## How cost grows

With connections in one room, 16 messages under way:

${picture('delivery-by-connections.svg', 'CPU a delivery by the number of connections')}

${growthTable(points, 'connections', 'delivery', 'µs of CPU a delivery, by connections')}

${picture('connect-by-connections.svg', 'CPU a connection by the number of connections')}

${growthTable(points, 'connections', 'connect', 'µs of CPU a connection, by connections')}

${picture('memory-by-connections.svg', 'Memory a connection by the number of connections')}

${growthTable(points, 'connections', 'memory', 'KB a connection, by connections')}

With rooms: 10,000 connections, spread evenly over them, 16 messages under way in all:

${picture('delivery-by-rooms.svg', 'CPU a delivery by the number of rooms')}

${growthTable(points, 'rooms', 'delivery', 'µs of CPU a delivery, by rooms')}

${growthTable(points, 'rooms', 'message', 'µs of CPU a message, by rooms')}

${modelSection(results)}`);
	const wanted = ['ratios.svg', ...plots.map(([file]) => file)];
	if (!wanted.every((file) => readdirSync(folder).includes(file)))
		throw new Error('gnuplot has not made all plots');
}
