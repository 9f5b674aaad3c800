// An HTTP proxy in front of a daemon that changes what it passes on.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { makeCertificate } from './tls.mjs';

function passUpgrade(pass, request, socket, sockets) {
	const passed = pass(request);

	if (!passed) {
		socket.destroy();
		return;
	}
	passed.on('upgrade', (answer, other) => {
		const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);

		socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
		sockets.add(socket).add(other);
		for (const [one, another] of [[socket, other], [other, socket]])
			one.on('error', () => another.destroy()).on('close', () => another.destroy()).pipe(another);
	});
	passed.on('response', (answer) => socket.end(`HTTP/1.1 ${answer.statusCode} Refused\r\nConnection: close\r\n\r\n`));
	passed.on('error', () => socket.destroy());
	passed.end();
}

// Runs body(origin) with a proxy that passes on everything, WebSockets too. change({ url, headers }) returns { path, headers }
// for the daemon, or nothing, and the answer is 404.
export async function withProxy({ host, port }, { change, isTls = false }, body) {
	const sockets = new Set();
	const pass = (request) => {
		const changed = change(request);
		return changed && http.request({ host, port, method: request.method, ...changed });
	};
	const forward = (request, response) => {
		const passed = pass(request);

		if (!passed) {
			response.writeHead(404).end();
			return;
		}
		passed.on('response', (answer) => {
			response.writeHead(answer.statusCode, answer.headers);
			answer.pipe(response);
		});
		passed.on('error', () => response.destroy());
		response.on('close', () => passed.destroy());
		request.pipe(passed);
	};
	const { certificate, key } = isTls ? makeCertificate() : {};
	const proxy = isTls
		? https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, forward)
		: http.createServer(forward);

	proxy.on('upgrade', (request, socket) => passUpgrade(pass, request, socket, sockets));
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	try {
		await body(`${isTls ? 'https' : 'http'}://127.0.0.1:${proxy.address().port}`);
	} finally {
		sockets.forEach((socket) => socket.destroy());
		proxy.close();
		proxy.closeAllConnections();
	}
}
