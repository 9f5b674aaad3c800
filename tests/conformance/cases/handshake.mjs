// The opening handshake: what must be accepted, and what must be refused.

import { randomBytes } from 'node:crypto';
import { usualRequest } from '../exchange.mjs';
import { received, text } from '../words.mjs';

/** The usual request, with other headers. */
const withHeaders = (headers) => (daemon) => usualRequest(daemon, headers);

/** The usual request, rewritten. */
const rewritten = (rewrite) => (daemon) => rewrite(usualRequest(daemon), daemon);

const withLine = (line) => rewritten((request) => request.replace(/^.*/, line));

/** The usual request, with another header of that name. */
const twice = (name, value) =>
	rewritten((request) => request.replace(`${name}:`, `${name}: ${value}\r\n${name}:`));

const key = 'x3JJHMbDL1EzLkh9GBhXDw==';
const keyHeader = 'Sec-WebSocket-Key';

const idOf = (name) => name.toLowerCase().replaceAll('-', '.');

const good = [
	{
		id: 'handshake.usual',
		says: "the handshake of the RFC's own example is accepted",
		rfc: '1.3',
	},
	{
		id: 'handshake.other.key',
		says: 'another key gets another answer',
		rfc: '4.2.2',
		key,
		request: withHeaders({ [keyHeader]: key }),
	},
	{
		id: 'handshake.lower.case',
		says: 'header names may be in lower case',
		rfc: '4.2.1',
		request: rewritten((request) => request.replace(/^[\w-]+:/gm, (name) => name.toLowerCase())),
	},
	{
		id: 'handshake.upper.case',
		says: 'header names may be in upper case',
		rfc: '4.2.1',
		request: rewritten((request) => request.replace(/^[\w-]+:/gm, (name) => name.toUpperCase())),
	},
	{
		id: 'handshake.values.case',
		says: 'websocket and upgrade may be in upper case',
		rfc: '4.2.1',
		request: withHeaders({ Upgrade: 'WebSocket', Connection: 'UPGRADE' }),
	},
	{
		id: 'handshake.connection.list',
		says: 'Connection may have tokens besides upgrade',
		rfc: '4.2.1',
		request: withHeaders({ Connection: 'keep-alive, Upgrade' }),
	},
	{
		id: 'handshake.spaces.none',
		says: 'header values need no space before them',
		rfc: '4.2.1',
		request: rewritten((request) => request.replaceAll(': ', ':')),
	},
	{
		id: 'handshake.spaces.before',
		says: 'header values may have several spaces before them',
		rfc: '4.2.1',
		request: rewritten((request) => request.replaceAll(': ', ':   ')),
	},
	...['Upgrade', keyHeader, 'Sec-WebSocket-Version'].flatMap((name) => [
		{
			id: `handshake.space.after.${idOf(name)}`,
			says: `the value of ${name} may have a space after it`,
			rfc: '4.2.1',
			request: rewritten((request) => request.replace(new RegExp(`^${name}:.*`, 'm'), '$& ')),
		},
		{
			id: `handshake.tab.before.${idOf(name)}`,
			says: `the value of ${name} may have a tab before it`,
			rfc: '4.2.1',
			request: rewritten((request) => request.replace(`${name}: `, `${name}:\t`)),
		},
	]),
	{
		id: 'handshake.other.headers',
		says: 'unknown headers are ignored',
		rfc: '4.2.1',
		request: withHeaders({ 'X-Unknown': 'x'.repeat(500), Cookie: 'a=b' }),
	},
	{
		id: 'handshake.extensions',
		says: 'extensions may be offered, and none is accepted',
		rfc: '9.1',
		request: withHeaders({
			'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits, x-unknown; a=1',
		}),
	},
	{
		id: 'handshake.subprotocol',
		says: 'a subprotocol may be requested',
		rfc: '4.2.2',
		request: withHeaders({ 'Sec-WebSocket-Protocol': 'superchat, chat' }),
	},
	{
		id: 'handshake.query',
		says: 'the resource may have a query',
		rfc: '3',
		request: withLine('GET /echo?a=b&c=d HTTP/1.1'),
	},
	{
		id: 'handshake.absolute',
		says: 'the resource may be an absolute URL',
		rfc: '4.2.1',
		request: rewritten((request, { url }) => request.replace('/echo', `${url}/echo`)),
	},
	{
		id: 'handshake.chopped',
		says: 'a handshake written byte by byte is accepted',
		rfc: '4.2',
		request: rewritten((request) => [...request]),
	},
	{
		id: 'handshake.with.message',
		says: 'a message may be sent together with the handshake',
		rfc: '4.1',
		request: rewritten((request) => Buffer.concat([Buffer.from(request), text('at once')])),
		expect: [received.text('at once'), received.open],
	},
].map((example) => ({ expect: [received.open], ...example }));

/** Any answer that blames the request. */
const refused = [400, 403, 404, 405, 426, 505].flatMap((status) => [
	[received.status(status)], [received.status(status), 'version 13'],
]);

const missing = ['Host', 'Upgrade', 'Connection', keyHeader, 'Sec-WebSocket-Version'].map((name) => ({
	id: `handshake.without.${idOf(name)}`,
	says: `a handshake without ${name} is refused`,
	rfc: '4.2.1',
	request: withHeaders({ [name]: undefined }),
	anyOf: refused,
}));

const versions = ['0', '7', '8', '12', '14', '130', '13x', '-13', ''].map((version) => ({
	id: `handshake.version.${version || 'empty'}`,
	says: `version "${version}" is refused, and 13 is offered instead`,
	rfc: '4.4',
	request: withHeaders({ 'Sec-WebSocket-Version': version }),
	expect: [received.status(426), 'version 13'],
}));

const keyOf = (size) => randomBytes(size).toString('base64');

const keys = [
	['empty', 'an empty key', ''],
	['12', 'a key of 12 bytes', keyOf(12)],
	['15', 'a key of 15 bytes', keyOf(15)],
	['17', 'a key of 17 bytes', keyOf(17)],
	['18', 'a key of 18 bytes', keyOf(18)],
	['32', 'a key of 32 bytes', keyOf(32)],
	['not.base64', 'a key that is not base64', '!@#$%^&*()!@#$%^&*()!@=='],
	['long', 'a key of 1000 characters', 'A'.repeat(1000)],
].map(([id, what, value]) => ({
	id: `handshake.key.${id}`,
	says: `${what} is refused`,
	rfc: '4.2.1',
	key: value,
	request: withHeaders({ [keyHeader]: value }),
	anyOf: refused,
}));

const methods = ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'get'].map((method) => ({
	id: `handshake.method.${method}`,
	says: `a handshake by ${method} is refused`,
	rfc: '4.2.1',
	request: rewritten((request) =>
		request.replace('GET', method).replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n')),
	anyOf: refused,
}));

const others = [
	{
		id: 'handshake.http.1.0',
		says: 'a handshake by HTTP/1.0 is refused',
		rfc: '4.2.1',
		request: withLine('GET /echo HTTP/1.0'),
	},
	{
		id: 'handshake.http.0.9',
		says: 'a handshake by HTTP/0.9 is refused',
		rfc: '4.2.1',
		request: withLine('GET /echo HTTP/0.9'),
	},
	{
		id: 'handshake.http.none',
		says: 'a handshake without an HTTP version is refused',
		rfc: '4.2.1',
		request: withLine('GET /echo'),
	},
	{
		id: 'handshake.upgrade.other',
		says: 'an upgrade to another protocol is refused',
		rfc: '4.2.1',
		request: withHeaders({ Upgrade: 'webrocket' }),
	},
	{
		id: 'handshake.upgrade.longer',
		says: 'an upgrade to a longer protocol name that begins with websocket is refused',
		rfc: '4.2.1',
		request: withHeaders({ Upgrade: 'websockets' }),
	},
	{
		id: 'handshake.connection.close',
		says: 'a handshake with Connection: close is refused',
		rfc: '4.2.1',
		request: withHeaders({ Connection: 'close' }),
	},
	{
		id: 'handshake.connection.longer',
		says: 'a handshake whose Connection has only a token that begins with upgrade is refused',
		rfc: '4.2.1',
		request: withHeaders({ Connection: 'upgraded' }),
	},
	{
		id: 'handshake.key.twice',
		says: 'a handshake with two keys is refused',
		rfc: '11.3.1',
		request: twice(keyHeader, key),
	},
	{
		id: 'handshake.version.twice',
		says: 'a handshake with two versions is refused',
		rfc: '11.3.5',
		request: twice('Sec-WebSocket-Version', '13'),
	},
	{
		id: 'handshake.unknown.resource',
		says: 'an unknown resource is refused',
		rfc: '4.2.2',
		request: withLine('GET /nothing HTTP/1.1'),
	},
	{
		id: 'handshake.foreign.origin',
		says: 'a foreign origin is refused',
		rfc: '10.2',
		request: withHeaders({ Origin: 'https://evil.example' }),
	},
].map((example) => ({ ...example, anyOf: refused }));

export default [...good, ...missing, ...versions, ...keys, ...methods, ...others];
