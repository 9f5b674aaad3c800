// The page behind a proxy that changes the Host header.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually, withDaemon } from '../lib/daemon.mjs';

const WORDS = {
	'en-GB': 'The server takes this page for one of another site. Does a proxy change the Host header? Not connected.',
	'zh-CN': '服务器认为此页面来自其他网站。代理是否改写了 Host 请求头？ 未连接。',
};

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// A proxy that passes on everything, WebSockets too. Runs body(proxy, its address); proxy.host replaces Host, if set.
async function withProxy(daemon, body) {
	const server = createServer((incoming, response) => {
		forward(incoming).on('response', (answer) => {
			response.writeHead(answer.statusCode, answer.headers);
			answer.pipe(response);
			response.on('close', () => answer.destroy());
		});
	});
	const proxy = { host: 'backend.internal' };
	const forward = (incoming) => {
		const { method, url, headers } = incoming;
		const passed = request({ port: daemon.port, method, path: url, headers: { ...headers, host: proxy.host ?? headers.host } });

		passed.on('error', () => incoming.destroy());
		return incoming.pipe(passed);
	};

	server.on('upgrade', (incoming, socket) => {
		const passed = forward(incoming);

		socket.on('error', () => {});
		passed.on('response', (answer) => socket.end(`HTTP/1.1 ${answer.statusCode} Refused\r\nConnection: close\r\n\r\n`));
		passed.on('upgrade', (answer, other) => {
			const lines = answer.rawHeaders.map((text, i) => text + (i % 2 ? '\r\n' : ': ')).join('');

			socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
			other.on('error', () => {});
			other.pipe(socket).pipe(other);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	try {
		await body(proxy, `http://127.0.0.1:${server.address().port}/`);
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

async function enter(locale, address) {
	const context = await browser.newContext({ locale });
	const page = await context.newPage();

	await page.goto(address);
	await page.fill('#name', 'Ann');
	await page.click('#profile-save');
	return page;
}

test('behind a proxy that changes Host the state line names the cause at once, and the page connects when it is mended', () =>
	withDaemon({}, (daemon) =>
		withProxy(daemon, async (proxy, address) => {
			for (const [locale, words] of Object.entries(WORDS)) {
				proxy.host = 'backend.internal';
				const page = await enter(locale, address);
				await page.waitForSelector('#state[data-state="refused"]');
				await page.waitForFunction((wanted) => document.getElementById('state-words').textContent === wanted, words);
				await page.fill('#text', 'hello');
				await page.press('#text', 'Enter');
				proxy.host = undefined;
				await page.click('#connect-now');
				await page.waitForSelector('#state[data-state="online"]');
				await page.waitForFunction(() => document.querySelector('.message') && !document.querySelector('.pending'));
				await page.context().close();
			}
			await eventually(() => assert.ok(daemon.log.some((line) => /^origin_refused .*host=backend\.internal/.test(line)), daemon.stderr), 'the log');
		}),
	));
