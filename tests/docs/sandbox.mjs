// A machine of its own for the commands of a document, with Linnet on it. See the script sandbox.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { binary, eventually, Queue, sourceDir, temporaryFolder, within } from '../lib/daemon.mjs';

const own = path.join(sourceDir, 'tests/docs');

const environment = {
	HOME: '/root',
	LC_ALL: 'C.UTF-8',
	TERM: 'dumb',
	PATH: `/opt/docs:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH}`,
	ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:quarantine_size_mb=16',
	UBSAN_OPTIONS: 'print_stacktrace=1',
};
const report = /ERROR: \w+Sanitizer|runtime error:/;

const alone = ['--mount', '--net', '--pid', '--fork', '--kill-child'];

/** Why there can be no sandbox here, or false. */
export function whyNoSandbox() {
	const layers = 'mount -t tmpfs tmpfs /mnt; cd /mnt; mkdir new work root; mount -t overlay overlay -o lowerdir=/,upperdir=new,workdir=work root';
	const { status } = spawnSync('unshare', [...alone, 'sh', '-ec', layers]);
	return status !== 0 && 'this needs root, and the right to mount';
}

/** Installs the build into a folder, with stand-ins for what a sandbox cannot have, and returns the folder. */
export function installLinnet() {
	const folder = temporaryFolder();
	chmodSync(folder, 0o755); // it will be the root folder
	const { status, stderr } = spawnSync('cmake', ['--install', path.dirname(binary), '--prefix', '/usr'], {
		env: { ...process.env, DESTDIR: folder },
		encoding: 'utf8',
	});
	assert.equal(status, 0, stderr);
	const target = path.join(folder, 'opt/docs');
	mkdirSync(target, { recursive: true });
	for (const name of readdirSync(path.join(own, 'stand-ins'))) {
		copyFileSync(path.join(own, 'stand-ins', name), path.join(target, name));
		chmodSync(path.join(target, name), 0o755);
	}
	// Where the units of this build look for it.
	const sbin = path.join(folder, 'usr/local/sbin');
	mkdirSync(sbin, { recursive: true });
	symlinkSync('/usr/sbin/linnetd', path.join(sbin, 'linnetd'));
	return folder;
}

/** How the machine is before the first command of a section. */
const states = {
	// As after config/quickstart: the defaults, in the checkout.
	quickstart: {
		place: sourceDir,
		prepare: 'rm -r /etc/linnet; mkdir -p build/release; ln -sf /usr/bin/linnet build/release/; linnetd >/run/docs/journal 2>&1 & until grep -qw ready /run/docs/journal; do sleep 0.02; kill -0 $! || exit; done',
		end: 'kill %1; wait %1',
	},
	// As after the installation of the package.
	installed: {
		place: '/root',
		prepare: `sh "${sourceDir}/config/debian/postinst" configure && ln -s /run/docs/journal /var/log/linnetd.journal && systemctl start linnetd`,
		end: 'systemctl stop linnetd',
	},
};

export class Sandbox {
	#shell;
	#answers = new Queue();
	#count = 0;
	#lasting;

	/** Starts a machine in one of the states. installed is what installLinnet has returned. */
	constructor(state, installed) {
		this.folder = temporaryFolder();
		chmodSync(this.folder, 0o755);
		this.state = states[state];
		writeFileSync(path.join(this.folder, 'journal'), '');
		chmodSync(path.join(this.folder, 'journal'), 0o666);
		const script = [path.join(own, 'sandbox'), this.folder, installed, this.state.place];
		this.#shell = spawn('unshare', [...alone, ...script], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
		this.#shell.stdin.on('error', () => {}); // it has ended
		let errors = '';
		this.#shell.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
		this.#shell.stdout.setEncoding('utf8').on('data', (text) => text.trim().split('\n').forEach((line) => this.#answers.push(line)));
		this.#shell.once('close', (status) => this.#answers.finish(Object.assign(new Error(errors), { status })));
		// A command that fails ends the commands that it stands in, but not the shell.
		this.#shell.stdin.write("set -o pipefail; trap 'return $?' ERR; lasting=()\n");
	}

	#output(name) {
		return readFileSync(path.join(this.folder, `${name}.out`), 'utf8');
	}

	/** What linnetd has logged. */
	get journal() {
		return readFileSync(path.join(this.folder, 'journal'), 'utf8');
	}

	prepare() {
		return this.run(this.state.prepare);
	}

	/** Writes a file of the machine. */
	async write(file, text) {
		writeFileSync(path.join(this.folder, 'file'), `${text}\n`);
		await this.run(`mkdir -p '${path.posix.dirname(file)}' && cp /run/docs/file '${file}'`);
	}

	/** Writes commands, and what is typed into them, to files; returns their name and the shell's line that runs them. */
	#say(commands, input) {
		const name = `${++this.#count}`;
		const beside = (suffix, text) => writeFileSync(path.join(this.folder, `${name}${suffix}`), text);
		beside('', `${commands}\n`);
		beside('.in', input === undefined ? '' : `${input}\n`);
		beside('.out', '');
		return [name, `/run/docs/${name}`];
	}

	/** Runs commands in the shell and returns what they print. Fails unless they end with the status. */
	async run(commands, { input, status = 0 } = {}) {
		const [name, file] = this.#say(commands, input);
		this.#shell.stdin.write(`source ${file} <${file}.in >${file}.out 2>&1; echo $?\n`);
		const ended = await within(this.#answers.take(), 'its end').catch((error) => {
			this.#answers.finish(new Error('nothing, because a command before it'));
			return error.message;
		});
		const output = this.#output(name);
		if (ended !== `${status}`)
			throw new Error(`this ended with ${ended} instead of ${status}:\n${commands}\n${output.slice(-2000)}\nlinnetd has logged:\n${this.journal.slice(-2000)}`);
		return output;
	}

	/** Starts commands that do not end by themselves. Whoever talks to linnetd is there when this resolves. */
	async start(commands, { input } = {}) {
		const sessions = () => this.journal.split('session_open ').length;
		const before = sessions();
		const [name, file] = this.#say(commands, input);
		const pipe = `{ cat ${file}.in; sleep infinity; } | ( set -e; source ${file} ) >${file}.out 2>&1`;
		this.#shell.stdin.write(`set -m; ${pipe} & set +m; lasting+=($(jobs -p %%))\n`);
		this.#lasting = { name, commands, read: 0 };
		if (/\b(linnet|nc|telnet|curl) /.test(commands))
			await eventually(() => assert.ok(sessions() > before), `${commands} to be there`);
	}

	/** Waits until the command that was started last has printed more that check(text) accepts. */
	async printed(check) {
		const { name, commands, read } = this.#lasting;
		const more = () => this.#output(name).slice(read);
		const text = await eventually(() => {
			check(more());
			return more();
		}, `what ${commands} prints`).catch((error) => {
			throw new Error(`${error.message}; it has printed\n${more().slice(-2000)}`);
		});
		this.#lasting.read += text.length;
	}

	/** Stops linnetd, and everything else. */
	async end() {
		await this.run('for group in ${lasting[@]+"${lasting[@]}"}; do kill -- "-$group" || true; done');
		await this.run(this.state.end);
		assert.doesNotMatch(this.journal, report);
	}

	kill() {
		this.#shell.kill('SIGKILL');
	}
}
