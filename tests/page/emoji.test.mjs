// Emoji: the picker, shortcodes while writing, and both without the library of all emoji.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { hasAttribute, shows, soon, withPeople } from './people.mjs';

const LIBRARY = '**/lib/emoji/*.json';
const NOT_FOUND = /Failed to load resource: .* 404/;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Opens the picker and waits until all emoji are loaded.
async function openPicker({ page }) {
	await page.click('#picker-button');
	await page.locator('.picker-jump').last().waitFor();
}

const headings = ({ page }) => page.$$eval('#picker h3', (all) => all.map(({ textContent }) => textContent));
const written = ({ page }) => page.inputValue('#text');

async function find({ page }, words) {
	await page.fill('#picker-search', words);
	return page.$$eval('.picker-grid button', (all) => all.map(({ textContent }) => textContent));
}

async function pick(person, words) {
	await openPicker(person);
	await person.page.fill('#picker-search', words);
	await person.page.press('#picker-search', 'Enter');
}

// Waits for that many choices above the field and returns them.
async function completions({ page }, count) {
	await page.locator('#completion li').nth(count - 1).waitFor();
	return page.$$eval('#completion li .sample', (all) => all.map(({ textContent }) => textContent));
}

function waitForText({ page }, text) {
	return page.waitForFunction((wanted) => document.getElementById('text').value === wanted, text);
}

test('the picker shows all emoji in groups with headings', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await openPicker(ann);
		assert.deepEqual(await headings(ann), [
			'Smileys & feelings',
			'People & body',
			'Animals & nature',
			'Food & drink',
			'Travel & places',
			'Activities',
			'Objects',
			'Symbols',
			'Flags',
		]);
		assert.ok((await ann.page.$$('.picker-grid button')).length > 1800);
		await ann.page.click('.picker-jump[aria-label="Food & drink"]');
		const distance = await ann.page.evaluate(() => {
			const heading = Array.from(document.querySelectorAll('#picker h3')).find(({ textContent }) => textContent === 'Food & drink');
			return heading.getBoundingClientRect().top - document.querySelector('.picker-grid').getBoundingClientRect().top;
		});
		assert.ok(Math.abs(distance) < 2, `the heading is ${distance} px from the top`);
		await soon.equal(() => ann.page.evaluate(() => document.activeElement.ariaLabel), 'grapes');
	}));

test('emoji are found by label, keyword and shortcode, the best match first', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await openPicker(ann);
		for (const [words, best] of [
			['Rocket', '🚀'],
			[':thumbsup:', '👍'],
			['man_shrugging', '🤷‍♂️'],
			['heart', '❤️'],
			['-1', '👎'],
			['pinata', '🪅'],
		])
			assert.equal((await find(ann, words))[0], best, words);
		assert.ok((await find(ann, 'hooray')).includes('🎉'));
		assert.ok((await find(ann, 'cat heart')).includes('😻'));
		assert.deepEqual(await find(ann, 'no such thing'), []);
		await shows(ann.page.locator('.picker-grid').first(), /No emoji/);
	}));

test('a Chinese page finds emoji in Chinese and in English', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const mei = await arrive({ locale: 'zh-CN' });
		await mei.join('梅');
		await openPicker(mei);
		assert.equal((await headings(mei))[3], '食物与饮料');
		assert.equal((await find(mei, '火箭'))[0], '🚀');
		assert.ok((await find(mei, '庆祝')).includes('🎉'));
		assert.equal((await find(mei, 'rocket'))[0], '🚀');
		await hasAttribute(mei.page.locator('.picker-grid button').first(), 'aria-label', '火箭');
		await mei.page.press('#picker-search', 'Escape');
		await mei.page.keyboard.type('：火箭');
		assert.equal((await completions(mei, 1))[0], '🚀');
		await mei.page.keyboard.press('Enter');
		await soon.equal(() => written(mei), '🚀 ');
		await mei.page.keyboard.type('注意：火箭');
		assert.equal(await mei.page.isVisible('#completion'), false);
	}));

test('the arrow keys move through all groups, and back to the search field', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		const focused = () => ann.page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
		const inGroup = () => ann.page.evaluate(() => document.activeElement.closest('section').querySelector('h3').textContent);
		await ann.join('Ann');
		await openPicker(ann);
		await keyboard.press('ArrowDown');
		await soon.equal(focused, '😀');
		await keyboard.press('ArrowRight');
		await soon.equal(focused, '😃');
		await keyboard.press('ArrowDown');
		await keyboard.press('ArrowUp');
		await soon.equal(focused, '😃');
		for (let rows = 0; (await inGroup()) === 'Smileys & feelings'; rows++) {
			assert.ok(rows < 60);
			await keyboard.press('ArrowDown');
		}
		assert.equal(await inGroup(), 'People & body');
		await keyboard.press('ArrowUp');
		assert.equal(await inGroup(), 'Smileys & feelings');
		for (let rows = 0; (await focused()) !== 'picker-search'; rows++) {
			assert.ok(rows < 60);
			await keyboard.press('ArrowUp');
		}
	}));

test('recently picked emoji come first, also after a reload', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const recent = () =>
			ann.page.$$eval('#picker section:first-child button', (all) => all.map(({ textContent }) => textContent));
		await ann.join('Ann');
		for (const words of ['rocket', 'owl', 'rocket', 'parachute'])
			await pick(ann, words);
		await openPicker(ann);
		assert.equal((await headings(ann))[0], 'Recently used');
		assert.deepEqual(await recent(), ['🪂', '🚀', '🦉']);
		await ann.page.reload();
		await ann.online();
		await openPicker(ann);
		assert.deepEqual(await recent(), ['🪂', '🚀', '🦉']);
	}));

test('a skin tone is chosen once for all emoji', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await openPicker(ann);
		await ann.page.selectOption('.picker-tone', { label: '✋🏽' });
		await ann.page.fill('#picker-search', 'wave');
		await ann.page.press('#picker-search', 'Enter');
		await ann.page.reload();
		await ann.online();
		await pick(ann, 'holding hands people');
		await pick(ann, 'owl');
		await soon.equal(() => written(ann), '👋🏽🧑🏽‍🤝‍🧑🏽🦉');
	}));

test('a shortcode is completed with the keyboard alone', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		await ann.join('Ann');
		await ann.page.focus('#text');
		await keyboard.type('so :para');
		assert.ok((await completions(ann, 2)).includes('🪂'));
		await hasAttribute(ann.page.locator('#completion').first(), 'aria-label', 'Emoji');
		await keyboard.type('c');
		assert.deepEqual(await completions(ann, 1), ['🪂']);
		await keyboard.press('Enter');
		await soon.equal(() => written(ann), 'so 🪂 ');

		await keyboard.type(':ta');
		const choices = await completions(ann, 3);
		assert.equal(choices[0], '🎉');
		assert.ok(choices.length <= 8);
		await keyboard.press('ArrowDown');
		await keyboard.press('Tab');
		await soon.equal(() => written(ann), `so 🪂 ${choices[1]} `);

		await keyboard.type(':ta');
		await completions(ann, 3);
		await keyboard.press('Escape');
		assert.equal(await ann.page.isVisible('#completion'), false);
		await soon.equal(() => written(ann), `so 🪂 ${choices[1]} :ta`);
		await keyboard.press('Enter');
		await ann.reads([`so 🪂 ${choices[1]} :ta`]);
	}));

// Opens the page with the library held back; releaseLibrary() lets it load.
async function arriveBeforeLibrary(arrive) {
	let releaseLibrary;
	const mayLoad = new Promise((resolve) => (releaseLibrary = resolve));
	const ann = await arrive({}, (page) =>
		page.route(LIBRARY, async (route) => {
			await mayLoad;
			await route.continue();
		}),
	);

	return { ann, releaseLibrary };
}

test('a closed list of shortcodes stays closed when the library loads', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, releaseLibrary } = await arriveBeforeLibrary(arrive);
		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type(':smi');
		await completions(ann, 1);
		await ann.page.keyboard.press('Escape');
		releaseLibrary();
		// The module that the page has loaded, under its version.
		const isHere = () =>
			ann.page.evaluate(async () => {
				const { src } = document.querySelector('script[src$="/shell/start.js"]');
				return (await import(new URL('../emoji/emoji-set.js', src))).hasAllEmoji();
			});
		await eventually(async () => assert.ok(await isHere()), 'the library');
		assert.equal(await ann.page.isVisible('#completion'), false);
		await ann.page.keyboard.type('l');
		await completions(ann, 1);
	}));

test('times, emoticons and URLs are not shortcodes', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type(':ta');
		await completions(ann, 3);
		for (const text of ['at :10', ':D', 'http://ta', 'std::tada', 'note:tada', ': tada']) {
			await ann.page.fill('#text', '');
			await ann.page.keyboard.type(text);
			assert.equal(await ann.page.isVisible('#completion'), false, text);
		}
	}));

test('a shortcode that only the library knows becomes an emoji when the library loads, if it is still there', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, releaseLibrary } = await arriveBeforeLibrary(arrive);
		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('a :parachute::sloth: b :otter: :nope: :smile: c');
		await waitForText(ann, 'a :parachute::sloth: b :otter: :nope: 😄 c');
		// The shortcode is now part of a longer one.
		await ann.page.fill('#text', 'a :parachute::sloth: b :otterly: :nope: 😄 c');
		releaseLibrary();
		await waitForText(ann, 'a 🪂🦥 b :otterly: :nope: 😄 c');
		await ann.page.keyboard.type(' :otter::sloth: ');
		await waitForText(ann, 'a 🪂🦥 b :otterly: :nope: 😄 c 🦦🦥 ');
		await ann.page.press('#text', 'Enter');
		await ann.reads(['a 🪂🦥 b :otterly: :nope: 😄 c 🦦🦥']);
	}));

test('a shortcode written before anything is loaded becomes an emoji later', () =>
	withPeople(browser, [], async ({ arrive }) => {
		let releaseLibrary;
		const mayLoad = new Promise((resolve) => (releaseLibrary = resolve));
		const ann = await arrive({}, (page) =>
			page.route('**/shortcodes.js', async (route) => {
				await mayLoad;
				await route.continue();
			}),
		);
		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('an :otter: and a :cat:');
		releaseLibrary();
		await waitForText(ann, 'an 🦦 and a 🐱');
	}));

test('a shortcode of the small table means the same with the library', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await openPicker(ann);
		await ann.page.keyboard.press('Escape');
		await ann.page.keyboard.type(':moon: :point_up: :frowning: :+1: ');
		await waitForText(ann, '🌔 ☝️ 😦 👍 ');
	}));

test('without the library the emoji of the small table work', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({}, (page) => page.route(LIBRARY, (route) => route.fulfill({ status: 404 })));
		await ann.join('Ann');
		const refused = ann.page.waitForResponse(LIBRARY);
		await ann.page.click('#picker-button');
		await refused;
		await soon.deepEqual(() => headings(ann), ['Emoji']);
		assert.equal(await ann.page.isVisible('.picker-jump'), false);
		assert.equal((await find(ann, 'rocket'))[0], '🚀');
		await ann.page.press('#picker-search', 'Enter');
		await ann.page.keyboard.type(' :parachute: :smi');
		assert.equal((await completions(ann, 2))[0], '😄');
		await ann.page.keyboard.press('Tab');
		await soon.equal(() => written(ann), '🚀 :parachute: 😄 ');
		await ann.page.keyboard.press('Enter');
		await ann.reads(['🚀 :parachute: 😄']);
		assert.ok(ann.faults.splice(0).every((fault) => NOT_FOUND.test(fault)));
	}));

test('at 320 px the picker fits and every control is large enough', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({ viewport: { width: 320, height: 640 } });
		await ann.join('Ann');
		await openPicker(ann);
		const picker = await ann.page.locator('#picker').boundingBox();
		assert.ok(picker.x >= 0 && picker.x + picker.width <= 320 && picker.y >= 0);
		const small = await ann.page.$$eval('#picker :is(button, select, input)', (all) =>
			all
				.map((one) => [one.ariaLabel, one.getBoundingClientRect()])
				.filter(([, { width, height }]) => width && (width < 24 || height < 24))
				.map(([name]) => name),
		);
		assert.deepEqual(small, []);
		assert.equal(await ann.sidewaysScroll(), 0);
	}));

test('shortcodes in code and in addresses stay as written, typed, sent or edited', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const inCode = 'run `a :tada: b` at https://a.example/:cat:/ \u{1F389}\n```yaml\nkey :heart: value\n```\n\u{1F431}';
		const typed = inCode.replaceAll('\u{1F389}', ':tada:').replaceAll('\u{1F431}', ':cat:');

		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type(':smile: ');
		await waitForText(ann, '😄 ');
		await ann.page.fill('#text', '');
		await ann.page.keyboard.type('run `a :tada:');
		assert.equal(await written(ann), 'run `a :tada:');
		await ann.page.keyboard.type('` :tada:');
		await waitForText(ann, 'run `a :tada:` 🎉');
		await ann.page.fill('#text', '');
		for (const [index, line] of typed.split('\n').entries()) {
			if (index)
				await ann.page.keyboard.press('Shift+Enter');
			await ann.page.keyboard.type(line);
		}
		await waitForText(ann, inCode);
		const sent = () => ann.page.evaluate(() => Array.from(document.querySelectorAll('.message .text'), ({ innerText }) => innerText.includes(':tada:') && innerText.includes(':heart:') && innerText.includes('/:cat:/')));
		await ann.say(typed);
		await soon.deepEqual(sent, [true]);
		await ann.page.press('#text', 'ArrowUp');
		await ann.page.locator('.editor textarea').fill(`${typed} edited`);
		await ann.page.locator('.editor textarea').press('Enter');
		await ann.page.locator('.message .text', { hasText: '🐱 edited' }).waitFor();
		assert.deepEqual(await sent(), [true]);
	}));
