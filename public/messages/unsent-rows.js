// The messages at the end of a log that the server has not acknowledged, by ref.
import { markFailed, markPending } from './message-view.js';

// onRetry(ref) and onDelete(ref) are about failed messages.
export function createUnsentRows(log, { onRetry, onDelete }) {
	const rows = new Map();

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
			if (failed)
				markFailed(row, failed);
			else
				markPending(row);
			rows.set(ref, row);
		},
		// Returns the row, which is no longer one of them.
		take(ref) {
			const row = rows.get(ref);

			rows.delete(ref);
			return row;
		},
		fail: (ref, reason) => markFailed(rows.get(ref), reason),
		retry: (ref) => markPending(rows.get(ref)),
	};
}
