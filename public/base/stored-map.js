// Values by name, which all tabs share. Each has a key of its own, so tabs that write at once lose nothing.
import { recallAll, remember, watchStorage } from './storage.js';

// No value is ''.
export function createStoredMap(letters) {
	const values = new Map(recallAll(letters));
	const calls = [];

	function note(name, value) {
		if (value)
			values.set(name, value);
		else
			values.delete(name);
		calls.forEach((call) => call());
	}

	watchStorage(letters, note);

	return {
		get: (name) => values.get(name) ?? '',
		set(name, value) {
			remember(letters + name, value);
			note(name, value);
		},
		onChange: (call) => calls.push(call),
	};
}
