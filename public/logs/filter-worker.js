// Tries a regular expression on lines. Here, because some expressions take for ever on some lines, and only a worker can
// be stopped then.
let expression = null;

addEventListener('message', ({ data }) => {
	if (data.source !== undefined) {
		expression = new RegExp(data.source, 'iu');
		postMessage([]);
	} else {
		postMessage(data.texts.map((text) => expression.test(text)));
	}
});
