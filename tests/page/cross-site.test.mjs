// A page of another site, in a real browser, that tries to use the daemon behind its reader's back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually, withDaemon } from '../lib/daemon.mjs';
import { ask } from '../lib/raw.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

/** Runs body(page, origin) with an empty page of http://localhost, another site than 127.0.0.1. */
async function onAnotherSite(body) {
	const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>elsewhere</title>'));
	server.listen(0, 'localhost');
	await once(server, 'listening');
	const origin = `http://localhost:${server.address().port}`;
	const page = await browser.newPage();
	try {
		await page.goto(origin);
		await body(page, origin);
	} finally {
		await page.close();
		server.closeAllConnections();
		server.close();
	}
}

/** Every way of a page to send a GET, one target each; resolves when all have ended. */
const tryAll = (page, url) =>
	page.evaluate(async (at) => {
		const ended = (element, source) =>
			new Promise((resolve) => {
				element.onload = element.onerror = resolve;
				Object.assign(element, source);
				document.body.append(element);
			});
		const stream = (target, options) =>
			new Promise((resolve) => {
				const events = new EventSource(target, options);
				events.onopen = () => resolve('open');
				events.onerror = () => resolve('refused') ?? events.close();
			});
		await ended(document.createElement('img'), { src: `${at}/poll/by-img?name=img&wait=0` });
		await ended(document.createElement('script'), { src: `${at}/poll/by-script?name=script&wait=0` });
		await ended(document.createElement('iframe'), { src: `${at}/poll/by-iframe?name=iframe&wait=0` });
		await ended(document.createElement('link'), { rel: 'stylesheet', href: `${at}/poll/by-link?name=link&wait=0` });
		await fetch(`${at}/poll/by-no-cors?name=no-cors&wait=0`, { mode: 'no-cors' }).catch(() => {});
		return {
			fetch: await fetch(`${at}/poll/by-fetch?name=fetch&wait=0`).then(({ status }) => status, () => 'refused'),
			events: await stream(`${at}/events/by-events?name=events`),
			push: await fetch(`${at}/push/by-push`, { method: 'POST', mode: 'no-cors', body: 'hi' }).then(({ type }) => type),
		};
	}, url);

const roomsOf = async (daemon) => JSON.parse((await ask(daemon, 'GET', '/rooms')).body).rooms.map(({ room }) => room);

test('no request of a page of another site opens a session, takes a name or makes a room', () =>
	withDaemon({}, (daemon) =>
		onAnotherSite(async (page) => {
			assert.deepEqual(await tryAll(page, daemon.url), { fetch: 'refused', events: 'refused', push: 'opaque' });
			await eventually(
				() => assert.equal(daemon.log.filter((line) => line.startsWith('origin_refused ')).length, 8, daemon.stderr),
				'eight refusals',
			);
			assert.doesNotMatch(daemon.stderr, /session_open/);
			assert.deepEqual(await roomsOf(daemon), ['lobby']);
		}),
	));

test('a page of an allowed origin may use the doors', () =>
	onAnotherSite((page, origin) =>
		withDaemon({ config: `http = { allowed_origins = [ "${origin}" ]; };` }, async (daemon) => {
			const { fetch, events } = await tryAll(page, daemon.url);
			assert.deepEqual({ fetch, events }, { fetch: 200, events: 'open' });
		}),
	));

test('"*" in http.allowed_origins allows what tells no origin, too', () =>
	onAnotherSite((page) =>
		withDaemon({ config: 'http = { allowed_origins = [ "*" ]; };' }, async (daemon) => {
			await tryAll(page, daemon.url);
			assert.match(daemon.stderr, /session_open/);
			assert.doesNotMatch(daemon.stderr, /origin_refused/);
		}),
	));

test('a link of another site opens the page', () =>
	withDaemon({}, (daemon) =>
		onAnotherSite(async (page) => {
			await page.setContent(`<a href="${daemon.url}/">chat</a>`);
			const [answer] = await Promise.all([page.waitForResponse(`${daemon.url}/`), page.click('a')]);
			assert.equal(answer.status(), 200);
			await page.waitForURL(`${daemon.url}/`);
		}),
	));
