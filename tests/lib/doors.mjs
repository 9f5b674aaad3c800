// The HTTP doors of the chat: requests, streams of events and long-polls. The daemon's answers are
// checked against the protocol schema too.

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { eventually, Queue, within } from './daemon.mjs';
import { schemaFault } from './schema.mjs';

const json = { 'Content-Type': 'application/json' };

/** Reuses connections, as a program would. */
export const keepAlive = () => new http.Agent({ keepAlive: true });

function check(daemon, text, definition) {
	const fault = schemaFault(text, definition);
	if (!fault)
		return;
	const error = new Error(`the daemon sent ${text}, but ${fault}`);
	daemon.recordFault(error);
	throw error;
}

const httpOf = (daemon) => (daemon.ca ? https : http);

/** Returns the name of the schema definition for the answer to a path. */
function definitionOf(method, at, status) {
	const first = /^\/([a-z]+)/.exec(at)?.[1];
	if (status >= 400)
		return 'failure';
	if (first === 'admin' && method === 'POST')
		return { delete: 'pushed', forget: 'forgotten' }[at.split('/')[2]] ?? 'ordered';
	if (first === 'admin')
		return at.split('/')[2];
	if (method === 'POST')
		return 'pushed';
	return { metric: 'past', poll: 'poll', history: 'history', search: 'search', rooms: 'rooms', who: 'who' }[first];
}

/** Sends one request; returns { status, headers, text, json }. An object body is sent as JSON. */
export function ask(daemon, method, at, { body, headers = {}, agent = false } = {}) {
	const isObject = typeof body === 'object' && !Buffer.isBuffer(body);
	const bytes = body === undefined ? undefined : Buffer.from(isObject ? JSON.stringify(body) : body);
	const options = {
		host: daemon.host,
		port: daemon.port,
		ca: daemon.ca,
		path: at,
		method,
		agent,
		headers: { ...(bytes && { 'Content-Length': bytes.length }), ...(isObject && json), ...headers },
	};
	const answered = new Promise((resolve, reject) => {
		const request = httpOf(daemon).request(options, (response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (part) => (text += part));
			response.on('error', reject);
			response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
		});
		request.on('error', reject);
		request.end(bytes);
	});
	return within(answered, `the answer to ${method} ${at}`).then((response) => {
		const isJson = response.headers['content-type'] === 'application/json' && method !== 'HEAD';
		if (isJson)
			check(daemon, response.text, definitionOf(method, at, response.status));
		return { ...response, json: isJson ? JSON.parse(response.text) : undefined };
	});
}

export const get = (daemon, at, options) => ask(daemon, 'GET', at, options);
export const post = (daemon, at, body, headers, agent) => ask(daemon, 'POST', at, { body, headers, agent });

/** Fails unless the answer has the status; returns its JSON. */
export async function expectJson(answering, status = 200) {
	const answer = await answering;
	assert.equal(answer.status, status, answer.text);
	return answer.json;
}

/** Pushes and returns where the push was stored. */
export const push = (daemon, room, body, headers) => expectJson(post(daemon, `/push/${room}`, body, headers));

/** Fails unless the request is refused with the status and code; returns the answer. */
export async function assertRefused(answering, status, code) {
	const answer = await answering;
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.json?.error.code, code, answer.text);
	return answer;
}

/** Returns the answer to a long-poll. */
export const poll = (daemon, room, query = '', options) =>
	expectJson(get(daemon, `/poll/${room}${query && `?${query}`}`, options));

/** Waits until exactly one poll is waiting. */
export const waitForOnePoll = (daemon) =>
	eventually(
		async () => assert.match((await get(daemon, '/metrics')).text, /^linnet_connections\{transport="poll"\} 1$/m),
		'the poll',
	);

/** A stream of events (HTML Living Standard, section 9.2), parsed as a browser does. */
export class EventStream {
	#events = new Queue();
	#comments = new Queue();
	#pending = '';
	#fields = [];
	/** The last id received, which a browser would send to resume. */
	lastId;
	/** How many ms a browser would wait before it reconnects, as text. */
	retry;

	constructor(daemon, request, response) {
		this.daemon = daemon;
		this.request = request;
		this.response = response;
		this.headers = response.headers;
		this.closed = new Promise((resolve) => response.once('close', resolve));
		response.socket.unref();
		response.setEncoding('utf8').on('data', (text) => this.#hear(text));
		response.on('error', () => {}); // "close" follows with the reason
		response.once('close', () => {
			const error = new Error('the stream has ended');
			this.#events.finish(error);
			this.#comments.finish(error);
		});
	}

	#hear(text) {
		const lines = (this.#pending + text).split('\n');
		this.#pending = lines.pop();
		for (const line of lines) {
			if (line.startsWith(':'))
				this.#comments.push(line);
			else if (line)
				this.#fields.push(line);
			else
				this.#dispatch(this.#fields.splice(0));
		}
	}

	#dispatch(lines) {
		const fields = new Map(lines.map((line) => /^([a-z]+): (.*)$/s.exec(line)?.slice(1) ?? [line, null]));
		const odd = [...fields.keys()].filter((name) => !['id', 'data', 'retry'].includes(name));
		if (odd.length || fields.size !== lines.length)
			this.daemon.recordFault(new Error(`an event has the lines ${JSON.stringify(lines)}`));
		if (fields.has('id'))
			this.lastId = fields.get('id');
		if (fields.has('retry'))
			this.retry = fields.get('retry');
		// Some libraries take such a block for an empty event.
		if (!fields.has('data')) {
			this.daemon.recordFault(new Error(`a block without data has the lines ${JSON.stringify(lines)}`));
			return;
		}
		try {
			check(this.daemon, fields.get('data'));
			this.#events.push({ id: fields.get('id'), object: JSON.parse(fields.get('data')) });
		} catch (error) {
			this.#events.finish(error);
		}
	}

	/** The next event as { id, object }; id is undefined if it has none. */
	next() {
		return within(this.#events.take(), 'an event');
	}

	async nextJson() {
		return (await this.next()).object;
	}

	/** The next comment, which is a heartbeat. */
	nextComment() {
		return within(this.#comments.take(), 'a heartbeat');
	}

	/** Closes as a browser does. */
	close() {
		this.response.destroy();
		return this.closed;
	}

	/** Breaks off without a FIN. */
	reset() {
		this.response.socket.resetAndDestroy();
		return this.closed;
	}
}

/** Opens a stream; a refusal rejects with an Error that has status, headers and text. */
export function openStream(daemon, at, headers = {}) {
	const opened = new Promise((resolve, reject) => {
		const request = httpOf(daemon).get(
			{ host: daemon.host, port: daemon.port, ca: daemon.ca, path: at, headers, agent: false },
			(response) => {
				if (response.statusCode === 200) {
					resolve(new EventStream(daemon, request, response));
					return;
				}
				let text = '';
				response.setEncoding('utf8').on('data', (part) => (text += part));
				response.on('end', () => {
					const error = new Error(`the stream was answered by ${response.statusCode}: ${text}`);
					reject(Object.assign(error, { status: response.statusCode, headers: response.headers, text }));
				});
			},
		);
		request.on('error', reject);
	});
	return within(opened, `the stream ${at}`);
}

/** Opens a stream and returns it with its "joined", as { stream, joined }. */
export async function enterStream(daemon, room, query = '', headers) {
	const stream = await openStream(daemon, `/events/${room}${query && `?${query}`}`, headers);
	const joined = await stream.nextJson();
	assert.equal(joined.type, 'joined', JSON.stringify(joined));
	return { stream, joined };
}
