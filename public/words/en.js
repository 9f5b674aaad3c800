// English texts of the first load.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed, plural }) {
	return {
		language: 'en',
		title: 'Linnet',
		titleRoom: (room) => `${room} · Linnet`,

		changeName: (name) => `You are ${name}. Change name or email`,
		renameLater: (name) => `Your name will be ${name} when the connection is back.`,
		renamed: (name) => `You are now ${name}.`,

		searchButton: 'Search',
		settingsButton: 'Settings',

		logLabel: (room) => (room ? `Messages in ${isolated(room)}` : 'Messages'),
		empty: 'Nothing has been said yet. Be the first.',
		you: 'you',
		nameless: 'somebody',
		noText: '(no text)',
		deletedMessage: 'This message was deleted.',
		roomDeleted: 'A moderator has deleted everything in this room.',
		pending: 'not sent yet',
		loading: 'Loading…',
		newest: 'Newest messages',
		newMessages: (count) => plural(count, { one: '# new message', other: '# new messages' }),
		notRecovered: (from, to) =>
			`Some messages could not be recovered. Messages sent between ${from} and ${to} may be missing here.`,
		otherHistory: 'From here on, this room has another history.',
		reasons: {
			muted: 'a moderator has muted you',
			read_only: 'the room is read-only',
			denied: 'you need a token that allows it',
			too_many_rooms: 'there are too many rooms; try again later, or use another room',
		},
		serverSays: (words) => `The server says: ${words}.`,

		views: 'Views',
		viewChat: 'Chat',
		viewLive: 'Live',
		viewLogs: 'Logs',

		rooms: 'Rooms',
		roomField: 'Find or create a room',
		roomRefused: (room, words) => `Cannot join ${isolated(room)}. The server says: ${words}.`,

		pushed: 'pushed',
		priority: { 4: 'Important', 5: 'Urgent' },
		openLink: (host) => `Open ${isolated(host)}`,

		completionLabel: 'Names',
		writeLabel: 'Message',
		writePlaceholder: 'Write a message',
		send: 'Send',
		bytesLeft: (count) => plural(count, { one: '# byte left', other: '# bytes left' }),
		bytesOver: (count) => plural(count, { one: '# byte too long', other: '# bytes too long' }),
		refusedTooLong: 'Not sent: the message is too long. Shorten it or send it in parts.',

		pickerLabel: 'Emoji',

		online: { socket: 'Online', stream: 'Online · event stream', poll: 'Online · polling' },
		state: {
			connecting: 'Connecting…',
			waiting: 'Reconnecting',
			offline: 'Offline: this device has no network.',
			refused: 'Not connected.',
		},
	};
}
