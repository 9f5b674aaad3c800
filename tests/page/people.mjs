// People at the page: each has a browser profile of his own, and whatever his page should never do is written down.
import assert from 'node:assert/strict';
import path from 'node:path';
import { startDaemon, temporaryFolder, withDaemon } from '../lib/daemon.mjs';

// A browser says this of every attempt while the server is down or refuses; no page can keep it from doing so.
const REFUSED_CONNECTION =
	/WebSocket connection to .* failed|Failed to load resource: (?:the server responded with a status of 40[13]|net::ERR_(CONNECTION_|EMPTY_RESPONSE|INCOMPLETE|INTERNET_DISCONNECTED))/;

// As a proxy does that knows nothing of WebSockets: they fail, or where window.hangs is set nothing comes of them.
export async function blockSockets(page) {
	await page.addInitScript(() => {
		const Native = WebSocket;
		window.blocked = true;
		window.WebSocket = class extends EventTarget {
			static OPEN = 1;
			constructor(...given) {
				super();
				if (!window.blocked)
					return new Native(...given);
				this.readyState = 0;
				if (!window.hangs)
					setTimeout(() => this.onclose?.({ code: 1006, reason: '' }));
			}
			close() {}
		};
	});
}

export const blockStreams = (page) => page.route(/\/events\//, () => {});

// As if another tab were in front.
export const hide = (person, hidden) =>
	person.page.evaluate((value) => {
		Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
		document.dispatchEvent(new Event('visibilitychange'));
	}, hidden);

/** Needs page.clock.install() before. By the time that the page hears of it more than a second may be over, but only once. */
export async function pauseClock({ page }, ms = 1000) {
	const pause = () => page.clock.pauseAt(Date.now() + ms);

	await pause().catch(pause);
}

/** Until the room is shown: the server may not have let anybody in yet. */
export async function askForRoom(person, name) {
	await person.page.fill('#room-field', name);
	await person.page.press('#room-field', 'Enter');
	await person.headed(name);
}

export async function enterRoom(person, name) {
	await askForRoom(person, name);
	await person.inRoom(name);
}

export async function choose(person, name) {
	await person.page.locator('#rooms-list .room-button', { hasText: name }).click();
	await person.inRoom(name);
}

export const roomNames = ({ page }) => page.locator('#rooms-list .room-name').allTextContents();

/** Until so much is said to be unread of this room; '' is nothing. */
export const unread = ({ page }, room, count) =>
	page.waitForFunction(
		([name, wanted]) => {
			const buttons = Array.from(document.querySelectorAll('#rooms-list .room-button'));
			const button = buttons.find((one) => one.querySelector('.room-name').textContent === name);
			return (button?.querySelector('.badge')?.textContent ?? '') === wanted;
		},
		[room, count],
	);

export function watch(page, origin) {
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

	/** Fills in the name form. */
	async introduce(name, email = '') {
		await this.page.fill('#name', name);
		await this.page.fill('#email', email);
		await this.page.click('#profile-save');
	}

	async join(name, email) {
		await this.introduce(name, email);
		await this.online();
	}

	async rename(name) {
		await this.page.click('#me');
		await this.page.fill('#name', name);
		await this.page.press('#name', 'Enter');
	}

	state(name) {
		return this.page.waitForSelector(`#state[data-state="${name}"]`);
	}

	online() {
		return this.state('online');
	}

	called(name) {
		return this.page.locator('#me bdi').getByText(name, { exact: true }).waitFor();
	}

	/** Does what ends the connection, until that is seen: the page comes back by itself, perhaps half a second later. */
	async loses(end) {
		await Promise.all([this.state('waiting'), end()]);
	}

	/** Needs page.clock.install() before: the page's time stands still, so that it does not come back by itself. */
	async stopClock() {
		await pauseClock(this);
		await this.state('waiting');
	}

	headed(name) {
		return this.page.locator('#room-title').getByText(name, { exact: true }).waitFor();
	}

	/** Until this room is shown and was entered. */
	async inRoom(name) {
		await this.headed(name);
		await this.page.locator('.room:not([inert]) .log[data-loaded]').waitFor({ state: 'attached' });
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

	/** Until exactly these messages stand in the log, all of them acknowledged. */
	reads(texts) {
		return this.page.waitForFunction(
			(wanted) =>
				!document.querySelector('.pending') &&
				JSON.stringify(Array.from(document.querySelectorAll('.room:not([inert]) .message .text'), (text) => text.textContent)) ===
					wanted,
			JSON.stringify(texts),
		);
	}

	/** Every message as it stands on the page. */
	messages() {
		return this.page.$$eval('.message', (rows) =>
			rows.map((row) => ({
				author: row.querySelector('.author').textContent,
				text: row.querySelector('.text').textContent,
				own: row.classList.contains('own'),
				continued: row.classList.contains('continued'),
				pending: Boolean(row.querySelector('.pending')),
				failed: row.querySelector('.failed p')?.textContent ?? '',
				drawn: Boolean(row.querySelector('.avatar svg text')),
				date: row.querySelector('time').dateTime,
				fullDate: row.querySelector('time').title,
			})),
		);
	}

	async texts() {
		return (await this.messages()).map(({ text }) => text);
	}

	/** The names in the list of people, whether it is open or not. */
	names() {
		return this.page.$$eval('#people-list bdi', (all) => all.map((name) => name.textContent));
	}

	sees(names) {
		return this.page.waitForFunction(
			(wanted) =>
				JSON.stringify(Array.from(document.querySelectorAll('#people-list bdi'), (name) => name.textContent)) ===
				wanted,
			JSON.stringify(names),
		);
	}

	/** A line between the messages. */
	line(hasText) {
		return this.page.locator('.log > :is(.system, .presence)', { hasText });
	}

	sidewaysScroll() {
		return this.page.evaluate(() => {
			const log = document.querySelector('.log');
			const root = document.documentElement;
			return Math.max(root.scrollWidth - root.clientWidth, log ? log.scrollWidth - log.clientWidth : 0);
		});
	}
}

// Runs body({ …given, arrive }); arrive(contextOptions, prepare) opens the page as somebody new, after prepare(page).
// In the end nobody's page may have done what it should not. first is what the page shows to who is new.
async function meet(browser, origin, given, body, first = '#profile[open]') {
	const people = [];

	async function arrive(options = {}, prepare = () => {}, { path: at = '/' } = {}) {
		const context = await browser.newContext({ locale: 'en-GB', ...options });
		const page = await context.newPage();
		const person = new Person(page, context, watch(page, origin));

		people.push(person);
		await prepare(page);
		await page.goto(`${origin}${at}`);
		await page.waitForSelector(first);
		return person;
	}

	// Another tab of the same browser.
	async function openTab(person, prepare = () => {}) {
		const page = await person.context.newPage();
		const tab = new Person(page, person.context, watch(page, origin));

		people.push(tab);
		await prepare(page);
		await page.goto(`${origin}/`);
		await tab.online();
		return tab;
	}

	try {
		await body({ ...given, arrive, openTab });
		for (const person of people)
			assert.deepEqual(person.faults, []);
	} finally {
		await Promise.all(people.map(({ context }) => context.close()));
	}
}

export function withPeople(browser, settings, body, { first, ...options } = {}) {
	return withDaemon({ settings, ...options }, (daemon) => meet(browser, daemon.url, { daemon }, body, first));
}

// The same with a server that can be killed and started again, on its port and with its store:
// body({ server, arrive, openTab }).
export async function withRestarts(browser, settings, body) {
	const kept = [`store.path=${path.join(temporaryFolder(), 'linnet.db')}`, ...settings];
	const server = {
		daemon: await startDaemon({ settings: kept }),
		async kill() {
			this.daemon.kill();
			await this.daemon.ended;
		},
		async start(more = []) {
			this.daemon = await startDaemon({ settings: [...kept, `http.port=${this.daemon.port}`, ...more] });
		},
	};
	try {
		await meet(browser, server.daemon.url, { server }, body);
		await server.daemon.stop();
	} finally {
		server.daemon.kill();
	}
}
