// People at the page: each has a browser profile of his own, and whatever his page should never do is written down.
import assert from 'node:assert/strict';
import { withDaemon } from '../lib/daemon.mjs';

// A browser says this of every attempt while the server is down; no page can keep it from doing so.
const REFUSED_CONNECTION = /WebSocket connection to .* failed/;

function watch(page, origin) {
	const faults = [];

	page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
	page.on('console', (message) => {
		if (message.type() === 'error' && !REFUSED_CONNECTION.test(message.text()))
			faults.push(`console: ${message.text()}`);
	});
	page.on('dialog', async (dialog) => {
		faults.push(`dialog: ${dialog.message()}`);
		await dialog.dismiss();
	});
	page.on('popup', () => faults.push('a window was opened'));
	page.on('request', (request) => {
		const url = request.url();
		if (!url.startsWith(`${origin}/`) && !url.startsWith('data:'))
			faults.push(`foreign request: ${url}`);
	});
	return faults;
}

class Person {
	constructor(page, context, faults) {
		this.page = page;
		this.context = context;
		this.faults = faults;
	}

	async join(name, email = '') {
		await this.page.fill('#name', name);
		await this.page.fill('#email', email);
		await this.page.click('#profile-save');
		await this.online();
	}

	state(name) {
		return this.page.waitForSelector(`#state[data-state="${name}"]`);
	}

	online() {
		return this.state('online');
	}

	async say(text) {
		await this.page.fill('#text', text);
		await this.page.press('#text', 'Enter');
	}

	rows(count) {
		return this.page.waitForFunction(
			(wanted) => document.querySelectorAll('.message').length === wanted,
			count,
		);
	}

	// Every message as it stands on the page.
	messages() {
		return this.page.$$eval('.message', (rows) =>
			rows.map((row) => ({
				author: row.querySelector('.author').textContent,
				text: row.querySelector('.text').textContent,
				own: row.classList.contains('own'),
				continued: row.classList.contains('continued'),
				pending: Boolean(row.querySelector('.pending')),
				drawn: Boolean(row.querySelector('.avatar svg text')),
				date: row.querySelector('time').dateTime,
				fullDate: row.querySelector('time').title,
			})),
		);
	}

	async texts() {
		return (await this.messages()).map(({ text }) => text);
	}

	sidewaysScroll() {
		return this.page.evaluate(() => {
			const log = document.getElementById('log');
			const root = document.documentElement;
			return Math.max(root.scrollWidth - root.clientWidth, log.scrollWidth - log.clientWidth);
		});
	}
}

// Runs body({ daemon, arrive }); arrive(contextOptions, prepare) opens the page as somebody new, after prepare(page).
// In the end nobody's page may have done what it should not.
export function withPeople(browser, settings, body) {
	return withDaemon({ settings }, async (daemon) => {
		const people = [];

		async function arrive(options = {}, prepare = () => {}) {
			const context = await browser.newContext({ locale: 'en-GB', ...options });
			const page = await context.newPage();
			const person = new Person(page, context, watch(page, daemon.url));

			people.push(person);
			await prepare(page);
			await page.goto(`${daemon.url}/`);
			await page.waitForSelector('#profile[open]');
			return person;
		}

		try {
			await body({ daemon, arrive });
			for (const person of people)
				assert.deepEqual(person.faults, []);
		} finally {
			await Promise.all(people.map(({ context }) => context.close()));
		}
	});
}
