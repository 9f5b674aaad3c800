// What becomes of texts: formats, where links end, hostile texts, and what is shown before the formats are loaded.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { answerTo, enter, say } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { soon, withPeople } from './people.mjs';

const SETTINGS = ['limits.message_rate=0'];

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Waits until the last text looks like this. Attributes that every link has are left out.
const shows = ({ page }, html) =>
	page.waitForFunction((wanted) => {
		const text = Array.from(document.querySelectorAll('.message .text')).at(-1);
		window.shown = text?.innerHTML.replaceAll(/ (?:title|rel|target|tabindex|dir)="[^"]*"/g, '');
		return window.shown === wanted;
	}, html).catch(async () => assert.equal(await page.evaluate(() => window.shown), html));

// Waits until the last text has these links, each as its words and its direction.
async function linksAre({ page }, wanted) {
	const last = () => page.evaluate(() => Array.from(document.querySelectorAll('.message:last-child .text a'), ({ textContent, dir }) => [textContent, dir]));
	await eventually(async () => assert.deepEqual(await last(), wanted), `the links ${wanted}`);
}

// Says each text and waits for its HTML.
async function looks(person, bob, cases) {
	for (const [text, html] of cases) {
		await say(bob, text);
		await shows(person, html);
	}
}

const link = (address, words = address) => `<a href="${address}">${words}</a>`;

test('14 lists, named links and struck text are formatted, and code wins over all other marks', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await looks(ann, bob, [
			['- a\n- b\n  - c\n    more\n- d\nend', '<ul><li>a</li><li>b<ul><li>c\nmore</li></ul></li><li>d</li></ul>end'],
			['1. a\n2. b\n5. c\n\nend', '<ol><li value="1">a</li><li value="2">b</li><li value="5">c</li></ol>end'],
			['1. a\n1. b', '<ol><li value="1">a</li><li>b</li></ol>'],
			['- run\n  ```sh\n  ls\n\n  pwd\n  ```\n- end', '<ul><li>run<div class="fence"><span class="fence-language">sh</span><pre><code>ls\n\npwd</code></pre></div></li><li>end</li></ul>'],
			['> - a\n> > b', '<blockquote><ul><li>a</li></ul><blockquote>b</blockquote></blockquote>'],
			['-5 - 3\n- - -\n2026. A year', '-5 - 3\n- - -\n2026. A year'],
			['~~gone~~ 好的~ ~~ no ~~ ~~~no~~~', '<del>gone</del> 好的~ ~~ no ~~ ~~~no~~~'],
			['**a `b** c` d** and `**`', '<strong>a <code>b** c</code> d</strong> and <code>**</code>'],
			['``a`b`` `` ` ``', '<code>a`b</code> <code>`</code>'],
			['***both*** **a *b* c** *a **b** c* **a **b**', '<strong><em>both</em></strong> <strong>a <em>b</em> c</strong> <em>a <strong>b</strong> c</em> **a <strong>b</strong>'],
			['**注意：**请看 2*3*4 **a\nb**', '<strong>注意：</strong>请看 2*3*4 **a\nb**'],
			[
				'[the **docs**](https://example.org/a_(b)) ![shot](https://x.example/i.png) [x](javascript:alert)',
				`${link('https://example.org/a_(b)', 'the <strong>docs</strong>')} ${link('https://x.example/i.png', 'shot')} [x](javascript:alert)`,
			],
			// Words that look like another address do not hide the real one.
			['[https://bank.example](https://evil.example/x) [bank.example](https://evil.example/x)', `${link('https://evil.example/x', 'https://bank.example (evil.example)')} ${link('https://evil.example/x', 'bank.example (evil.example)')}`],
			['[example.org/docs](https://example.org/docs)', link('https://example.org/docs', 'example.org/docs')],
		]);
		await bob.close();
	}));

test('14 links end where a reader would end them and keep what belongs to them, in Chinese, too', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		// The address in brackets is the link.
		const cases = [
			'(see [https://a.example/b_(c)]), [https://a.example/b]).',
			'([https://a.example/c]),[https://d.example/x]',
			"[https://en.example/O'Reilly] '[https://a.example/x]' \"[https://a.example/x]\"",
			'[https://a.example/?a=1]&amp; [https://a.example/?a=1&b=2]; [https://a.example/@1,2]!',
			'**[https://a.example/b]** *[https://a.example/c]* [https://a.example/d_]',
			'见[https://example.org/路径]，谢谢。[https://example.org/a]。',
			'请看[https://example.org/a]这里，（[https://example.org/b]）和“[https://example.org/c]”、[https://example.org/d]——',
			'[https://zh.example/wiki/列奥纳多·达·芬奇] [https://zh.example/wiki/北京_(消歧义)] [https://zh.example/?q=中文]',
			'[https://ko.example/a]에서 [https://a.example/Bose–Einstein] [https://a.example/x]👍 [https://a.example/x]→y',
			'[https://a.example/x]\\@evil.example',
		];
		await ann.join('Ann');
		for (const marked of cases) {
			await say(bob, marked.replaceAll(/[[\]]/g, ''));
			await linksAre(ann, Array.from(marked.matchAll(/\[(.*?)\]/g), ([, address]) => [address, 'ltr']));
		}
		await say(bob, 'www.example.org, www.x');
		await shows(ann, `${link('https://www.example.org/', 'www.example.org')}, www.x`);
		await bob.close();
	}));

test('14 who is mentioned behind a link in Chinese text, or in code, is what the log shows', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await say(bob, '``a` @Ann`` https://example.org/@Ann [@Ann](https://example.org)');
		await say(bob, '看https://example.org/a，@Ann');
		await say(bob, '```code``` @Ann');
		await ann.page.locator('.message.for-me', { hasText: '看' }).waitFor();
		await ann.page.locator('.message.for-me', { hasText: 'code' }).waitFor();
		assert.deepEqual(await ann.page.locator('.mention').allTextContents(), ['@Ann', '@Ann']);
		assert.equal(await ann.page.locator('.message.for-me').count(), 2);
		await bob.close();
	}));

test('14 hostile texts are shown, with as many nodes as they have marks and no more', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		const parts = ['*', '[', '`', '~', '_', '>', '> ', '*a ', '**a *b ', '*_**~~', '[a](https://a(', '[x](https://a', '`a``b', '- ', '- a\n', '1. ', '```  ', '` `` ``` ', 'https://', 'www.', 'https://a(', 'https://a/林', '![', '***a', 'a*** ', '#a.', '  \n', ' - a\n  '];
		await ann.join('Ann');
		for (const part of parts) {
			const end = `end of ${parts.indexOf(part)}`;
			await say(bob, part.repeat(15_000 / (Buffer.byteLength(JSON.stringify(part)) - 2)) + end);
			const last = ann.page.locator('.message .text', { hasText: end });
			await last.waitFor();
			const { nodes, depth } = await last.evaluate((text) => {
				const walker = document.createTreeWalker(text);
				let deepest = 0;
				let count = 0;

				while (walker.nextNode()) {
					let level = 0;
					count++;
					for (let at = walker.currentNode; at !== text; at = at.parentNode)
						level++;
					deepest = Math.max(deepest, level);
				}
				return { nodes: count, depth: deepest };
			});
			assert.ok(nodes < 25_000 && depth < 20, `${part}: ${nodes} nodes, ${depth} deep`);
		}
		await bob.close();
	}));

test('14 a text can be read before its formats are loaded, and what is read stays in place when they are', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		for (let count = 1; count <= 60; count++)
			await say(bob, `- one\n- **two** of ${count}\n\n> quoted`);
		let go;
		const held = new Promise((resolve) => {
			go = resolve;
		});
		const again = await ann.context.newPage();
		await again.route('**/messages/markup.js', async (route) => {
			await held;
			await route.continue();
		});
		await again.goto(daemon.url);
		await again.getByText('- **two** of 60', { exact: false }).waitFor();
		const row = again.locator('.message', { hasText: 'of 40' });
		await again.locator('.log').hover();
		await row.evaluate((it) => {
			const log = it.parentElement;
			log.scrollTop = log.scrollHeight;
			log.dispatchEvent(new Event('scroll'));
			log.scrollTop -= log.scrollHeight - it.offsetTop;
		});
		const top = () => again.locator('.log').evaluate((log) => {
			const edge = log.getBoundingClientRect().top;
			const first = Array.from(log.querySelectorAll('.message')).find((it) => it.getBoundingClientRect().bottom > edge);
			return [first.textContent.match(/of (\d+)/)[1], first.getBoundingClientRect().top - edge];
		});
		const [was, before] = await top();
		go();
		await again.locator('.message li', { hasText: 'two of 60' }).waitFor();
		const [is, now] = await top();
		assert.equal(is, was);
		assert.ok(Math.abs(now - before) <= 2, `${before} ${now}`);
		await again.close();
		await bob.close();
	}));

test('14 a long text is folded, and shown whole by its button, or when something in it is found', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		const lines = (name) => Array.from({ length: 60 }, (_, index) => `${name} ${index + 1}`).join('\n');
		await say(bob, `\`\`\`\n${'x'.repeat(3500)}\n\`\`\``);
		await say(bob, `${lines('First')}\nhttps://example.org/end`);
		await say(bob, lines('Second'));
		const row = (text) => ann.page.locator('.message', { hasText: text });
		const height = (text) => row(text).locator('.text').evaluate((it) => it.offsetHeight);
		const fold = (text, name) => row(text).getByRole('button', { name, exact: true });
		await fold('Second 60', 'Show all').waitFor();
		const folded = await height('Second 60');
		assert.ok(folded <= 448, `${folded} px`);
		// One long line of code is no long text.
		await ann.page.locator('.message .fence').waitFor();
		assert.equal(await fold('xxx', 'Show all').count(), 0);
		// The reader goes on where they were.
		const top = () => row('Second 60').evaluate((it) => it.getBoundingClientRect().top);
		const before = await top();
		await fold('Second 60', 'Show all').click();
		await eventually(async () => assert.ok((await height('Second 60')) > 2 * folded), 'the whole text');
		assert.ok(Math.abs((await top()) - before) <= 2);
		await fold('Second 60', 'Show less').click();
		await soon.equal(() => height('Second 60'), folded);
		// The browser scrolls to what gets the focus, or is found.
		await row('First 60').locator('.text a').focus();
		await fold('First 60', 'Show less').waitFor();
		await soon.equal(
			() => row('First 60').locator('.text a').evaluate((it) => it.checkVisibility() && it.getBoundingClientRect().bottom < innerHeight),
			true,
		);
		await bob.close();
	}));

test('14 a text that is edited to be short or long is folded accordingly, by touch and by keyboard', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const { client: bob } = await enter(daemon, 'name=bob');
		const long = 'line\n'.repeat(50);
		await ann.join('Ann');
		const id = await say(bob, 'short');
		await ann.reads(['short']);
		const edit = (message) => say(bob, { type: 'edit', of: id, message });
		await edit(long);
		const button = ann.page.getByRole('button', { name: 'Show all' });
		await button.waitFor();
		// The arrow keys go to the row, Tab to its button.
		await ann.page.locator('.log').focus();
		await ann.page.keyboard.press('ArrowUp');
		await ann.page.keyboard.press('Tab');
		await ann.page.keyboard.press('Tab');
		assert.equal(await ann.page.evaluate(() => document.activeElement.textContent), 'Show all');
		await ann.page.keyboard.press('Enter');
		await ann.page.getByRole('button', { name: 'Show less' }).waitFor();
		await edit('short again');
		await ann.reads(['short again']);
		await ann.page.locator('.fold').waitFor({ state: 'hidden' });
		await bob.close();
	}));

test('14 shortcodes of GitHub and Slack that programs write are shown as emoji, in tags, too, but not in code', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await looks(ann, bob, [
			[':tada: done :rotating_light::simple_smile: 12:100:30 :no_such_code:', '🎉 done 🚨🙂 12:100:30 :no_such_code:'],
			[':+1::skin-tone-3: :point_up::skin-tone-6:', '👍🏼 ☝🏿'],
			['`:tada:` **:hammer_and_wrench: built**', '<code>:tada:</code> <strong>🛠️ built</strong>'],
		]);
		await fetch(`${daemon.url}/push/lobby`, { method: 'POST', headers: { Tags: 'warning,rotating_light,backup' }, body: 'Disk' });
		await eventually(async () => assert.deepEqual(await ann.page.locator('.tag').allTextContents(), ['⚠️', '🚨', 'backup']), 'the tags');
		await bob.close();
	}));

test('14 the quote of a formatted text has its words without the marks', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const texts = {
			'**Out:** see [the notes](https://a.example/n), run `make`, ~~not~~ @Ann': 'Out: see the notes, run make, not @Ann',
			'> Did it?\nYes, *mostly*:\n- built\n- tested': 'Did it? Yes, mostly: built tested',
			'```js\nconst a = "**";\n```\nso': 'const a = "**"; so',
			'**重要**：`代码`': '重要：代码',
			'2 * 3 * 4 and snake_case_name': '2 * 3 * 4 and snake_case_name',
		};
		const ann = await arrive();
		await ann.join('Ann');
		for (const text of Object.keys(texts)) {
			const { id } = await answerTo(bob, { message: text });
			await answerTo(bob, { message: 'answer', reply_to: id });
		}
		await soon.deepEqual(() => ann.page.locator('.quote').allTextContents(), Object.values(texts).map((text) => `bob ${text}`));
		await ann.page.locator('.message').first().hover();
		await ann.page.getByRole('button', { name: 'Reply', exact: true }).click();
		await ann.page.locator('.reply').getByText(Object.values(texts)[0], { exact: true }).waitFor();
		await bob.close();
	}));
