// nginx in front of a daemon, with the sample configuration of Linnet.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { eventually, sourceDir, temporaryFolder, within } from './daemon.mjs';
import { freePort } from './raw.mjs';

const sample = path.join(sourceDir, 'config/proxy/nginx.conf');

/** Replaces every [from, to] in the text. Each must occur in it. */
function replaceAll(text, replacements) {
	for (const [from, to] of replacements) {
		if (!text.includes(from))
			throw new Error(`there is no "${from}" in ${sample}`);
		text = text.replaceAll(from, to);
	}
	return text;
}

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
		throw new Error('nginx ended by itself');
	});
	const open = eventually(async () => {
		const socket = net.connect(port, '127.0.0.1');
		try {
			await once(socket, 'connect');
		} finally {
			socket.destroy();
		}
	}, 'nginx to listen');
	await Promise.race([ended, open]);
}

/** The sample configuration on free ports. */
function sampleServer({ certificate, key }, daemon, port, plainPort) {
	return replaceAll(readFileSync(sample, 'utf8'), [
		['\tlisten [::]:80;\n', ''],
		['\tlisten [::]:443 ssl http2;\n', ''],
		['listen 80;', `listen 127.0.0.1:${plainPort};`],
		['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
		['/etc/letsencrypt/live/chat.example.org/fullchain.pem', certificate],
		['/etc/letsencrypt/live/chat.example.org/privkey.pem', key],
		['server 127.0.0.1:8000;', `server 127.0.0.1:${daemon.port};`],
	]);
}

async function start(serverAt) {
	const folder = temporaryFolder();
	const [port, plainPort] = [await freePort(), await freePort()];
	const file = path.join(folder, 'nginx.conf');
	writeFileSync(file, surroundings(serverAt(port, plainPort)));
	const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', file], {
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
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

async function withServer(serverAt, body) {
	// Another process may take the port between the search and the start.
	const nginx = await start(serverAt).catch(() => start(serverAt));
	try {
		await body(nginx);
	} finally {
		const ended = once(nginx.child, 'exit');
		nginx.child.kill('SIGTERM');
		await within(ended, 'nginx to stop');
	}
}

/** Runs body({ host, port, plainPort }) with an nginx in front of the daemon, as the sample has it. */
export const withNginx = (daemon, certificate, body) =>
	withServer((port, plainPort) => sampleServer(certificate, daemon, port, plainPort), body);

/** Runs body({ host, port }) with an nginx that has nothing but `proxy_pass`, and the given lines. */
export const withCarelessNginx = (daemon, lines, body) =>
	withServer(
		(port) => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${daemon.port}; ${lines} } }`,
		body,
	);
