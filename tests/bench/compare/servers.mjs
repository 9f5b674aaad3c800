// The servers that are compared: how each is started, and how its clients speak to it.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const top = path.resolve(fileURLToPath(import.meta.url), '../../../..');
const built = path.join(top, 'build/compare');
const bin = (name) => path.join(built, 'bin', name);
const startMs = 30_000;

const folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-compare-'));
const running = new Set();

process.on('exit', () => {
	running.forEach((server) => server.kill());
	rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => process.exit(1));

const certificate = path.join(folder, 'certificate.pem');
const key = path.join(folder, 'key.pem');

export function makeCertificate() {
	const { status, stderr } = spawnSync('openssl', [
		'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', '/CN=localhost', '-keyout', key, '-out', certificate,
	], { encoding: 'utf8' });
	if (status !== 0)
		throw new Error(`openssl: ${stderr}`);
}

// The lowest and the highest cpu that this process may use: for the clients, and for the servers.
const allowed = /Cpus_allowed_list:\t(\d+).*?(\d*)\n/.exec(readFileSync('/proc/self/status', 'utf8'));
const cpus = { load: allowed[1], server: allowed[2] || allowed[1] };

// Our own servers take these arguments, and print the port that they listen on.
const own = {
	args: ({ pingS, tls }) => [pingS, ...tls ? [certificate, key] : []],
	ready: /^ready (\d+)/m,
	crowd: { target: '/ws?room=r{room}', publish: '{text}' },
};

const json = 'Content-Type: application/json\r\n';

function nginxConf({ name, port, tls, pingS, root }) {
	const nchan = name === 'nchan' && `
		location = /ws {
			nchan_pubsub websocket; nchan_channel_id $arg_room; nchan_websocket_ping_interval ${pingS};
			nchan_message_buffer_length 0; nchan_subscriber_first_message newest;
		}
		location = /kept {
			nchan_subscriber websocket; nchan_channel_id $arg_room; nchan_subscriber_first_message oldest;
		}
		location = /push {
			nchan_publisher http; nchan_channel_id $arg_room; nchan_message_buffer_length 100;
		}`;
	return `${nchan ? `load_module ${bin('ngx_nchan_module.so')};` : ''}
daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events { worker_connections 19000; }
http {
	access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	types { text/html html; text/css css; text/javascript js mjs; application/json json; }
	sendfile on; keepalive_requests 100000000; gzip on; gzip_types *; open_file_cache off;
	server {
		listen 127.0.0.1:${port} ${tls ? 'ssl' : ''} backlog=4096;
		${tls ? `ssl_certificate ${certificate}; ssl_certificate_key ${key};` : ''}
		root ${root};${nchan || ''}
	}
}
`;
}

// How each server is started, and what its clients do:
//   program, args, files  the command, and the files that are written for it into its own folder
//   ready                 finds the port in what it prints; with hasFixedPort the port is chosen for it
//   hasWorker             it works in a second process
//   crowd                 what members send and expect (crowd.h)
//   events, pushed        what is different if they want presence, and if they read what is pushed
//   push                  a push by HTTP (requests.h)
//   keep                  how a message is kept for those who come back, and what they send then
export const servers = {
	linnet: {
		label: 'Linnet',
		program: () => process.env.LINNETD,
		files: () => ({ 'linnet.cfg': '' }),
		args: ({ pingS, tls, settings = [] }) => ['-c', 'linnet.cfg', ...[
			'http.port=0', 'line.enabled=false', 'limits.connections=16000', 'limits.queue_bytes=67108864',
			'limits.message_rate=0', 'chat.max_rooms=20000', `heartbeat.ping_s=${pingS}`,
			...tls ? [`http.tls_certificate=${certificate}`, `http.tls_key=${key}`] : [], ...settings,
		].flatMap((setting) => ['-s', setting])],
		ready: /ready https?=127\.0\.0\.1:(\d+)/,
		crowd: own.crowd,
		events: { target: '/ws?room=e{room}&events=1', entered: '"joined"' },
		push: { target: '/push/r0', headers: json, body: '{text}', expected: '"id":' },
		keep: {
			path: '/push/kept',
			body: (text) => text,
			since: ({ epoch, id }, n) => ({ target: `/ws?room=kept&since=${epoch}:${id - n}` }),
		},
	},
	bare: {
		label: 'bare `send()`',
		program: () => process.env.LINNET_BENCH_LOAD,
		args: ({ bareBytes, connections, roomSize }) => ['bare', bareBytes, connections, roomSize],
		ready: own.ready,
		crowd: { framing: 'bare', publish: '{text}' },
	},
	uwebsockets: { ...own, label: 'uWebSockets', program: () => bin('uws') },
	ws: {
		...own,
		label: 'ws',
		program: () => process.execPath,
		args: (options) => [path.join(built, 'node/ws.mjs'), ...own.args(options)],
	},
	gorilla: {
		...own,
		label: 'gorilla',
		program: () => bin('peers'),
		args: (options) => ['gorilla', ...own.args(options)],
	},
	coder: {
		...own,
		label: 'coder',
		program: () => bin('peers'),
		args: (options) => ['coder', ...own.args(options)],
	},
	centrifugo: {
		label: 'Centrifugo',
		program: () => bin('centrifugo'),
		hasFixedPort: true,
		files: ({ port, pingS, tls }) => ({
			'centrifugo.json': JSON.stringify({
				http_server: {
					address: '127.0.0.1', port: String(port),
					...tls && { tls: { enabled: true, cert_pem: certificate, key_pem: key } },
				},
				log: { level: 'error' },
				client: {
					insecure: true, allowed_origins: ['*'], ping_interval: `${pingS}s`,
					pong_timeout: `${Math.max(1, Math.floor(pingS / 2))}s`,
					connect_include_server_time: false, queue_max_size: 67108864,
				},
				http_api: { insecure: true },
				channel: {
					without_namespace: { allow_subscribe_for_anonymous: true, allow_publish_for_anonymous: true },
					namespaces: [
						{ name: 'events', allow_subscribe_for_anonymous: true, presence: true, join_leave: true, force_push_join_leave: true },
						{ name: 'kept', allow_subscribe_for_anonymous: true, history_size: 1000, history_ttl: '1h', force_recovery: true },
					],
				},
			}),
		}),
		args: () => ['-c', 'centrifugo.json'],
		crowd: {
			target: '/connection/websocket',
			enter: '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"r{room}"}}',
			entered: '"subscribe":{',
			publish: '{"id":3,"publish":{"channel":"r{room}","data":{text}}}',
			sends_back: 1,
		},
		events: { enter: '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"events:{room}"}}' },
		pushed: { enter: '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"kept:{room}"}}' },
		push: { target: '/api/publish', headers: json, body: '{"channel":"kept:0","data":{text}}', expected: '"offset":' },
		keep: {
			path: '/api/publish',
			body: (text) => `{"channel":"kept:back","data":${text}}`,
			since: ({ result: { epoch, offset } }, n) => ({
				enter: `{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"kept:back","recover":true,"epoch":"${epoch}","offset":${offset - n}}}`,
			}),
		},
	},
	nats: {
		label: 'NATS',
		program: () => bin('nats-server'),
		hasFixedPort: true,
		files: ({ port, pingS, tls }) => ({
			'nats.conf': `listen: "127.0.0.1:${port}"\nping_interval: "${pingS}s"\nmax_connections: 20000\n` +
				(tls ? `tls { cert_file: "${certificate}", key_file: "${key}", handshake_first: true, timeout: 30 }\n` : ''),
		}),
		args: () => ['-c', 'nats.conf'],
		crowd: {
			framing: 'nats',
			enter: 'CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\nSUB r{room} 1\r\nPING\r\n',
			entered: 'PONG',
			publish: 'PUB r{room} {bytes}\r\n{text}\r\n',
		},
	},
	nchan: {
		label: 'nchan',
		program: () => bin('nginx'),
		hasFixedPort: true,
		files: (options) => ({ 'nginx.conf': nginxConf({ ...options, name: 'nchan' }) }),
		args: ({ folder }) => ['-p', folder, '-c', 'nginx.conf'],
		hasWorker: true,
		crowd: { ...own.crowd, sends_back: 1 },
		push: { target: '/push?room=r0', headers: json, body: '{text}', expected: '' },
		keep: { path: '/push?room=kept', body: (text) => text, since: () => ({ target: '/kept?room=kept' }) },
	},
	ring: { ...own, label: "lws's ring", program: () => bin('ring'), crowd: { ...own.crowd, sends_back: 1 } },
	nginx: {
		label: 'nginx',
		program: () => bin('nginx'),
		hasFixedPort: true,
		files: (options) => ({ 'nginx.conf': nginxConf({ ...options, name: 'nginx' }) }),
		args: ({ folder }) => ['-p', folder, '-c', 'nginx.conf'],
		hasWorker: true,
	},
};

async function freePort() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

function isListening(port) {
	return new Promise((resolve) => {
		const socket = net.connect(port, '127.0.0.1', () => {
			socket.destroy();
			resolve(true);
		});
		socket.on('error', () => resolve(false));
	});
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A command that ends when this process does, on a cpu of its own unless that is undefined.
function commandOn(cpu, program, args) {
	const bound = cpu === undefined ? [] : ['taskset', '-c', cpu];
	return ['setpriv', ['--pdeathsig', 'KILL', ...bound, program, ...args.map(String)]];
}

/** A server that runs, and the clients that load it. */
export class Server {
	/** The options: pingS, tls, isBound (to a cpu), settings; and for the bare server bareBytes, connections, roomSize. */
	constructor(name, options) {
		Object.assign(this, { name, options, peer: servers[name] });
	}

	async start() {
		const { peer } = this;
		this.folder = mkdtempSync(path.join(folder, `${this.name}-`));
		const port = peer.hasFixedPort ? await freePort() : 0;
		const options = { ...this.options, port, folder: this.folder, root: path.join(top, 'public') };
		for (const [file, text] of Object.entries(peer.files?.(options) ?? {}))
			writeFileSync(path.join(this.folder, file), text);
		this.log = path.join(this.folder, 'log');
		const log = openSync(this.log, 'w');
		this.process = spawn(...commandOn(options.isBound ? cpus.server : undefined, peer.program(), peer.args(options)), {
			cwd: this.folder, stdio: ['ignore', log, log],
		});
		closeSync(log);
		running.add(this);
		this.port = await this.#ready(port);
		await this.#startLoad();
		return this;
	}

	async #ready(fixed) {
		for (const end = Date.now() + startMs; Date.now() < end; await pause(20)) {
			if (this.process.exitCode !== null)
				break;
			const ready = this.peer.ready?.exec(readFileSync(this.log, 'utf8'));
			if (ready)
				return Number(ready[1]);
			if (fixed && await isListening(fixed) && this.pids().length > (this.peer.hasWorker ? 1 : 0))
				return fixed;
		}
		throw new Error(`does not start: ${this.output()}`);
	}

	/** The end of what the server has printed. */
	output() {
		return readFileSync(this.log, 'utf8').trim().slice(-500);
	}

	pids() {
		const { pid } = this.process;
		const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
		return [pid, ...children.map(Number)];
	}

	async #startLoad() {
		const { tls, isBound } = this.options;
		const args = [this.port, tls ? 'tls' : 'plain', this.pids().join()];
		this.load = spawn(...commandOn(isBound ? cpus.load : undefined, process.env.LINNET_BENCH_LOAD, args), {
			stdio: ['pipe', 'pipe', 'pipe'],
		});
		this.errors = '';
		this.load.stderr.on('data', (data) => (this.errors += data));
		this.load.stdin.on('error', () => {});
		this.answers = createInterface({ input: this.load.stdout })[Symbol.asyncIterator]();
	}

	/** Gives the clients a command; returns the numbers that they answer. */
	async call(command, args = {}) {
		const words = Object.entries(args).map(([name, value]) => `${name}=${value}`);
		this.load.stdin.write(`${[command, ...words].join('\t').replaceAll('\n', '\x1f')}\n`);
		const { value, done } = await this.answers.next();
		if (done) {
			if (this.load.exitCode === null && this.load.signalCode === null)
				await once(this.load, 'exit');
			throw new Error(this.errors.trim().replace('linnet-bench: ', '') || 'the clients ended');
		}
		return Object.fromEntries(value.split(' ').map((word) => {
			const [name, number] = word.split('=');
			return [name, Number(number)];
		}));
	}

	/** Resident memory of the server, in KB. */
	residentKb() {
		return this.pids().reduce((sum, pid) => sum +
			Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]), 0);
	}

	/** Ends it at once; for the end of this process. */
	kill() {
		this.load?.kill('SIGKILL');
		this.process.kill('SIGKILL');
		running.delete(this);
	}

	/** Ends the clients, and then the server. */
	async stop() {
		this.load?.stdin.end();
		if (this.load && this.load.exitCode === null && this.load.signalCode === null)
			await once(this.load, 'exit');
		this.process.kill('SIGTERM');
		if (this.process.exitCode === null && this.process.signalCode === null)
			await Promise.race([once(this.process, 'exit'), pause(10_000)]);
		this.kill();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
