// Measures whether the page's memory grows with what it receives.
//
//     node tests/bench/page/memory.mjs LINNETD [MESSAGES]
//
// A page is in a room where MESSAGES messages are said: 180,000 unless given, as many as in an hour at 50 each second. They
// come as fast as the page shows them. Prints the page's heap after each tenth, once garbage is collected, with the elements
// on the page and those that JavaScript still holds.
import { openBrowser } from '../../lib/browser.mjs';
import { sayMany } from '../../lib/chat.mjs';
import { startDaemon } from '../../lib/daemon.mjs';

const HOUR = 180_000;
const BLOCK = 500;
const STEPS = 10;
const PATIENCE_MS = 10 * 60 * 1000;
const SETTINGS = ['limits.message_rate=0.0', 'limits.address_rate=0.0', 'limits.connect_rate=0.0', 'store.keep_messages=20000'];

const [program, count = HOUR] = process.argv.slice(2);
if (!program || !(Number(count) >= BLOCK)) {
	process.stderr.write(`usage: node tests/bench/page/memory.mjs LINNETD [MESSAGES, at least ${BLOCK}]\n`);
	process.exit(2);
}
const browser = await openBrowser();
const daemon = await startDaemon({ program, settings: SETTINGS });
const bob = await daemon.ws('/ws?name=bob');
const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
const developer = await context.newCDPSession(page);

async function print(said) {
	await developer.send('HeapProfiler.collectGarbage');
	const { metrics } = await developer.send('Performance.getMetrics');
	const of = (kind) => metrics.find(({ name }) => name === kind).value;
	const shown = await page.locator('*').count();
	const megabytes = (of('JSHeapUsedSize') / 2 ** 20).toFixed(2);

	console.log(`${String(said).padStart(7)} messages ${megabytes.padStart(7)} MB ${String(shown).padStart(6)} elements ${String(of('Nodes')).padStart(6)} nodes`);
}

page.setDefaultTimeout(PATIENCE_MS);
await page.addInitScript(() => localStorage.setItem('linnet.name', 'Ann'));
await developer.send('Performance.enable');
await developer.send('HeapProfiler.enable');
await page.goto(daemon.url);
await page.waitForSelector('#state[data-state="online"]');
const step = Math.max(BLOCK, Math.floor(count / STEPS / BLOCK) * BLOCK);
for (let said = 0; said < count; said += BLOCK) {
	if (said % step === 0)
		await print(said);
	await sayMany(bob, BLOCK, { textOf: (at) => `message ${said + at} of **many**, see https://example.org/${said + at}` });
	await page.waitForFunction((last) => document.querySelector('.log').lastElementChild.textContent.includes(last), `message ${said + BLOCK} `);
}
await print(Number(count));
await browser.close();
await bob.close();
await daemon.stop();
