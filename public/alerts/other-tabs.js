// Tells whether another window or tab of this browser shows the page.

// Visible pages answer at once.
const ANSWER_MS = 100;

export function createTabProbe() {
	// The same origin may serve several chats.
	const channel = new BroadcastChannel(`linnet ${new URL('.', location.href)}`);
	let question = null;

	channel.addEventListener('message', ({ data }) => {
		if (data === 'answer')
			question?.resolve(true);
		else if (!document.hidden)
			channel.postMessage('answer');
	});

	function ask() {
		const promise = new Promise((resolve) => {
			question = { resolve };
			setTimeout(resolve, ANSWER_MS, false);
		});

		question.promise = promise.finally(() => {
			question = null;
		});
		channel.postMessage('question');
	}

	// Calls during a question share its answer.
	return function isVisibleElsewhere() {
		if (!question)
			ask();
		return question.promise;
	};
}
