// A server of rooms on the npm package ws.
//
//     node ws.mjs PING_S [CERTIFICATE KEY]

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { WebSocketServer } from 'ws';

const [pingS, certificate, key] = process.argv.slice(2);
const server = certificate
	? https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) })
	: http.createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: true });
const rooms = new Map();

sockets.on('connection', (socket, { url }) => {
	const name = new URL(url, 'http://localhost').searchParams.get('room');
	const room = rooms.get(name) ?? new Set();
	rooms.set(name, room.add(socket));
	socket.on('message', (message) => {
		for (const other of room) {
			if (other !== socket)
				other.send(message, { binary: false });
		}
	});
	socket.on('error', () => {});
	socket.on('close', () => {
		room.delete(socket);
		if (room.size === 0)
			rooms.delete(name);
	});
});
setInterval(() => sockets.clients.forEach((socket) => socket.ping()), pingS * 1000);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => console.log(`ready ${server.address().port}`));
