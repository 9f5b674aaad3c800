// Certificates for a test, and TLS clients.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { openClient, temporaryFolder, within } from './daemon.mjs';
import { RawClient } from './raw.mjs';
import { schemaFault } from './schema.mjs';

function openssl(...args) {
	const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
	if (status !== 0)
		throw error ?? new Error(`openssl ${args[0]} failed: ${stderr}`);
}

/**
 * Makes a self-signed certificate for 127.0.0.1, as { certificate, key, ca, settings }: the paths
 * of two files, the text of the first, and the settings for linnetd.
 */
export function makeCertificate() {
	const folder = temporaryFolder();
	const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(folder, name));
	openssl(
		'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', '/CN=linnet', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', key, '-out', certificate,
	);
	const settings = [`http.tls_certificate=${certificate}`, `http.tls_key=${key}`];
	return { certificate, key, ca: readFileSync(certificate, 'utf8'), settings };
}

/** Makes a key that belongs to no certificate; with a password if one is given. */
export function makeKey(password) {
	const file = path.join(temporaryFolder(), 'other.pem');
	const lock = password ? ['-aes256', '-pass', `pass:${password}`] : [];
	openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', ...lock, '-out', file);
	return file;
}

/**
 * Connects a RawClient over TLS; client.transport is the socket below. The client stays open when
 * the daemon closes its half. The options are those of tls.connect.
 */
export function connectTls({ host, port }, { ca }, options = {}) {
	const transport = net.connect({ host, port, allowHalfOpen: true });
	const socket = tls.connect({ socket: transport, host, ca, ...options });
	const connected = new Promise((resolve, reject) => {
		socket.once('secureConnect', () => resolve(Object.assign(new RawClient(socket), { transport })));
		socket.once('error', reject);
		socket.once('close', () => reject(new Error('the connection was closed')));
	});
	return within(connected, 'the TLS handshake');
}

/** Sends one https request; returns { status, headers, body }. */
export function askTls({ host, port }, { ca }, method, at, { body, headers = {}, ...options } = {}) {
	const answered = new Promise((resolve, reject) => {
		const asked = https.request({ host, port, ca, method, path: at, headers, agent: false, ...options }, (response) => {
			const chunks = [];
			response.on('data', (chunk) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () =>
				resolve({
					status: response.statusCode,
					headers: response.headers,
					body: Buffer.concat(chunks).toString('utf8'),
				}),
			);
		});
		asked.on('error', reject);
		asked.end(body);
	});
	return within(answered, `the answer to ${method} ${at}`);
}

/** Opens a WebSocket client over TLS, otherwise like Daemon.ws(). */
export function wsTls({ host, port }, { ca }, at = '/ws', options = {}) {
	const faultOf = at.startsWith('/ws') ? schemaFault : undefined;
	return openClient(`wss://${host}:${port}${at}`, { ca, faultOf, ...options });
}
