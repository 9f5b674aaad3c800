// Whether the reader looks at this page in another window or tab of this browser.

// Who is there answers at once.
const ANSWER_MS = 100;

export function createWatched() {
	// Another page beside this one on its server is another chat.
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

	// One question for all that comes until it is answered.
	return function isWatched() {
		if (!question)
			ask();
		return question.promise;
	};
}
