// Text formatting, and help while writing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { hasAttribute, holds, withPeople } from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

test('13 bold, italic, code, quotes, fences and links are formatted, and all other text stays as written', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		let count = 1;
		// The formats are loaded for the first text that has one.
		await say(bob, '*first*');
		await ann.page.locator('.message em').waitFor();
		const shown = async (message) => {
			await say(bob, message);
			await ann.rows(++count);
			return ann.page.locator('.message .text').last().innerHTML();
		};
		assert.equal(await shown('a **bold** and *leaning* _word_'), 'a <strong>bold</strong> and <em>leaning</em> <em>word</em>');
		assert.equal(await shown('`<b>` and 2 * 3 * 4, snake_case_name'), '<code>&lt;b&gt;</code> and 2 * 3 * 4, snake_case_name');
		assert.equal(await shown('> said\n> before\nand now'), '<blockquote>said\nbefore</blockquote>and now');
		assert.equal(
			await shown('look:\n```js\nlet a = "*x*";\n```\nend'),
			'look:<div class="fence"><span class="fence-language">js</span><pre tabindex="-1" dir="ltr"><code>let a = "*x*";</code></pre></div>end',
		);
		const link = '.message:last-child .text a';
		await shown('ftp://a.example javascript:x https://example.org/path');
		assert.deepEqual(await ann.page.$$eval(link, (all) => all.map(({ href, rel, target }) => [href, rel, target])), [
			['https://example.org/path', 'noopener noreferrer', '_blank'],
		]);
		assert.match(await shown('https://example.org/a_b_c*d* ok'), /^<a href="https:\/\/example.org\/a_b_c\*d\*"|^<a href="https:\/\/example.org\/a_b_c\*d"/);
		await bob.close();
	}));

test("any character in the reader's name leaves messages readable and mentions marked", () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const names = ['Anna-Lena', 'a|b(c)[d]{e}^$*+?./\\f', '=!"#%&\',:;<>`~@', 'Dr.'];
		const bob = await daemon.ws('/ws?name=bob');
		for (const name of names) {
			const person = await arrive();
			await person.join(name);
			await say(bob, `to @${name} and @bob`);
			await person.page.locator('.message', { hasText: `to @${name} and @bob` }).locator('.mention.mine', { hasText: `@${name}` }).waitFor();
		}
		await bob.close();
	}));

test('23 a name is completed after an @, and a mention is marked for the person mentioned', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive();
		const mei = await arrive();
		await ann.join('Ann');
		await mei.join('Mei Lin');
		await ann.sees(['Ann', 'Mei Lin']);
		await ann.page.focus('#text');
		await ann.page.keyboard.type('hello @m');
		await ann.page.waitForSelector('#completion [aria-selected="true"]');
		await hasAttribute(ann.page.locator('#text').first(), 'aria-activedescendant', 'completion-0');
		// The Enter that ends a composition, as Safari reports it.
		await ann.page.$eval('#text', (field) =>
			field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true })),
		);
		await holds(ann.page.locator('#text').first(), 'hello @m');
		await ann.page.keyboard.press('Enter');
		await holds(ann.page.locator('#text').first(), 'hello @Mei Lin ');
		assert.equal(await ann.page.isVisible('#completion'), false);
		await ann.page.keyboard.type('and @m');
		await ann.page.waitForSelector('#completion:not([hidden])');
		await ann.page.keyboard.press('Escape');
		await ann.page.keyboard.press('Enter');
		await mei.rows(1);
		await mei.page.locator('.message.for-me').waitFor();
		assert.deepEqual(await mei.page.locator('.message.for-me .mention').allTextContents(), ['@Mei Lin']);
		assert.equal(await mei.page.locator('.mention.mine').count(), 1);
		assert.equal(await ann.page.locator('.message.for-me').count(), 0);
	}));

test('23 a mention of the reader is marked for every form of name', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		let count = 0;
		for (const name of ['ann-7', 'Ann-Marie, of - all', '^$\\.*+?()[]{}|/-&~#', '梅 (林)']) {
			const ann = await arrive();
			await ann.join(name);
			await say(bob, `hello @${name}, and hello @others`);
			await ann.rows(++count);
			await ann.page.locator('.message:last-child .mention.mine').waitFor();
			assert.deepEqual(await ann.page.locator('.message:last-child .mention.mine').allTextContents(), [`@${name}`]);
		}
		await bob.close();
	}));

test('5 the up arrow in an empty field edits the last own message, and the field grows with its text', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await ann.say('first');
		await ann.say('/me waves');
		await ann.reads(['first', '* Ann waves']);
		await say(bob, 'not hers');
		await ann.rows(3);
		await ann.page.fill('#text', 'half');
		await ann.page.press('#text', 'ArrowUp');
		await holds(ann.page.locator('#text').first(), 'half');
		await ann.page.fill('#text', '');
		await ann.page.press('#text', 'ArrowUp');
		const editor = ann.page.getByRole('textbox', { name: 'Edit the message' });
		await holds(editor, 'waves');
		await editor.fill('bows');
		await editor.press('Enter');
		await ann.reads(['first', '* Ann bows', 'not hers']);
		// The field grows with the text, up to a limit.
		const height = () => ann.page.$eval('#text', (field) => field.offsetHeight);
		const low = await height();
		await ann.page.fill('#text', 'line\n'.repeat(4));
		const higher = await height();
		await ann.page.fill('#text', 'line\n'.repeat(200));
		const highest = await height();
		assert.ok(low < higher && higher < highest && highest <= 200, `${low} ${higher} ${highest}`);
		await bob.close();
	}));
