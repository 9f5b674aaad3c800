// What is measured: the groups of rows, and how servers take turns in them.
//
// A row's samples are one number a server and round: { unit, samples: { SERVER: [number] } }.

import { statSync } from 'node:fs';
import path from 'node:path';
import { Server, makeCertificate, servers, top } from './servers.mjs';

const sizes = {
	full: { scale: 1, turnMs: 500, rounds: 7, openRounds: 5, growthRounds: 3, growthSteps: 5, restMs: 10_000, rests: 3, isBound: true },
	quick: { scale: 0.1, turnMs: 100, rounds: 3, openRounds: 3, growthRounds: 2, growthSteps: 5, restMs: 1000, rests: 2, isBound: true },
	smoke: { scale: 0.02, turnMs: 50, rounds: 1, openRounds: 1, growthRounds: 1, growthSteps: 1, restMs: 100, rests: 1, isBound: false },
};

const crowds = ['linnet', 'bare', 'uwebsockets', 'ws', 'gorilla', 'coder', 'centrifugo', 'nats', 'nchan', 'ring'];
const growing = ['linnet', 'bare', 'uwebsockets', 'ws', 'gorilla'];

// Pings are measured apart.
const noPingS = 600;
const messageBytes = 120;
const largeBytes = 15_000;
const missedMessages = 30;
const pageFile = 'words/later-en.js';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const progress = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);

class Measurement {
	constructor({ size, names, only, settings }) {
		Object.assign(this, { names, only, settings }, sizes[size]);
		this.rows = {};
		this.growth = [];
		this.failures = {};
		this.deliveries = 0;
		this.isComplete = true;
	}

	scaled(number, step = 1) {
		return Math.max(2 * step, Math.round(number * this.scale / step) * step);
	}

	has(group) {
		return !this.only || this.only.includes(group);
	}

	add(row, unit, name, number) {
		this.rows[row] ??= { unit, samples: {} };
		(this.rows[row].samples[name] ??= []).push(number);
	}

	// A fault of Linnet or of the bare server ends the group; another server is left out.
	fail(group, name, error) {
		if (name === 'linnet' || name === 'bare')
			throw new Error(`${name}: ${error.message}`);
		process.stderr.write(`${group}: ${name} is left out: ${error.message}\n`);
		// Paths are those of one machine.
		(this.failures[group] ??= {})[name] = error.message.split('\n')[0].replace(/\/\S*\//g, '').slice(0, 200);
	}

	/** Calls work(server) for each server of the group, one after the other; who fails takes no more part. */
	async each(group, work, round = 0) {
		for (let i = 0; i < group.servers.length; i++) {
			const server = group.servers[(i + round) % group.servers.length];
			if (server.hasFailed)
				continue;
			progress(`${group.name}, round ${round + 1}: ${server.peer.label}`);
			try {
				await work(server);
			} catch (error) {
				this.fail(group.name, server.name, error);
				server.hasFailed = true;
			}
		}
	}

	/** Runs work(group) while the servers of the group run. Linnet is the first. */
	async group(name, names, options, work) {
		const group = { name, servers: [] };
		try {
			for (const one of names.filter((each) => this.names.includes(each))) {
				const settings = { pingS: noPingS, isBound: this.isBound, settings: this.settings, ...options };
				const server = new Server(one, settings);
				progress(`${name}: ${one} starts`);
				try {
					if (one === 'bare')
						Object.assign(settings, options.bare, { tls: false, bareBytes: await this.frameBytes(group.servers[0], options) });
					await server.start();
					group.servers.push(server);
				} catch (error) {
					server.kill();
					this.fail(name, one, error);
				}
			}
			await work(group);
		} finally {
			await Promise.all(group.servers.map((server) => server.stop()));
			progress('');
		}
	}

	// A message of the bare server has as many bytes as Linnet's.
	async frameBytes(linnet, { bytes = messageBytes }) {
		await this.open(linnet, { connections: 2, bytes });
		const { bytes: received, deliveries } = await linnet.call('run', { ms: 20, window: 1 });
		await linnet.call('close');
		return Math.round(received / deliveries);
	}

	/** Connects a crowd. kind: what members do in place of the usual, such as "events". */
	open(server, { connections, rooms = 1, senders = 1, bytes = messageBytes, kind, ...more }) {
		return server.call('open', {
			...server.peer.crowd, ...server.peer[kind], connections, rooms, senders, bytes,
			bare_bytes: server.options.bareBytes ?? 0, ...more,
		});
	}

	// What each server takes while nobody asks it for anything, in ns of CPU a ms.
	async idleRates(group) {
		const rates = new Map();
		await pause(2 * this.turnMs);
		await this.each(group, async (server) => rates.set(server, { at: Date.now(), cpu: (await server.call('cpu')).cpu_before }));
		await pause(2 * this.turnMs);
		await this.each(group, async (server) => {
			const { at, cpu } = rates.get(server);
			rates.set(server, ((await server.call('cpu')).cpu_before - cpu) / (Date.now() - at));
		});
		return rates;
	}

	/**
	 * Takes turns: for each round each server does the command. count(answer) says how many units of work that
	 * was; each costs its part of the CPU that the server takes up to its next turn, less what it takes while it is idle.
	 * more(server, answer, us) may add to other rows, or throw.
	 */
	async turns(group, rounds, command, args, count, more = () => {}) {
		const before = new Map();
		const idle = await this.idleRates(group);
		const finish = (server, cpu, now) => {
			if (before.has(server)) {
				const { cpu_before: start, end, ...answer } = before.get(server);
				const used = cpu - start - idle.get(server) * (now - end);
				more(server, answer, used / 1e3 / count(answer));
			}
		};
		for (let round = 0; round < rounds; round++) {
			await this.each(group, async (server) => {
				const now = Date.now();
				const answer = await server.call(command, args);
				this.deliveries += answer.deliveries ?? 0;
				finish(server, answer.cpu_before, now);
				before.set(server, { ...answer, end: Date.now() });
			}, round);
		}
		// Work that a server puts off to the next second is its own.
		await pause(2 * this.turnMs);
		await this.each(group, async (server) => finish(server, (await server.call('cpu')).cpu_before, Date.now()));
	}

	// A fan-out: turns whose unit is a delivery. The first turns warm up.
	async fanOut(group, row, args, more = () => {}) {
		const run = { ms: this.turnMs, ...args };
		await this.each(group, (server) => server.call('run', { ...run, ms: this.turnMs / 5 }));
		await this.turns(group, this.rounds, 'run', run, ({ deliveries }) => deliveries, (server, answer, us) => {
			this.add(row, 'µs of CPU a delivery', server.name, us);
			more(server, answer);
		});
	}

	async fanOutRows() {
		const connections = this.scaled(1000);
		const senders = Math.min(10, connections);
		await this.group('fanout', crowds, { bare: { connections, roomSize: connections } }, async (group) => {
			await this.each(group, (server) => this.open(server, { connections, senders }));
			await this.fanOut(group, 'fanout-1', { window: 1 });
			await this.fanOut(group, 'fanout-16', { window: 16 }, (server, { deliveries, ns }) =>
				this.add('throughput', 'million deliveries a second', server.name, deliveries / ns * 1e3));
			await this.fanOut(group, 'rate', { rate: 300 }, (server, { p50_ns: p50, p99_ns: p99 }) => {
				this.add('rate-p50', 'ms', server.name, p50 / 1e6);
				this.add('rate-p99', 'ms', server.name, p99 / 1e6);
			});
		});
	}

	async largeRows(tls) {
		const connections = this.scaled(500);
		const name = tls ? 'tls-large' : 'large';
		const bare = { connections, roomSize: connections };
		await this.group(name, crowds, { tls, bytes: largeBytes, bare }, async (group) => {
			await this.each(group, (server) => this.open(server, { connections, bytes: largeBytes }));
			await this.fanOut(group, name, { window: 1 });
		});
	}

	async tlsRows() {
		const connections = this.scaled(1000);
		const senders = Math.min(10, connections);
		await this.group('tls', crowds, { tls: true, bare: { connections, roomSize: connections } }, async (group) => {
			await this.each(group, async (server) => {
				const resident = server.residentKb();
				const { cpu_before: before, cpu_after: after } = await this.open(server, { connections, senders });
				if (server.name === 'bare')
					return;
				this.add('tls-connect', 'µs of CPU a connection', server.name, (after - before) / 1e3 / connections);
				this.add('tls-memory', 'KB a WebSocket', server.name, (server.residentKb() - resident) / connections);
			});
			await this.fanOut(group, 'tls-1', { window: 1 });
			await this.fanOut(group, 'tls-16', { window: 16 });
		});
	}

	// Rounds of opening and closing: everybody opens, and then everybody closes.
	async openAndClose(group, row, closing, plan) {
		for (let round = 0; round < this.openRounds; round++) {
			const opened = new Map();
			const closed = new Map();
			await this.each(group, async (server) => opened.set(server, (await this.open(server, plan)).cpu_before), round);
			await pause(this.turnMs);
			await this.each(group, async (server) => {
				const { cpu_before: cpu } = await server.call('close');
				this.add(row, 'µs of CPU a connection', server.name, (cpu - opened.get(server)) / 1e3 / plan.connections);
				closed.set(server, cpu);
			}, round);
			await pause(this.turnMs);
			await this.each(group, async (server) => {
				const { cpu_before: cpu } = await server.call('cpu');
				if (closing)
					this.add(closing, 'µs of CPU a connection', server.name, (cpu - closed.get(server)) / 1e3 / plan.connections);
			}, round);
		}
	}

	async connectRows() {
		const connections = this.scaled(5000);
		const bare = { connections: 20 * connections, roomSize: connections };
		await this.group('connect', crowds, { bare }, async (group) => {
			await this.openAndClose(group, 'connect', 'close', { connections });
			await this.openAndClose(group, 'connect-events', undefined, { connections: this.scaled(2000), kind: 'events' });
		});
	}

	// Everybody has missed the last 30 messages. The texts are those that the clients know (wire.h).
	async backRows() {
		const names = crowds.filter((name) => servers[name].keep);
		const text = (n) => {
			const head = `{"username":"u0","message":"bench#${n};`;
			return `${head.padEnd(messageBytes - 2, 'x')}"}`;
		};
		await this.group('back', names, {}, async (group) => {
			for (const server of group.servers) {
				const { keep } = server.peer;
				let answer;
				for (let n = 0; n < missedMessages; n++) {
					answer = await fetch(`http://127.0.0.1:${server.port}${keep.path}`, {
						method: 'POST', headers: { 'Content-Type': 'application/json' }, body: keep.body(text(n)),
					});
					answer = await answer.text();
				}
				const parsed = answer.startsWith('{') ? JSON.parse(answer) : {};
				server.peer = { ...server.peer, back: keep.since(parsed, missedMessages) };
			}
			await this.openAndClose(group, 'back', undefined, {
				connections: this.scaled(1000), kind: 'back', missed: missedMessages,
			});
		});
	}

	async roomRows() {
		const rooms = this.scaled(2000);
		const connections = 2 * rooms;
		await this.group('rooms', crowds, { bare: { connections, roomSize: 2 } }, async (group) => {
			await this.each(group, (server) => this.open(server, { connections, rooms }));
			await this.fanOut(group, 'rooms-all', { window: rooms });
			await this.fanOut(group, 'rooms-16', { window: 16 });
		});
	}

	// One reader checks what is pushed.
	async pushRows() {
		const names = crowds.filter((name) => servers[name].push);
		for (const parallel of [1, 64]) {
			await this.group('push', names, {}, async (group) => {
				await this.each(group, async (server) => {
					await this.open(server, { connections: 1, senders: parallel, guests: 1, kind: 'pushed' });
					await server.call('ask', { parallel, method: 'POST', ...server.peer.push });
					await server.call('request', { ms: this.turnMs / 5 });
				});
				await this.turns(group, this.rounds, 'request', { ms: this.turnMs }, ({ requests }) => requests, (server, { p50_ns: p50 }, us) => {
					this.add(`push-${parallel}`, 'µs of CPU a push', server.name, us);
					if (parallel === 1)
						this.add('push-p50', 'µs', server.name, p50 / 1e3);
				});
			});
		}
	}

	// Nobody takes turns: all are idle at the same time.
	async idleRows() {
		const connections = this.scaled(9000);
		await this.group('idle', crowds.filter((name) => name !== 'bare'), { pingS: 10 }, async (group) => {
			await this.each(group, async (server) => {
				await this.open(server, { connections: 2 });
				await server.call('close');
				const before = server.residentKb();
				await this.open(server, { connections });
				this.add('memory', 'KB a WebSocket', server.name, (server.residentKb() - before) / connections);
			});
			// The first one follows the connecting and does not count.
			for (let i = 0; i <= this.rests; i++) {
				await Promise.all(group.servers.filter(({ hasFailed }) => !hasFailed).map(async (server) => {
					try {
						const { cpu_before: before, cpu_after: after, ns } = await server.call('rest', { ms: this.restMs });
						if (i > 0)
							this.add('idle', '% of a core', server.name, 100 * (after - before) / ns);
					} catch (error) {
						this.fail('idle', server.name, error);
						server.hasFailed = true;
					}
				}));
			}
		});
	}

	async fileRows() {
		const file = path.join(top, 'public', pageFile);
		this.fileBytes = statSync(file).size;
		for (const [row, headers] of [['file', ''], ['file-gzip', 'Accept-Encoding: gzip\r\n']]) {
			await this.group('file', ['linnet', 'nginx'], {}, async (group) => {
				await this.each(group, async (server) => {
					await server.call('ask', { parallel: 8, method: 'GET', target: `/${pageFile}`, headers, file });
					await server.call('request', { ms: this.turnMs / 5 });
				});
				await this.turns(group, this.rounds, 'request', { ms: this.turnMs }, ({ requests }) => requests, (server, answer, us) =>
					this.add(row, 'µs of CPU a request', server.name, us));
			});
		}
	}

	async growConnections() {
		for (const size of [100, 1000, 5000, 15_000].slice(0, this.growthSteps)) {
			const connections = this.scaled(size);
			await this.group('connections', growing, { bare: { connections, roomSize: connections } }, async (group) => {
				await this.each(group, async (server) => {
					const before = server.residentKb();
					const { cpu_before: start, cpu_after: end } = await this.open(server, { connections });
					this.grow('connections', 'connect', connections, server.name, (end - start) / 1e3 / connections);
					if (server.name !== 'bare')
						this.grow('connections', 'memory', connections, server.name, (server.residentKb() - before) / connections);
				});
				await this.growRun(group, 'connections', connections);
			});
		}
	}

	async growRooms() {
		const all = this.scaled(10_000, 1000 * this.scale);
		for (const size of [1, 10, 100, 1000, 5000].slice(0, this.growthSteps)) {
			const rooms = Math.max(1, Math.round(size * this.scale));
			const connections = all - all % rooms;
			await this.group('room-counts', growing, { bare: { connections, roomSize: connections / rooms } }, async (group) => {
				await this.each(group, (server) => this.open(server, { connections, rooms }));
				await this.growRun(group, 'rooms', rooms);
			});
		}
	}

	grow(by, what, at, name, number) {
		this.growth.push({ by, what, at, name, number });
	}

	async growRun(group, by, at) {
		const run = { ms: this.turnMs, window: 16 };
		await this.each(group, (server) => server.call('run', { ...run, ms: this.turnMs / 5 }));
		await this.turns(group, this.growthRounds, 'run', run, ({ deliveries }) => deliveries, (server, { deliveries, messages }, us) => {
			this.grow(by, 'delivery', at, server.name, us);
			this.grow(by, 'message', at, server.name, us * deliveries / messages);
		});
	}

	async all() {
		const groups = {
			fanout: () => this.fanOutRows(),
			large: () => this.largeRows(false),
			connect: () => this.connectRows(),
			back: () => this.backRows(),
			tls: () => this.tlsRows(),
			'tls-large': () => this.largeRows(true),
			rooms: () => this.roomRows(),
			push: () => this.pushRows(),
			idle: () => this.idleRows(),
			file: () => this.fileRows(),
			connections: () => this.growConnections(),
			'room-counts': () => this.growRooms(),
		};
		makeCertificate();
		for (const [name, measure] of Object.entries(groups)) {
			if (!this.has(name))
				continue;
			const start = Date.now();
			try {
				await measure();
			} catch (error) {
				this.isComplete = false;
				process.stderr.write(`${name}, ${error.message}\n`);
			}
			process.stderr.write(`${name}: ${Math.round((Date.now() - start) / 1000)} s\n`);
		}
	}
}

/** Measures what options ask for: size, names of servers, only, settings. Returns rows, growth, failures and whether every group was measured. */
export async function measureAll(options) {
	const measurement = new Measurement(options);
	await measurement.all();
	const { rows, growth, failures, deliveries, fileBytes, isComplete } = measurement;
	return { rows, growth, failures, deliveries, fileBytes, isComplete, size: options.size };
}
