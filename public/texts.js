// Every word that the page says. A translation is a second object of this shape.

function plural(count, one, many) {
	return `${count.toLocaleString(locale)} ${count === 1 ? one : many}`;
}

// Dates are written in the language of the words around them, in the reader's own variety of it.
export const locale =
	navigator.languages.find((language) => /^en\b/i.test(language)) ?? 'en-GB';

export const texts = {
	title: 'Linnet',
	titleUnread: (count) => `(${count}) Linnet`,
	tagline: 'A small, quick chat. Pick a name and come in.',

	welcome: 'Welcome to Linnet',
	profile: 'Your name',
	name: 'Name',
	email: 'Email',
	optional: '(optional)',
	emailHint:
		'Giving an email turns on Gravatar: others see the picture you have there, found by a hash of the address, and ' +
		'your browser asks gravatar.com for the pictures of those you read. Without one, every picture is drawn here ' +
		'and no other site is asked.',
	join: 'Join the chat',
	save: 'Save',
	cancel: 'Cancel',
	nameEmpty: 'A name is needed.',
	nameTooLong: (bytes, most) =>
		`This name is too long: ${bytes} bytes of at most ${most} (letters outside English take more than one).`,
	nameUnseen: 'A name cannot hold control characters or characters that cannot be seen.',
	emailWrong: 'This does not look like an email address. Leave it empty if you prefer.',
	changeName: (name) => `You are ${name}. Change name or email`,
	renamed: (name) => `You are now ${name}.`,

	logLabel: 'Messages',
	empty: 'Nothing has been said yet. Be the first.',
	you: 'you',
	nameless: 'somebody',
	noText: '(no text)',
	pending: 'waiting for the connection',
	newMessages: (count) => plural(count, 'new message', 'new messages'),
	missed: (from, to) =>
		`Back online. What others said between ${from} and ${to} may be missing here.`,
	serverSays: (words) => `The server refused that: ${words}`,
	tooLongForServer:
		'The server closed the connection because a message was longer than it allows. It was not delivered.',

	writeLabel: 'Message',
	writePlaceholder: 'Write a message',
	send: 'Send',
	bytesLeft: (count) => `${plural(count, 'byte', 'bytes')} left`,
	bytesOver: (count) => `${plural(count, 'byte', 'bytes')} too long`,
	refusedTooLong: 'Not sent: the message is too long. Shorten it or send it in parts.',
	queued: (count) =>
		`${plural(count, 'message waits', 'messages wait')} for the connection, in this order.`,

	pickerLabel: 'Emoji',
	pickerSearch: 'Search emoji',
	pickerNone: 'No emoji of that name.',

	connectNow: 'Connect now',
	countdown: (seconds) => `in ${seconds} s`,
	state: {
		connecting: 'Connecting…',
		online: 'Online',
		waiting: 'Reconnecting',
		offline: 'Offline: this device has no network.',
		refused: 'Not connected.',
	},
	closed: {
		lost: 'The connection was lost.',
		unreachable: 'The server cannot be reached.',
		1001: 'The server is stopping or restarting.',
		1008: 'The server has sent you away.',
		1009: 'A message was too long for the server.',
		1013: 'The server is full, or this device could not keep up.',
	},
	closedReason: (words, reason) => `${words} It says: “${reason}”.`,
};

// Fills what index.html leaves empty, so that the words have one home only.
export function fillTexts(root) {
	for (const element of root.querySelectorAll('[data-text]'))
		element.textContent = texts[element.dataset.text];
	for (const element of root.querySelectorAll('[data-label]'))
		element.setAttribute('aria-label', texts[element.dataset.label]);
	for (const element of root.querySelectorAll('[data-placeholder]'))
		element.placeholder = texts[element.dataset.placeholder];
}
