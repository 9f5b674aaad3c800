// Loading of modules on demand.
import { delayAfter } from './backoff.js';

// Bounds memory if a module stays unreachable for weeks.
const MAX_CALLS = 5000;

// Resolves when the first messages can be read. Modules that they do not need are loaded after that.
export const { promise: firstMessages, resolve: noteFirstMessages } = Promise.withResolvers();

// Many browsers never retry a module that failed to load, so check first that the server is reachable.
export async function ifReachable(load) {
	const { ok } = await fetch('favicon.svg', { method: 'HEAD', cache: 'no-store' });

	if (!ok)
		throw new Error();
	return load();
}

// Returns a function: whether the focus is unchanged. Late modules must not steal it.
export function watchFocus() {
	const { activeElement } = document;
	return () => document.activeElement === activeElement;
}

// Calls load(isFocusKept) on the first event that wants(event) accepts. After a failure it waits for the next one. Capture:
// not all events bubble.
export function onFirst(element, type, load, wants = () => true) {
	async function wanted(event) {
		if (!wants(event))
			return;
		const isFocusKept = watchFocus();

		element.removeEventListener(type, wanted, true);
		try {
			await ifReachable(() => load(isFocusKept));
		} catch {
			// The server is unreachable.
			element.addEventListener(type, wanted, true);
		}
	}

	element.addEventListener(type, wanted, true);
}

// What the reader does with these parts before their module is loaded. Returns a function to call then: it does the last
// click, submit and input again. Clicks and inputs are dropped if the focus has moved.
export function holdActions(selector) {
	const held = new Map();

	function hold(event) {
		const isFocusKept = watchFocus();

		if (!event.target.closest?.(selector))
			return;
		if (event.type === 'submit')
			event.preventDefault();
		held.set(event.type, { event, target: event.target, isWanted: () => event.type === 'submit' || isFocusKept() });
	}

	for (const type of ['click', 'submit', 'input'])
		addEventListener(type, hold, true);
	return function release() {
		for (const type of ['click', 'submit', 'input'])
			removeEventListener(type, hold, true);
		for (const { event, target, isWanted } of held.values()) {
			if (isWanted())
				target.dispatchEvent(new event.constructor(event.type, event));
		}
	};
}

// Returns use(call, key): runs call(module) once load() has loaded it, which waits for ready. Of waiting calls with the
// same key only the last one runs. use.ifRequested(call) does nothing if use() was never called.
export function createLazy(load, ready) {
	const calls = new Map();
	let module = null;

	async function begin(failures) {
		await ready;
		try {
			module = await ifReachable(load);
		} catch {
			setTimeout(begin, delayAfter(failures), failures + 1);
			return;
		}
		for (const call of calls.values()) {
			try {
				call(module);
			} catch (error) {
				reportError(error);
			}
		}
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
		if (calls.size > MAX_CALLS)
			calls.delete(calls.keys().next().value);
	}

	use.ifRequested = (call, key) => (module || calls.size) && use(call, key);
	return use;
}
