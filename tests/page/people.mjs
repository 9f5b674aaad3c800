// Users of the page. Each has a separate browser profile, and every forbidden action of a page is recorded.
import assert from 'node:assert/strict';
import path from 'node:path';
import { eventually, startDaemon, temporaryFolder, withDaemon } from '../lib/daemon.mjs';

// The browser logs this for every attempt while the server is down or refuses. A page cannot prevent it.
const REFUSED_CONNECTION =
	/WebSocket connection to .* failed|Failed to load resource: (?:the server responded with a status of (?:40[0139]|429)|net::ERR_(CONNECTION_|EMPTY_RESPONSE|INCOMPLETE|INTERNET_DISCONNECTED))/;

// Imitates a proxy without WebSockets: they fail, or with window.hangs they stay pending.
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

/**
 * Needs page.clock.install() before. More than a second may pass before the page's clock stops, but only
 * once.
 */
export async function pauseClock({ page }, ms = 1000) {
	const pause = () => page.clock.pauseAt(Date.now() + ms);

	await pause().catch(pause);
}

/** Answers that there shall be a new room, unless one of this name is shown first. */
export async function createIfNew(person, name) {
	const heading = person.page.locator('#room-title').getByText(name, { exact: true });
	const create = person.page.locator('.question .primary');

	await heading.or(create).waitFor();
	if (await create.isVisible())
		await create.click();
}

/** Waits until the room is shown. The server may not have accepted the join yet. */
export async function askForRoom(person, name) {
	await person.page.fill('#room-field', name);
	await person.page.press('#room-field', 'Enter');
	await createIfNew(person, name);
	await person.headed(name);
}

export const roomRow = ({ page }, name) =>
	page.locator('#rooms li').filter({ has: page.locator('.room-name').getByText(name, { exact: true }) });

/** Chooses in the menu of a room. */
export async function chooseInMenu(person, room, choice) {
	await roomRow(person, room).locator('.more').click();
	await person.page.getByRole('menuitem', { name: choice, exact: true }).click();
}

export const leaveRoom = (person, room) => chooseInMenu(person, room, 'Leave');

export async function enterRoom(person, name) {
	await askForRoom(person, name);
	await person.inRoom(name);
}

// The page draws a frame later, and parts of it are loaded when they are needed. So these read until what is shown is as
// expected.
const becomes =
	(compare) =>
	(read, expected, what = expected) =>
		eventually(async () => compare(await read(), expected), what);

/** The assertions for what read() finds. */
export const soon = { equal: becomes(assert.equal), deepEqual: becomes(assert.deepEqual), match: becomes(assert.match) };

const expects = (read, expected) => (expected instanceof RegExp ? soon.match : soon.equal)(read, expected);

export const shows = (locator, expected) => expects(() => locator.textContent(), expected);
export const holds = (field, expected) => expects(() => field.inputValue(), expected);
export const hasAttribute = (locator, name, expected) => expects(() => locator.getAttribute(name), expected);

export async function choose(person, name) {
	await person.page.locator('#rooms-list .room-button', { hasText: name }).click();
	await person.inRoom(name);
}

export const roomNames = ({ page }) => page.locator('#rooms-list .room-name').allTextContents();

/** Waits until these rooms are listed: the list is drawn a frame later than the room is shown. */
export const listsRooms = (person, names) =>
	eventually(async () => assert.deepEqual(await roomNames(person), names), `the rooms ${names}`);

/** The same in any order. */
export const hasRooms = (person, names) =>
	eventually(async () => assert.deepEqual((await roomNames(person)).sort(), names), `the rooms ${names}`);

/** Waits until the badge of this room shows that count; '' means no badge. */
export const unread = ({ page }, room, count) =>
	page.waitForFunction(
		([name, wanted]) => {
			const buttons = Array.from(document.querySelectorAll('#rooms-list .room-button'));
			const button = buttons.find((one) => one.querySelector('.room-name').textContent === name);
			return (button?.querySelector('.unread')?.textContent ?? '') === wanted;
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

	/** Waits for these words about the connection, of which the longer ones are loaded late. */
	isTold(words) {
		return this.page.locator('#state-words', { hasText: words }).waitFor();
	}

	/** Waits for the lists of rooms and people, which are loaded late and give their buttons names. */
	async surrounded() {
		await this.page.waitForSelector('#rooms-button[aria-label]', { state: 'attached' });
		await this.page.waitForSelector('#people-button[aria-label]', { state: 'attached' });
	}

	/** Once all is loaded: some browsers never ask again for a module that was cut off. */
	async goesOffline() {
		await this.surrounded();
		await this.context.setOffline(true);
		await this.state('offline');
	}

	/** The number in the title is loaded late. */
	titled(title) {
		return this.page.waitForFunction((wanted) => document.title === wanted, title);
	}

	called(name) {
		return this.page.locator('#me bdi').getByText(name, { exact: true }).waitFor();
	}

	/**
	 * Runs end(), which breaks the connection, until the page notices. The page may reconnect within half a
	 * second.
	 */
	async disconnects(end) {
		await Promise.all([this.state('waiting'), end()]);
	}

	/**
	 * Needs page.clock.install() before. With the page's clock stopped, the page does not reconnect by itself.
	 */
	async stopClock() {
		await pauseClock(this);
		await this.state('waiting');
	}

	headed(name) {
		return this.page.locator('#room-title').getByText(name, { exact: true }).waitFor();
	}

	/** Waits until this room is shown and joined. */
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

	/** Waits until exactly these messages are in the log, all of them acknowledged. */
	reads(texts) {
		return this.page.waitForFunction(
			(wanted) =>
				!document.querySelector('.pending') &&
				JSON.stringify(Array.from(document.querySelectorAll('.room:not([inert]) .message .text'), (text) => text.textContent)) ===
					wanted,
			JSON.stringify(texts),
		);
	}

	/** Returns every message as shown on the page. */
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

	/** Returns the names in the list of people, whether it is open or not. */
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

	/** A system line between the messages. */
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

// Runs body({ …given, arrive }). arrive(contextOptions, prepare) opens the page as a new user, after
// prepare(page). At the end no page may have done anything forbidden. first is what a new user is shown.
async function runWithPages(browser, origin, given, body, first = '#profile[open]') {
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

	// Opens another tab of the same browser.
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

// through(daemon, run) calls run(origin) with where the pages find the daemon.
export function withPeople(browser, settings, body, { first, through = ({ url }, run) => run(url), ...options } = {}) {
	return withDaemon({ settings, ...options }, (daemon) =>
		through(daemon, (origin) => runWithPages(browser, origin, { daemon }, body, first)),
	);
}

// The same with a server that can be killed and restarted with its port and store: body({ server, arrive,
// openTab }).
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
		await runWithPages(browser, server.daemon.url, { server }, body);
		await server.daemon.stop();
	} finally {
		server.daemon.kill();
	}
}
