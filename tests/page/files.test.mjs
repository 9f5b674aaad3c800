// Files that are dropped on the page or pasted: answered in words, and never opened by the browser.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { temporaryFolder } from '../lib/daemon.mjs';
import { soon, withPeople } from './people.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const plain = (text) => text.replaceAll(/[\u2068\u2069]/g, '');
const answer = ({ page }) => page.locator('.file-answer:popover-open');

function makeFile(name) {
	const file = path.join(temporaryFolder(), name);
	writeFileSync(file, 'a file that no page may open\n');
	return file;
}

// Drops as the desktop does. data is { files } or { items }.
async function drop({ page, context }, selector, data) {
	const developer = await context.newCDPSession(page);
	const { x, y, width, height } = await page.locator(selector).boundingBox();

	for (const type of ['dragEnter', 'dragOver', 'drop']) {
		await developer.send('Input.dispatchDragEvent', {
			type,
			x: x + width / 2,
			y: y + height / 2,
			data: { items: [], files: [], dragOperationsMask: 1, ...data },
		});
	}
	await developer.detach();
}

async function says(person, pattern) {
	await answer(person).waitFor();
	await person.page.waitForFunction(() => document.querySelector('.file-answer').textContent);
	assert.match(plain(await answer(person).innerText()), pattern);
	await person.page.keyboard.press('Escape');
	await answer(person).waitFor({ state: 'detached' });
}

test('a dropped file is answered in words in every view, and the page stays', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const file = makeFile('report.pdf');
		const ann = await arrive();
		await ann.page.evaluate(() => {
			window.isHere = true;
		});
		await drop(ann, '#profile', { files: [file] });
		await says(ann, /^report\.pdf was not sent: Linnet sends text only\./);
		await ann.join('Ann');
		for (const place of ['#text', '.log', '#bar']) {
			await drop(ann, place, { files: [file] });
			await says(ann, /^report\.pdf was not sent/);
		}
		await drop(ann, '.log', { files: [file, makeFile('a.png')] });
		await says(ann, /^2 files were not sent/);
		for (const view of ['live', 'logs']) {
			await ann.page.click(`#tab-${view}`);
			await drop(ann, `#${view}`, { files: [file] });
			await says(ann, /^report\.pdf was not sent/);
		}
		await soon.equal(() => ann.page.evaluate(() => window.isHere), true);
	}));

test('a dropped text is written, a pasted picture is answered, a pasted text with its picture is written', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({ locale: 'zh-CN' });
		await ann.join('Ann');
		await drop(ann, '#text', { items: [{ mimeType: 'text/plain', data: 'dropped words' }] });
		await ann.page.waitForFunction(() => document.getElementById('text').value === 'dropped words');

		// Returns whether the browser may go on and paste.
		const paste = (types) =>
			ann.page.evaluate((all) => {
				const data = new DataTransfer();
				for (const [type, text] of all) {
					if (type === 'file')
						data.items.add(new File(['x'], text));
					else
						data.setData(type, text);
				}
				return document.getElementById('text').dispatchEvent(
					new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
			}, types);
		assert.equal(await paste([['text/plain', 'words']]), true);
		assert.equal(await paste([['text/plain', 'a cell'], ['text/html', '<b>a cell</b>'], ['file', 'image.png']]), true);
		await soon.equal(() => answer(ann).count(), 0);
		assert.equal(await paste([['text/html', '<img>'], ['file', 'copied.png']]), false);
		await says(ann, /^copied\.png 未发送/);
		assert.equal(await paste([['file', 'image.png']]), false);
		await says(ann, /^image\.png 未发送：Linnet 只能发送文字。/);
	}));
