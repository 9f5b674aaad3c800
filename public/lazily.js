// What is loaded when it is first wanted.

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
