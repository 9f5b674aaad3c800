// The page in other places: below a folder of another server, behind TLS, without JavaScript.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { withDaemon, within } from '../lib/daemon.mjs';
import { makeCertificate } from '../lib/tls.mjs';
import { blockSockets, shows, watch } from './people.mjs';

const FOLDER = '/apps/chat';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Runs body(url) with a TLS proxy that forwards requests below the folder to the daemon.
async function withProxy({ host, port }, body) {
	const { certificate, key } = makeCertificate();
	const pass = ({ method, url, headers }) => http.request({ host, port, method, path: url.slice(FOLDER.length), headers });
	const proxy = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
		if (!request.url.startsWith(`${FOLDER}/`)) {
			response.writeHead(404).end();
			return;
		}
		const passed = pass(request);
		passed.on('response', (answer) => {
			response.writeHead(answer.statusCode, answer.headers);
			answer.pipe(response);
		});
		passed.on('error', () => response.destroy());
		response.on('close', () => passed.destroy());
		request.pipe(passed);
	});
	const sockets = new Set();

	proxy.on('upgrade', (request, socket) => {
		const passed = pass(request);
		passed.on('upgrade', (answer, other) => {
			const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
			socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
			sockets.add(socket).add(other);
			for (const [one, another] of [[socket, other], [other, socket]])
				one.on('error', () => another.destroy()).on('close', () => another.destroy()).pipe(another);
		});
		passed.on('response', () => socket.destroy());
		passed.on('error', () => socket.destroy());
		passed.end();
	});
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	try {
		await body(`https://127.0.0.1:${proxy.address().port}${FOLDER}/`);
	} finally {
		sockets.forEach((socket) => socket.destroy());
		proxy.close();
		proxy.closeAllConnections();
	}
}

for (const [what, prepare, words] of [
	['a WebSocket', () => {}, 'Online'],
	['a stream', blockSockets, 'Online · event stream'],
]) {
	test(`34 below a folder and behind TLS everything works over ${what}`, () =>
		withDaemon({ settings: ['limits.message_rate=0'] }, (daemon) =>
			withProxy(daemon, async (url) => {
				const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' });
				const page = await context.newPage();
				const faults = watch(page, url.slice(0, -1));
				const sockets = [];
				const bob = await daemon.ws('/ws?name=bob');
				page.on('websocket', (socket) => sockets.push(socket.url()));
				page.on('response', (response) => {
					if (response.status() >= 400)
						faults.push(`${response.status()} for ${response.url()}`);
				});
				await prepare(page);
				await page.goto(url);
				await page.fill('#name', 'Ann');
				await page.click('#profile-save');
				await page.waitForSelector('#state[data-state="online"]');
				await shows(page.locator('#state-words').first(), words);
				await say(bob, 'from bob');
				await page.getByText('from bob', { exact: true }).waitFor();
				await page.fill('#text', 'from Ann :smile:');
				// The emoji code is loading now. The page waits for it, but not for ever.
				await page.waitForFunction(() => document.getElementById('text').value === 'from Ann 😄');
				await page.press('#text', 'Enter');
				assert.equal((await bob.nextJson()).message, 'from Ann 😄');
				await page.waitForSelector('.message.own:not(:has(.pending))');
				// Files that are loaded later come from the same folder.
				await page.click('#search-button');
				await page.fill('#search-field', 'bob');
				await page.locator('.search-list button').waitFor();
				await page.keyboard.press('Escape');
				await page.click('#picker-button');
				await page.locator('.picker-jump').last().waitFor();
				await page.keyboard.press('Escape');
				await page.click('#tab-live');
				await page.getByText('No active alarms').waitFor();
				await page.click('#tab-logs');
				await page.getByText('No log files are configured').waitFor();
				if (what === 'a WebSocket')
					assert.deepEqual(sockets, [`${url.replace('https:', 'wss:')}ws`]);
				assert.deepEqual(faults, []);
				await context.close();
				await bob.close();
			}),
		));
}

// Runs a command printed on the page as a program.
function run(line, daemon) {
	const here = line.replace('HOST 2020', `${daemon.host} ${daemon.linePort}`).replace('HOST', `${daemon.host}:${daemon.port}`);
	const program = spawn('sh', ['-c', `exec ${here}`], { stdio: ['pipe', 'pipe', 'ignore'] });
	let said = '';
	const hears = (text) =>
		within(
			new Promise((resolve) => {
				const look = () => said.includes(text) && resolve();
				program.stdout.on('data', look);
				look();
			}),
			`${text} of ${line}`,
		);

	program.stdout.setEncoding('utf8').on('data', (more) => (said += more));
	return { program, hears };
}

test('35 without JavaScript the page shows commands for nc and curl, and they work', () =>
	withDaemon({ settings: ['limits.message_rate=0'] }, async (daemon) => {
		const context = await browser.newContext({ javaScriptEnabled: false });
		const page = await context.newPage();
		await page.goto(daemon.url);
		assert.ok(await page.isVisible('noscript li'));
		assert.equal(await page.isVisible('#app'), false);
		const lines = await page.locator('noscript li > code:first-child').allTextContents();
		const lineOf = (pattern) => lines.find((line) => pattern.test(line));
		await context.close();

		const bob = await daemon.ws('/ws?name=bob');
		const reader = run(lineOf(/^curl -N/), daemon);
		await daemon.waitForLog(/door=sse/);
		const nc = run(lineOf(/^nc HOST 2020$/), daemon);
		nc.program.stdin.write('by nc\n');
		assert.equal((await bob.nextJson()).message, 'by nc');
		await reader.hears('by nc');
		run(lineOf(/^curl -d/), daemon);
		assert.equal((await bob.nextJson()).message, 'hello');
		await Promise.all([reader.hears('hello'), nc.hears('hello')]);
		for (const { program } of [reader, nc])
			program.kill();
		await bob.close();
	}));
