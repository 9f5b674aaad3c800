// A daemon that can be killed and started again with the same options, on the same port and history.

import assert from 'node:assert/strict';
import { startDaemon, temporaryFolder } from '../lib/daemon.mjs';
import { settings } from './crowd.mjs';

export class KillableDaemon {
	#port = 0;

	/** Where the history is. */
	folder = temporaryFolder();

	async start() {
		this.daemon = await startDaemon({
			folder: this.folder,
			settings: [`http.port=${this.#port}`, ...settings],
		});
		this.#port = this.daemon.port;
	}

	get port() {
		return this.#port;
	}

	async kill() {
		this.daemon.kill();
		const end = await this.daemon.ended;
		assert.deepEqual(end, { code: null, signal: 'SIGKILL' }, this.daemon.stderr.slice(-16_384));
	}
}
