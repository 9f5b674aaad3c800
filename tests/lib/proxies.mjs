// Proxies in front of a daemon, with the sample configurations of Linnet.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { eventually, sourceDir, temporaryFile, temporaryFolder, within } from './daemon.mjs';
import { freePort } from './raw.mjs';

/** Returns the sample config/proxy/NAME with every [from, to] replaced. Each must occur in it. */
function sampleWith(name, replacements) {
	let text = readFileSync(path.join(sourceDir, 'config/proxy', name), 'utf8');
	for (const [from, to] of replacements) {
		if (!text.includes(from))
			throw new Error(`there is no "${from}" in ${name}`);
		text = text.replaceAll(from, to);
	}
	return text;
}

/** Where tests/clients/install puts programs. */
const programs = path.join(sourceDir, 'build/programs/bin');

const surroundings = (server) => `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events { }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
${server}
}
`;

/** Resolves when the port is open; fails if the process ends first. */
async function listening(child, port) {
	const ended = once(child, 'exit').then(() => {
		throw new Error('the proxy ended by itself');
	});
	const open = eventually(async () => {
		const socket = net.connect(port, '127.0.0.1');
		try {
			await once(socket, 'connect');
		} finally {
			socket.destroy();
		}
	}, 'the proxy to listen');
	await Promise.race([ended, open]);
}

/** The sample configuration on free ports. */
function sampleServer({ certificate, key }, daemon, port, plainPort) {
	return sampleWith('nginx.conf', [
		['\tlisten [::]:80;\n', ''],
		['\tlisten [::]:443 ssl http2;\n', ''],
		['listen 80;', `listen 127.0.0.1:${plainPort};`],
		['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
		['/etc/letsencrypt/live/chat.example.org/fullchain.pem', certificate],
		['/etc/letsencrypt/live/chat.example.org/privkey.pem', key],
		['server 127.0.0.1:8000;', `server ${daemon.socketPath ? `unix:${daemon.socketPath}` : `127.0.0.1:${daemon.port}`};`],
	]);
}

async function start([program, ...args], configurationAt) {
	const folder = temporaryFolder();
	const [port, plainPort] = [await freePort(), await freePort()];
	const file = path.join(folder, 'configuration');
	writeFileSync(file, configurationAt(port, plainPort));
	const child = spawn(program, [...args, file], {
		cwd: folder,
		env: { ...process.env, HOME: folder, PATH: `${process.env.PATH}:${programs}:/usr/sbin` },
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const kill = () => child.kill('SIGKILL');
	process.on('exit', kill);
	child.once('exit', () => process.off('exit', kill));
	await listening(child, port).catch((error) => {
		child.kill('SIGKILL');
		throw error;
	});
	return { child, host: '127.0.0.1', port, plainPort };
}

/** Runs the program with the file of its configuration behind its arguments. */
async function withProxy(command, configurationAt, body) {
	// Another process may take the port between the search and the start.
	const proxy = await start(command, configurationAt).catch(() => start(command, configurationAt));
	try {
		await body(proxy);
	} finally {
		const ended = once(proxy.child, 'exit');
		proxy.child.kill('SIGTERM');
		await within(ended, 'the proxy to stop');
	}
}

const withServer = (serverAt, body) =>
	withProxy(['nginx', '-p', '.', '-e', 'stderr', '-c'], (...ports) => surroundings(serverAt(...ports)), body);

/** Runs body({ host, port, plainPort }) with an nginx in front of the daemon, as the sample has it. */
export const withNginx = (daemon, certificate, body) =>
	withServer((port, plainPort) => sampleServer(certificate, daemon, port, plainPort), body);

/** Runs body({ host, port }) with an nginx that has nothing but `proxy_pass`, and the given lines. */
export const withCarelessNginx = (daemon, lines, body) =>
	withServer(
		(port) => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${daemon.port}; ${lines} } }`,
		body,
	);

/** Runs body({ host, port }) with an nginx as its manual and many answers in forums have it. */
export const withUsualNginx = (daemon, certificate, body) =>
	withServer(
		(port) => `
			map $http_upgrade $connection_upgrade { default upgrade; '' close; }
			server {
				listen 127.0.0.1:${port};
				location / {
					proxy_pass http://127.0.0.1:${daemon.port};
					proxy_http_version 1.1;
					proxy_set_header Upgrade $http_upgrade;
					proxy_set_header Connection $connection_upgrade;
					proxy_set_header Host $host;
					proxy_set_header X-Real-IP $remote_addr;
					proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
				}
			}`,
		body,
	);

/** Runs body({ host, port, plainPort }) with HAProxy in front of the daemon, as the sample has it. */
export function withHaproxy(daemon, { certificate, key }, body) {
	const both = temporaryFile('both.pem', readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
	const configurationAt = (port, plainPort) =>
		sampleWith('haproxy.cfg', [
			['bind :80\n', `bind 127.0.0.1:${plainPort}\n`],
			['bind :443 ssl crt /etc/haproxy/chat.example.org.pem', `bind 127.0.0.1:${port} ssl crt ${both}`],
			['server local 127.0.0.1:8000', `server local 127.0.0.1:${daemon.port}`],
		]);
	return withProxy(['haproxy', '-db', '-q', '-f'], configurationAt, body);
}

/** Runs body({ host, port }) with Caddy in front of the daemon, as the sample has it. */
export function withCaddy(daemon, { certificate, key }, body) {
	const surroundings = '{\n\tadmin off\n\tauto_https disable_redirects\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n';
	const configurationAt = (port) =>
		surroundings + sampleWith('Caddyfile', [
			['chat.example.org {\n', `https://127.0.0.1:${port} {\n\ttls ${certificate} ${key}\n`],
			['reverse_proxy 127.0.0.1:8000', `reverse_proxy 127.0.0.1:${daemon.port}`],
		]);
	return withProxy(['caddy', 'run', '--adapter', 'caddyfile', '--config'], configurationAt, body);
}
