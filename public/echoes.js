// The reader's own messages may come before the ack, which alone tells what they are copies of: from a server that sends
// messages back to their sender, with what was missed, with the history. What looks like a copy is held until then.

// isInDoubt(text) tells whether such a text waits for its ack; show(message) takes what was no copy, and copes with
// what is on the page already.
export function createEchoes({ isInDoubt, show }) {
	let held = [];

	return {
		// False if there is nothing to wait for.
		hold(message) {
			const isHeld = message.own && isInDoubt(message.text);
			if (isHeld)
				held.push(message);
			return isHeld;
		},
		// To be called when something in doubt has been settled.
		release() {
			const settled = held.filter(({ text }) => !isInDoubt(text));
			held = held.filter(({ text }) => isInDoubt(text));
			settled.forEach(show);
		},
	};
}
