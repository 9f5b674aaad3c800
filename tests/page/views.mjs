// One view of the page alone, fed by its test. The daemon serves the surrounding document with the page's
// files, so the same rules apply, above all the content security policy.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sourceDir, startDaemon, temporaryFolder } from '../lib/daemon.mjs';
import { watch } from './people.mjs';

// Makes a folder with the page's files and the test's, with the style sheets of the page.
function makeRoot() {
	const root = path.join(temporaryFolder(), 'public');

	cpSync(path.join(sourceDir, 'public'), root, { recursive: true });
	cpSync(path.join(sourceDir, 'tests/page/views'), root, { recursive: true });
	const styles = readFileSync(path.join(root, 'index.html'), 'utf8').match(/<link rel="stylesheet"[^>]*>/g);
	const view = path.join(root, 'view.html');
	writeFileSync(view, readFileSync(view, 'utf8').replace('<!-- STYLES -->', styles.join('\n')));
	return root;
}

export function startViewDaemon(options = {}) {
	return startDaemon({ ...options, settings: [`http.root=${makeRoot()}`, ...(options.settings ?? [])] });
}

/**
 * Runs body({ page, feed, calls }) with one view ("live" or "logs") on its own page; feed(method, ...frames)
 * sends frames to it. At the end the page may have done nothing forbidden.
 */
export async function withView(
	browser,
	daemon,
	kind,
	{ language = 'en', rooms, prepare = () => {}, ...options },
	body,
) {
	const context = await browser.newContext({ locale: language === 'zh' ? 'zh-CN' : 'en-GB', ...options });
	const page = await context.newPage();
	const faults = watch(page, daemon.url);
	const query = new URLSearchParams({ view: kind, ...(rooms && { rooms: JSON.stringify(rooms) }) });

	page.setDefaultTimeout(15_000);
	try {
		await prepare(page);
		const answer = await page.goto(`${daemon.url}/view.html?${query}`);
		assert.match(answer.headers()['content-security-policy'], /^default-src 'self';(?!.*unsafe)/);
		await page.waitForSelector('body[data-ready]');
		await page.evaluate(() => window.view.visible(true));
		await body({
			page,
			feed: (method, ...frames) =>
				page.evaluate(([name, all]) => all.forEach((frame) => window.view[name](frame)), [method, frames]),
			tell: (method, ...given) => page.evaluate(([name, all]) => window.view[name](...all), [method, given]),
			answer: (name, given) => page.evaluate(([key, value]) => void (window.answers[key] = value), [name, given]),
			calls: (name) => page.evaluate((wanted) => window.calls.filter(([made]) => made === wanted), name),
		});
		assert.deepEqual(faults, []);
	} catch (error) {
		error.message += faults.length ? `\nthe page: ${faults.join('\n')}` : '';
		throw error;
	} finally {
		await context.close();
	}
}
