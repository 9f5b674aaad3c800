// What is loaded when it is first wanted.
import { delayAfter } from './requests.js';

// load() is called for the first event that wants(event) it, and again where it could not be loaded.
export function onFirst(element, type, load, wants = () => true) {
	async function wanted(event) {
		if (!wants(event))
			return;
		element.removeEventListener(type, wanted);
		try {
			await load();
		} catch {
			// There is no way to the server at the moment.
			element.addEventListener(type, wanted);
		}
	}

	element.addEventListener(type, wanted);
}

// Gives use(call): call(module) is made at once, or when load() has brought the module; use.now(call) is left out where
// nobody has asked for it yet.
export function createLazy(load) {
	const calls = [];
	let module = null;
	let isLoading = false;

	async function begin(failures) {
		try {
			module = await load();
		} catch {
			setTimeout(begin, delayAfter(failures), failures + 1);
			return;
		}
		calls.splice(0).forEach((call) => call(module));
	}

	function use(call) {
		if (module) {
			call(module);
			return;
		}
		calls.push(call);
		if (!isLoading)
			begin(0);
		isLoading = true;
	}

	use.now = (call) => isLoading && use(call);
	return use;
}
