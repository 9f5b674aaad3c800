// What is loaded when it is first wanted.
import { delayAfter } from './requests.js';

// A page may be open for weeks where a module cannot be had.
const MOST_CALLS = 5000;

// Many browsers never try a module again that could not be loaded: so it is seen first whether there is a way to the server.
export async function reached(load) {
	const { ok } = await fetch('favicon.svg', { method: 'HEAD', cache: 'no-store' });

	if (!ok)
		throw new Error();
	return load();
}

// Gives a function that tells whether the reader is still where he was: what comes late calls nobody back.
export function stay() {
	const { activeElement } = document;
	return () => document.activeElement === activeElement;
}

// load(isStill) is called for the first event that wants(event) it, and again where it could not be loaded.
export function onFirst(element, type, load, wants = () => true) {
	async function wanted(event) {
		if (!wants(event))
			return;
		const isStill = stay();

		element.removeEventListener(type, wanted);
		try {
			await reached(() => load(isStill));
		} catch {
			// There is no way to the server at the moment.
			element.addEventListener(type, wanted);
		}
	}

	element.addEventListener(type, wanted);
}

// Gives use(call, key): call(module) is made at once, or when load() has brought the module, and of those with one key
// only the last; use.now(call) is left out where nobody has asked for it yet.
export function createLazy(load) {
	const calls = new Map();
	let module = null;

	async function begin(failures) {
		try {
			module = await reached(load);
		} catch {
			setTimeout(begin, delayAfter(failures), failures + 1);
			return;
		}
		calls.forEach((call) => call(module));
		calls.clear();
	}

	function use(call, key = call) {
		if (module) {
			call(module);
			return;
		}
		if (!calls.size)
			begin(0);
		calls.delete(key);
		calls.set(key, call);
		if (calls.size > MOST_CALLS)
			calls.delete(calls.keys().next().value);
	}

	use.now = (call) => (module || calls.size) && use(call);
	return use;
}
