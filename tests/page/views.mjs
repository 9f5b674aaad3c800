// A view of the page alone, fed by its test. Its files and its security policy are those of the daemon, only the
// document around it is the test's own.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { watch } from './people.mjs';

const OWN = new Map([
	['/view.html', 'text/html; charset=utf-8'],
	['/view.css', 'text/css'],
	['/view.js', 'text/javascript'],
]);

async function serveOwn(page, daemon) {
	const index = await fetch(`${daemon.url}/`);
	const styles = (await index.text()).match(/<link rel="stylesheet"[^>]*>/g).join('\n');
	const policy = index.headers.get('content-security-policy');

	assert.match(policy, /default-src 'self'/);
	await page.route(
		({ pathname }) => OWN.has(pathname),
		async (route) => {
			const { pathname } = new URL(route.request().url());
			const text = await readFile(new URL(`views${pathname}`, import.meta.url), 'utf8');

			await route.fulfill({
				contentType: OWN.get(pathname),
				headers: { 'Content-Security-Policy': policy },
				body: text.replace('<!-- STYLES -->', styles),
			});
		},
	);
}

/**
 * Runs body({ page, feed, calls }) with the view called kind ("live" or "logs") on a page of its own;
 * feed(method, ...frames) gives it frames. In the end the page may have done nothing that it should not.
 */
export async function withView(browser, daemon, kind, { language = 'en', rooms, prepare = () => {}, ...options }, body) {
	const context = await browser.newContext({ locale: language === 'zh' ? 'zh-CN' : 'en-GB', ...options });
	const page = await context.newPage();
	const faults = watch(page, daemon.url);
	const query = new URLSearchParams({ view: kind, language, ...(rooms && { rooms: JSON.stringify(rooms) }) });

	page.setDefaultTimeout(15_000);
	try {
		await serveOwn(page, daemon);
		await prepare(page);
		await page.goto(`${daemon.url}/view.html?${query}`);
		await page.waitForSelector('body[data-ready]');
		await page.evaluate(() => window.view.visible(true));
		await body({
			page,
			feed: (method, ...frames) =>
				page.evaluate(([name, all]) => all.forEach((frame) => window.view[name](frame)), [method, frames]),
			tell: (method, ...given) => page.evaluate(([name, all]) => window.view[name](...all), [method, given]),
			answer: (name, answer) => page.evaluate(([key, value]) => void (window.answers[key] = value), [name, answer]),
			calls: (name) => page.evaluate((wanted) => window.calls.filter(([made]) => made === wanted), name),
		});
		assert.deepEqual(faults, []);
	} finally {
		await context.close();
	}
}
