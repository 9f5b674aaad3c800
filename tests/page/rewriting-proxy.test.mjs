// The page behind a proxy that changes the Host header.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually, withDaemon } from '../lib/daemon.mjs';
import { withProxy } from '../lib/proxy.mjs';

const WORDS = {
	'en-GB': 'The server takes this page for one of another site. Does a proxy change the Host header? Not connected.',
	'zh-CN': '服务器认为此页面来自其他网站。代理是否改写了 Host 请求头？ 未连接。',
};

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

async function enter(locale, address) {
	const context = await browser.newContext({ locale });
	const page = await context.newPage();

	await page.goto(address);
	await page.fill('#name', 'Ann');
	await page.click('#profile-save');
	return page;
}

test('behind a proxy that changes Host the state line names the cause at once, and the page connects when it is mended', () =>
	withDaemon({}, async (daemon) => {
		let replaced = {};
		const change = ({ url, headers }) => ({ path: url, headers: { ...headers, ...replaced } });

		await withProxy(daemon, { change }, async (address) => {
			for (const [locale, words] of Object.entries(WORDS)) {
				replaced = { host: 'backend.internal' };
				const page = await enter(locale, address);
				await page.waitForSelector('#state[data-state="refused"]');
				await page.waitForFunction((wanted) => document.getElementById('state-words').textContent === wanted, words);
				await page.fill('#text', 'hello');
				await page.press('#text', 'Enter');
				replaced = {};
				await page.click('#connect-now');
				await page.waitForSelector('#state[data-state="online"]');
				await page.waitForFunction(() => document.querySelector('.message') && !document.querySelector('.pending'));
				await page.context().close();
			}
			await eventually(() => assert.ok(daemon.log.some((line) => /^origin_refused .*host=backend\.internal/.test(line)), daemon.stderr), 'the log');
		});
	}));
