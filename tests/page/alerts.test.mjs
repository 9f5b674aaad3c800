// Alerts while the page is hidden: notifications, a sound, and the switch that mutes both.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { enterRoom, hasAttribute, hide, holds, soon, withPeople } from './people.mjs';
import { pushAlarm } from './pushes.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Returns whether the first words of the part are visible in full.
function fits(part) {
	const range = document.createRange();
	range.selectNodeContents(part.querySelector('bdi, [role="status"]'));
	const { right } = range.getBoundingClientRect();
	const box = (getComputedStyle(part).display === 'contents' ? part.firstElementChild : part).getBoundingClientRect();

	return right <= box.right + 1;
}

// Records the alerts of the page: window.calls and window.chirps, and window.asked for the permission.
const recordAlerts = (page) =>
	page.addInitScript(() => {
		localStorage['linnet.level.lobby'] ??= 'all';
		window.asked = 0;
		window.calls = [];
		window.chirps = 0;
		window.fronts = 0;
		window.focus = () => window.fronts++;
		window.Notification = class extends EventTarget {
			static get permission() {
				return localStorage.granted ?? 'default';
			}
			static async requestPermission() {
				window.asked++;
				localStorage.granted = 'granted';
				return 'granted';
			}
			constructor(title, { body, renotify } = {}) {
				super();
				if (Notification.permission !== 'granted')
					return;
				window.calls.push([title, body]);
				window.lastCall = this;
				this.renotify = renotify;
			}
			close() {}
		};
		const { createOscillator } = AudioContext.prototype;
		let last = 0;
		// One chirp has three oscillators.
		AudioContext.prototype.createOscillator = function () {
			if (++last % 3 === 1)
				window.chirps++;
			return createOscillator.call(this);
		};
	});

const seen = ({ page }) => page.evaluate(() => ({ calls: window.calls.length, chirps: window.chirps }));
const sees = (person, wanted) => eventually(async () => assert.deepEqual(await seen(person), wanted), JSON.stringify(wanted));
const callsAre = ({ page }, wanted) =>
	eventually(async () => assert.deepEqual(await page.evaluate(() => window.calls), wanted), JSON.stringify(wanted));

async function choose({ page }, ...ids) {
	await page.click('#settings-button');
	for (const id of ids)
		await page.check(`#${id}`);
	await page.keyboard.press('Escape');
}

// Marks the last chirp as long ago, which replaces the wait of two seconds.
const clearChirpDelay = ({ page }) => page.evaluate(() => localStorage.setItem('linnet.chirped', '1'));

test('31 a notification comes only after a click has asked for permission, and only while the page is hidden', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const loaded = [];
		const ann = await arrive({}, async (page) => {
			page.on('request', (request) => loaded.push(request.url()));
			await recordAlerts(page);
		});
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await hide(ann, true);
		await say(bob, 'before');
		await ann.rows(1);
		await hide(ann, false);
		await soon.equal(() => ann.page.evaluate(() => window.asked), 0);
		assert.deepEqual(loaded.filter((url) => /alerts|sound/.test(url)), [], 'the code for alerts is not loaded before it is needed');
		await choose(ann, 'notify');
		await soon.equal(() => ann.page.evaluate(() => window.asked), 1);
		await say(bob, 'in sight');
		await ann.rows(2);
		assert.equal((await seen(ann)).calls, 0);
		await hide(ann, true);
		// Of any type.
		await say(bob, { type: 'shout', message: 'out of sight' });
		await ann.rows(3);
		await callsAre(ann, [['bob in lobby', 'out of sight']]);
		assert.equal((await seen(ann)).chirps, 0);
		// A click on the notification opens the room of the message. The choice is remembered.
		await hide(ann, false);
		await ann.page.click('#tab-live');
		await ann.page.evaluate(() => window.lastCall.dispatchEvent(new Event('click')));
		await ann.inRoom('lobby');
		await ann.page.locator('.message.found', { hasText: 'out of sight' }).waitFor();
		await soon.equal(() => ann.page.evaluate(() => window.fronts), 1);
		await ann.page.reload();
		await ann.online();
		await ann.page.waitForSelector('#mute');
		await hide(ann, true);
		await say(bob, 'after a reload');
		await ann.rows(4);
		await callsAre(ann, [['bob in lobby', 'after a reload']]);
		await bob.close();
	}));

test('31 a chirp sounds if it was chosen, for unseen messages, and once for many at a time', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, recordAlerts);
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		// With a fixed clock everything happens at one moment.
		await ann.page.clock.setFixedTime(Date.now());
		await choose(ann, 'sound');
		await ann.page.waitForFunction(() => window.chirps === 1);
		await clearChirpDelay(ann);
		await say(bob, 'in sight');
		await ann.rows(1);
		assert.equal((await seen(ann)).chirps, 1);
		await hide(ann, true);
		await sayMany(bob, 20);
		await ann.rows(21);
		await sees(ann, { calls: 0, chirps: 2 });
		await clearChirpDelay(ann);
		await say(bob, 'later');
		await ann.rows(22);
		await sees(ann, { calls: 0, chirps: 3 });
		await clearChirpDelay(ann);
		await ann.say('mine');
		await ann.rows(23);
		assert.equal((await seen(ann)).chirps, 3);
		await bob.close();
	}));

test('31 one switch mutes both, is remembered and works by keyboard', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive({}, recordAlerts);
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await soon.equal(() => ann.page.locator('#mute').count(), 0);
		await choose(ann, 'notify', 'sound');
		const mute = ann.page.getByRole('button', { name: 'Silence notifications and sound' });
		await mute.waitFor();
		await ann.page.waitForFunction(() => window.chirps === 1);
		await mute.focus();
		await ann.page.keyboard.press('Space');
		await hasAttribute(mute, 'aria-pressed', 'true');
		await clearChirpDelay(ann);
		await hide(ann, true);
		await say(bob, 'unheard');
		await ann.rows(1);
		await soon.deepEqual(() => seen(ann), { calls: 0, chirps: 1 });
		await hide(ann, false);
		const tab = await openTab(ann, recordAlerts);
		await tab.page.waitForSelector('#mute[aria-pressed="true"]');
		await tab.page.click('#mute');
		await ann.page.waitForSelector('#mute[aria-pressed="false"]');
		await tab.page.close();
		await hide(ann, true);
		await clearChirpDelay(ann);
		await say(bob, 'heard');
		await ann.rows(2);
		await sees(ann, { calls: 1, chirps: 2 });
		await hide(ann, false);
		await ann.page.click('#settings-button');
		await ann.page.uncheck('#notify');
		await ann.page.uncheck('#sound');
		await ann.page.waitForSelector('#mute', { state: 'hidden' });
		await bob.close();
	}));

test('31 a window does not alert while the user looks at another window', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive({}, recordAlerts);
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await choose(ann, 'notify', 'sound');
		await ann.page.waitForFunction(() => window.chirps === 1);
		const tab = await openTab(ann, recordAlerts);
		await tab.page.waitForSelector('#mute');
		await hide(ann, true);
		await clearChirpDelay(ann);
		// A hidden window asks the others whether one of them is visible. The test listens for the answer.
		await ann.page.evaluate(() => {
			const channel = new BroadcastChannel(`linnet ${new URL('.', location.href)}`);
			channel.addEventListener('message', ({ data }) => (window.answer = data));
		});
		await say(bob, 'seen in the other window');
		await ann.page.waitForFunction(() => window.answer === 'answer');
		await hide(tab, true);
		await say(bob, 'seen in none');
		await callsAre(ann, [['bob in lobby', 'seen in none']]);
		await callsAre(tab, [['bob in lobby', 'seen in none']]);
		await eventually(async () => assert.equal((await seen(ann)).chirps + (await seen(tab)).chirps, 2), 'one chirp of both');
		await bob.close();
	}));

test('31 an alarm notification shows the severity and the state, and each change alerts again', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, recordAlerts);
		await ann.join('Ann');
		await choose(ann, 'notify');
		await hide(ann, true);
		const expected = [];
		const tells = async (members, body) => {
			await pushAlarm(daemon, members);
			expected.push(['monitor in lobby', body]);
			await callsAre(ann, expected);
		};

		await tells({ key: 'disk', severity: 'critical', title: 'Disk full', message: '98 % of /var' }, 'Critical: Disk full, raised\n98 % of /var');
		await tells({ key: 'disk', severity: 'ok', title: 'Disk full' }, 'OK: Disk full, cleared');
		await tells({ key: 'load', severity: 'warning' }, 'Warning: load, raised');
		await soon.equal(() => ann.page.evaluate(() => window.lastCall.renotify), true);
	}));

test('31 of each room the user is notified of mentions and alarms, or of everything, or of nothing', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, recordAlerts);
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await choose(ann, 'notify');
		const choice = ann.page.getByLabel('Notifications and sound in \u2068lobby');
		const expected = [];
		let rows = 0;
		const says = async (text, isNotified) => {
			await say(bob, text);
			await ann.rows(++rows);
			if (isNotified)
				expected.push(['bob in lobby', text]);
			await callsAre(ann, expected);
		};
		const chooseLevel = async (level) => {
			await ann.page.click('#settings-button');
			await choice.selectOption(level);
			await ann.page.keyboard.press('Escape');
		};
		await chooseLevel('mentions');
		await hide(ann, true);
		await says('to nobody', false);
		await says('to @ann', true);
		await says('to @room', true);
		await chooseLevel('nothing');
		await says('to @ann, who is away', false);
		await pushAlarm(daemon, { key: 'a', severity: 'critical' });
		await ann.page.locator('.log .alarm-line').waitFor();
		await chooseLevel('all');
		await says('to nobody again', true);
		await chooseLevel('mentions');
		await pushAlarm(daemon, { key: 'b', severity: 'critical' });
		expected.push(['monitor in lobby', 'Critical: b, raised']);
		await callsAre(ann, expected);
		// Nor of what the user does.
		await ann.say('/ack b');
		await ann.page.locator('.log .alarm-line', { hasText: 'acknowledged by' }).first().waitFor();
		await says('to @ann once more', true);
		// Each room has its own choice.
		await chooseLevel('nothing');
		await enterRoom(ann, 'ops');
		await ann.page.click('#settings-button');
		await holds(ann.page.getByLabel('Notifications and sound in \u2068ops'), 'mentions');
		await bob.close();
	}));

test('31 where only workers may notify, as on Android, the setting says so and no message is lost', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, (page) =>
			page.addInitScript(() => {
				window.Notification = class {
					static permission = localStorage.granted ?? 'default';
					static async requestPermission() {
						return 'granted';
					}
					constructor() {
						throw new TypeError('Illegal constructor');
					}
				};
			}),
		);
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await ann.page.click('#settings-button');
		await ann.page.click('#notify');
		await ann.page.locator('#notify-fault', { hasText: 'does not allow notifications' }).waitFor();
		assert.equal(await ann.page.isChecked('#notify'), false);
		// The page was allowed to notify earlier.
		await ann.page.evaluate(() => {
			localStorage.granted = 'granted';
			localStorage['linnet.notify'] = 'yes';
			localStorage['linnet.level.lobby'] = 'all';
		});
		await ann.page.reload();
		await ann.page.waitForSelector('#mute:not([hidden])');
		await hide(ann, true);
		await say(bob, 'out of sight');
		await ann.rows(1);
		await ann.page.waitForSelector('#mute', { state: 'hidden' });
		await bob.close();
	}));

test('31 the chirp is a short bird-like sound generated by the page', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const { peak, late, crossings } = await ann.page.evaluate(async () => {
			const { playSound } = await import('./alerts/notification-sound.js');
			const context = new OfflineAudioContext(1, 44100, 44100);
			playSound(context);
			const samples = (await context.startRendering()).getChannelData(0);
			const loudest = (from, to) => samples.slice(from, to).reduce((most, one) => Math.max(most, Math.abs(one)), 0);
			const voice = samples.slice(882 + 500, 882 + 3200);
			return {
				peak: loudest(0, 44100),
				late: loudest(22050, 44100),
				crossings: voice.filter((one, at) => at && one >= 0 !== voice[at - 1] >= 0).length,
			};
		});
		assert.ok(peak > 0.05 && peak < 0.5, `${peak}`);
		assert.equal(late, 0);
		const pitch = (crossings / 2 / 2700) * 44100;
		assert.ok(pitch > 2500 && pitch < 5000, `${pitch} Hz`);
	}));

test('31 where notifications are forbidden the setting says so', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({}, (page) =>
			page.addInitScript(() => {
				window.Notification = class {
					static permission = 'denied';
					static requestPermission = async () => 'denied';
				};
			}),
		);
		await ann.join('Ann');
		await ann.page.click('#settings-button');
		await ann.page.click('#notify');
		await ann.page.locator('#notify-fault', { hasText: 'does not allow notifications' }).waitFor();
		assert.equal(await ann.page.isChecked('#notify'), false);
	}));

for (const width of [320, 375, 768, 960]) {
	test(`28 with the mute switch the whole bar fits at ${width} px, and the room and the state are readable`, () =>
		withPeople(browser, [NO_RATE_LIMIT], async ({ arrive, daemon }) => {
			const ann = await arrive({ viewport: { width, height: 640 } }, recordAlerts);
			await ann.join('Anna Magdalena Wilcken');
			await choose(ann, 'notify');
			await ann.page.waitForSelector('#mute');
			await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk' });
			await ann.page.waitForSelector('#alarms-button');
			const boxes = await ann.page.$$eval('.bar button:not(#connect-now)', (all) =>
				all
					.map((one) => one.getBoundingClientRect())
					.filter((box) => box.width)
					.map(({ left, right, top, bottom }) => ({ left, right, top, bottom })),
			);
			const isPlaced = ({ left, right, top, bottom }) =>
				left >= 0 && right <= width && right - left >= 24 && bottom - top >= 24;
			const isApart = (one, other) =>
				one === other || one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
			assert.ok(boxes.every(isPlaced), JSON.stringify(boxes));
			assert.ok(boxes.every((one) => boxes.every((other) => isApart(one, other))), JSON.stringify(boxes));
			for (const part of ['.bar h1', '#state'])
				assert.ok(await ann.page.$eval(part, fits), part);
			assert.equal(await ann.sidewaysScroll(), 0);
		}));
}

test('31 where a page cannot create notifications no message is lost, and the user is told', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, async (page) => {
			await recordAlerts(page);
			// Chrome on Android throws here.
			await page.addInitScript(() => {
				window.Notification = class {
					static permission = 'granted';
					static requestPermission = async () => 'granted';
					constructor() {
						throw new TypeError('Illegal constructor');
					}
				};
			});
		});
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await choose(ann, 'notify');
		await hide(ann, true);
		await say(bob, 'out of sight');
		await ann.reads(['out of sight']);
		await ann.page.waitForFunction(() => !localStorage['linnet.notify']);
		await hide(ann, false);
		await ann.page.click('#settings-button');
		assert.equal(await ann.page.isChecked('#notify'), false);
		await ann.page.locator('#notify-fault', { hasText: 'does not allow' }).waitFor();
		await bob.close();
	}));
