// The page together with common programs in one room: nc, curl and a WebSocket client.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { hide, withPeople } from './people.mjs';
import { push } from './pushes.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

/** Runs a program, collects its output and writes to its input. */
function run(t, command, ...args) {
	const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
	const program = { said: '', say: (text) => child.stdin.write(`${text}\n`) };
	child.stdout.setEncoding('utf8').on('data', (text) => (program.said += text));
	t.after(() => child.kill('SIGKILL'));
	return program;
}

/** Polls in a shell loop; each answer has the position for the next poll. */
function pollInALoop(t, url) {
	const script = `
		since=$(curl -s '${url}?wait=0' | grep -o '"since":"[^"]*"' | cut -d'"' -f4)
		echo polling
		while answer=$(curl -s "${url}?since=$since&wait=20"); do
			echo "$answer"
			since=$(echo "$answer" | grep -o '"since":"[^"]*"' | cut -d'"' -f4)
		done`;
	return run(t, 'bash', '-c', script);
}

const shows = (program, text) =>
	eventually(() => assert.ok(program.said.includes(text), `${text} is not in:\n${program.said}`), `"${text}"`);

/** Returns the id that a program with JSON output shows for a text. */
const idOf = (program, text) =>
	Number(new RegExp(`"id":(\\d+),[^\\n}]*?"message":"${text}"`).exec(program.said)[1]);

test('a message sent by the page, nc, curl or a WebSocket appears at all others under one id', (t) =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const socket = await daemon.ws('/ws?name=socket');
		const heard = { said: '' };
		const readSocket = async () => {
			for (;;)
				heard.said += `${JSON.stringify(await socket.nextJson())}\n`;
		};
		readSocket().catch(() => {});
		const nc = run(t, 'nc', '127.0.0.1', String(daemon.linePort));
		await shows(nc, 'Welcome to Linnet.');
		nc.say('/nick terminal');
		const stream = run(t, 'curl', '-sN', `${daemon.url}/events/lobby`);
		await shows(stream, '\n\n');
		const poller = pollInALoop(t, `${daemon.url}/poll/lobby`);
		await shows(poller, 'polling');

		const pushed = run(t, 'curl', '-sd', 'from curl', `${daemon.url}/push/lobby`);
		await shows(pushed, '"delivered":');
		const [, token] = /"session":"([0-9a-f]+)"/.exec(stream.said);
		const sent = run(t, 'curl', '-sd', 'from a stream', `${daemon.url}/send/lobby?session=${token}`);
		await shows(sent, '"id":');
		nc.say('from nc');
		await shows(stream, '"from nc"');
		socket.sendJson({ message: 'from a socket' });
		await shows(stream, '"from a socket"');
		await ann.say('from the page');

		const readers = { nc, stream, poller, heard };
		const own = { 'from nc': nc, 'from a socket': heard };
		for (const text of ['from curl', 'from a stream', 'from nc', 'from a socket', 'from the page']) {
			await ann.page.locator('.message .text').getByText(text, { exact: true }).first().waitFor();
			for (const program of Object.values(readers))
				if (program !== own[text])
					await shows(program, text);
			const ids = [stream, poller, heard].filter((program) => program !== own[text]).map((program) => idOf(program, text));
			assert.equal(new Set(ids).size, 1, `${text}: ${ids}`);
		}
	}));

test('an acknowledgement typed at a terminal clears the badge of the page', (t) =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const nc = run(t, 'nc', '127.0.0.1', String(daemon.linePort));
		await shows(nc, 'Welcome to Linnet.');
		const alarm = '{"type":"alarm","key":"disk-full","severity":"critical","title":"Disk full","message":"1 % left"}';
		run(t, 'curl', '-sH', 'Content-Type: application/json', '-d', alarm, `${daemon.url}/push/lobby`);
		await ann.page.waitForFunction(() => document.getElementById('alarms-count').textContent === '1');
		await shows(nc, '! critical disk-full: Disk full');
		nc.say('/ack disk-full');
		await ann.page.waitForFunction(() => document.getElementById('alarms-count').textContent !== '1');
	}));

test("a push under the user's name is not shown as the user's own message", () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await hide(ann, true);
		await push(daemon, { message: 'pushed to main', username: 'Ann' });
		await ann.rows(1);
		assert.equal((await ann.messages())[0].own, false);
		await ann.titled('(1) lobby · Linnet');
	}));

test('a message of any type is shown like a message: as it comes, in the history, when found, and as unread', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		// As Apprise sends it.
		await push(daemon, { version: '1.0', title: 'db1', message: 'disk full', attachments: [], type: 'failure' });
		bob.sendJson({ type: 'shout', message: 'for now', ephemeral: true });
		bob.sendJson({ type: 'move', from: 'e2', to: 'e4' });
		bob.sendJson({ type: 'shout', message: 'hear ye' });
		await ann.reads(['db1disk full', 'for now', 'hear ye']);
		await hide(ann, true);
		bob.sendJson({ type: 'shout', message: 'again' });
		await ann.page.waitForFunction(() => document.title === '(1) lobby · Linnet');
		await hide(ann, false);
		await ann.page.reload();
		await ann.reads(['db1disk full', 'hear ye', 'again']);
		await ann.page.click('#search-button');
		await ann.page.fill('#search-field', 'disk');
		await ann.page.locator('.search-list button', { hasText: 'disk full' }).waitFor();
		await bob.close();
	}));
