// The interposer faulty.c, which makes one call of the daemon fail, and the file that arms it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { sourceDir, temporaryFile, temporaryFolder } from '../lib/daemon.mjs';

/** In the order of `enum call` in faulty.c. */
const calls = [
	'none', 'accept', 'recv', 'send', 'read', 'write', 'log', 'fsync', 'open', 'epoll_wait', 'malloc', 'dup',
	'eventfd', 'getrandom', 'socketpair', 'inotify', 'pthread_create',
];

const numbers = { ...constants.errno, short: 0 };

// Offsets of `struct plan` in faulty.c.
const [ERROR, LEFT, HITS, COUNTS] = [4, 8, 16, 24];

let library;

/** Returns the path of the interposer, which is built once. */
function interposer() {
	if (library)
		return library;
	const file = path.join(temporaryFolder(), 'faulty.so');
	const source = path.join(sourceDir, 'tests/faults/faulty.c');
	const flags = ['-std=gnu17', '-Wall', '-Wextra', '-Werror', '-O1', '-g', '-fno-omit-frame-pointer', '-shared', '-fPIC'];
	const built = spawnSync('cc', [...flags, '-o', file, source, '-ldl'], { encoding: 'utf8' });
	assert.equal(built.status, 0, built.stderr);
	library = file;
	return library;
}

/** The plan of one daemon. */
export class Plan {
	#fd;

	constructor() {
		const file = temporaryFile('plan', Buffer.alloc(4096));
		this.#fd = openSync(file, 'r+');
		/** The environment of the daemon. */
		this.env = { FAULT_PLAN: file, LD_PRELOAD: interposer() };
	}

	#read(offset) {
		const bytes = Buffer.alloc(8);
		readSync(this.#fd, bytes, 0, 8, offset);
		return Number(bytes.readBigInt64LE());
	}

	/** From now on the k-th call fails, and no other. */
	arm({ call, error }, k) {
		assert.ok(calls.includes(call) && error in numbers, `${call} ${error}`);
		this.disarm();
		const bytes = Buffer.alloc(COUNTS);
		bytes.writeUInt32LE(calls.indexOf(call));
		bytes.writeInt32LE(numbers[error], ERROR);
		bytes.writeBigInt64LE(BigInt(k), LEFT);
		writeSync(this.#fd, bytes, ERROR, COUNTS - ERROR, ERROR);
		writeSync(this.#fd, bytes, 0, ERROR, 0); // at last: from now on the plan is followed
	}

	disarm() {
		writeSync(this.#fd, Buffer.alloc(4), 0, 4, 0);
	}

	/** True if the call that has to fail was made. */
	get isReached() {
		return this.#read(HITS) > 0;
	}

	/** How many calls of that kind there were since the daemon was started first. */
	count(call) {
		return this.#read(COUNTS + 8 * calls.indexOf(call));
	}

	close() {
		closeSync(this.#fd);
	}
}
