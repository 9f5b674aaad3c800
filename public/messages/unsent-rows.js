// The messages at the end of a log that the server has not acknowledged, by ref.
import { createLazy } from '../base/lazy.js';
import { markPending } from './message-view.js';

const failing = createLazy(() => import('./failed.js'));

// onRetry(ref) and onDelete(ref) are about failed messages. onGrown(): a row is higher.
export function createUnsentRows(log, { onRetry, onDelete, onGrown }) {
	const rows = new Map();

	function fail(row, reason) {
		failing(({ markFailed }) => {
			markFailed(row, reason);
			onGrown();
		}, row);
	}

	log.addEventListener('click', ({ target }) => {
		const action = target.closest?.('button[data-action]');

		if (!action)
			return;
		const ref = Array.from(rows.keys()).find((key) => rows.get(key).contains(action));
		(action.dataset.action === 'retry' ? onRetry : onDelete)(ref);
	});

	return {
		get first() {
			return rows.values().next().value ?? null;
		},
		get list() {
			return Array.from(rows.values());
		},
		add(row, { ref, failed }) {
			markPending(row);
			if (failed)
				fail(row, failed);
			rows.set(ref, row);
		},
		// Returns the row, which is no longer one of them.
		take(ref) {
			const row = rows.get(ref);

			rows.delete(ref);
			return row;
		},
		fail: (ref, reason) => fail(rows.get(ref), reason),
		retry: (ref) => markPending(rows.get(ref)),
	};
}
