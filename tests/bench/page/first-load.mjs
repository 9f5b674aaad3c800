// Measures how long the page takes until its first message can be read, on slow networks.
//
//     node tests/bench/page/first-load.mjs LINNETD...
//
// Several daemons, an old and a new one, take turns. "cold" is a browser that knows the reader's name but has no
// file of the page; "warm" is the next visit. Each number is the median of 5 visits. The network is that of
// Chromium's developer tools, which delays requests but not WebSockets.
import { openBrowser } from '../../lib/browser.mjs';
import { say } from '../../lib/chat.mjs';
import { startDaemon } from '../../lib/daemon.mjs';

const VISITS = 5;
const NETWORKS = {
	'100 ms': { latency: 100, downloadThroughput: -1, uploadThroughput: -1 },
	'slow 3G': { latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 },
};

const median = (numbers) => numbers.sort((one, other) => one - other)[numbers.length >> 1];

// Runs in the page. Waiting from outside would look twice a second only.
function watchForMessage() {
	new MutationObserver((changes, observer) => {
		if (!document.querySelector('.message'))
			return;
		observer.disconnect();
		requestAnimationFrame(() => {
			window.readableMs = performance.now();
		});
	}).observe(document, { childList: true, subtree: true });
}

// Opens the page in the context. Returns { ms, requests, bytes } until the message can be read.
async function visit(context, daemon, network) {
	const page = await context.newPage();
	const developer = await context.newCDPSession(page);
	const received = new Map();

	await developer.send('Network.enable');
	await developer.send('Network.emulateNetworkConditions', { offline: false, ...network });
	developer.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
		received.set(requestId, encodedDataLength));
	await page.addInitScript(watchForMessage);
	await page.goto(daemon.url, { waitUntil: 'commit' });
	const ms = await (await page.waitForFunction(() => window.readableMs)).jsonValue();
	const sizes = Array.from(received.values()).filter(Boolean);
	await page.close();
	return { ms, requests: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

// Returns the visits of a browser that has been here, first without the files of the page, then with them.
async function visitTwice(browser, daemon, network) {
	const context = await browser.newContext({ locale: 'en-GB' });
	const page = await context.newPage();

	await page.goto(daemon.url);
	await page.fill('#name', 'Ann');
	await page.press('#name', 'Enter');
	await page.getByText('hello', { exact: true }).waitFor();
	const developer = await context.newCDPSession(page);
	await developer.send('Network.clearBrowserCache');
	await page.close();
	const cold = await visit(context, daemon, network);
	const warm = await visit(context, daemon, network);
	await context.close();
	return { cold, warm };
}

const programs = process.argv.slice(2);
if (programs.length === 0) {
	process.stderr.write('usage: node tests/bench/page/first-load.mjs LINNETD...\n');
	process.exit(2);
}
const browser = await openBrowser();
for (const [name, network] of Object.entries(NETWORKS)) {
	const results = programs.map(() => ({ cold: [], warm: [] }));
	for (let i = 0; i < VISITS; i++)
		for (const [index, program] of programs.entries()) {
			const daemon = await startDaemon({ program });
			const bob = await daemon.ws('/ws?name=bob');
			await say(bob, 'hello');
			const { cold, warm } = await visitTwice(browser, daemon, network);
			results[index].cold.push(cold);
			results[index].warm.push(warm);
			await bob.close();
			await daemon.stop();
		}
	for (const [index, program] of programs.entries())
		for (const [kind, visits] of Object.entries(results[index])) {
			const { requests, bytes } = visits.at(-1);
			const ms = Math.round(median(visits.map((one) => one.ms)));
			console.log(`${name.padEnd(8)} ${kind} ${String(ms).padStart(6)} ms ${String(requests).padStart(3)} requests ${String(bytes).padStart(6)} bytes  ${program}`);
		}
}
await browser.close();
