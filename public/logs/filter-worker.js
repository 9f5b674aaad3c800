// Tests lines against a regular expression. Some expressions take forever, and only a worker can be terminated.
let expression = null;

addEventListener('message', ({ data }) => {
	if (data.source !== undefined) {
		expression = new RegExp(data.source, 'iu');
		postMessage([]);
	} else {
		postMessage(data.texts.map((text) => expression.test(text)));
	}
});
