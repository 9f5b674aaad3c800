// English texts of the first load.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed }) {
	const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

	return {
		language: 'en',
		title: 'Linnet',
		titleUnread: (count, title) => `(${count}) ${title}`,
		titleRoom: (room) => `${room} · Linnet`,

		nameEmpty: 'A name is needed.',
		nameTooLong: (bytes, most) =>
			`This name is too long: ${bytes} bytes of at most ${most} (letters outside English take more than one).`,
		nameUnseen: 'A name cannot hold control characters or characters that cannot be seen.',
		changeName: (name) => `You are ${name}. Change name or email`,
		renameLater: (name) => `You will be ${name} as soon as the connection is back.`,
		renamed: (name) => `You are now ${name}.`,

		searchButton: 'Search',

		logLabel: (room) => (room ? `Messages in ${isolated(room)}` : 'Messages'),
		empty: 'Nothing has been said yet. Be the first.',
		you: 'you',
		nameless: 'somebody',
		noText: '(no text)',
		pending: 'not sent yet',
		retry: 'Retry',
		delete: 'Delete',
		failure: {
			too_long: 'Not sent: this message is too long for the server.',
			unclear:
				'The connection was lost while this was being sent, and it cannot be found out whether it has arrived.',
		},
		failedBecause: (words) => `Not sent. The server says: ${words}.`,
		loading: 'Loading messages…',
		newest: 'Newest messages',
		newMessages: (count) => plural(count, 'new message', 'new messages'),
		notRecovered: (from, to) =>
			`Some messages could not be recovered: what others said between ${from} and ${to} may be missing here.`,
		reasons: {
			muted: 'a moderator lets you read only',
			read_only: 'nobody writes there',
			denied: 'that takes a token, or another one than yours',
		},
		serverSays: (words) => `The server says: ${words}.`,

		views: 'Views',
		viewChat: 'Chat',
		viewLive: 'Live',
		viewLogs: 'Logs',

		rooms: 'Rooms',
		roomsClose: 'Close the list of rooms',
		otherRooms: 'More rooms',
		enterRoom: 'Join',
		roomField: 'Join or create a room',
		roomPlaceholder: 'Another room',
		roomSlash: 'The name of a room cannot hold a slash.',
		leaveRoom: (room) => `Leave ${isolated(room)}`,
		roomRefused: (room, words) => `${isolated(room)} cannot be entered. The server says: ${words}.`,
		unread: (count) => plural(count, 'unread message', 'unread messages'),
		unreadLine: 'New',

		via: { ws: 'web', line: 'terminal', sse: 'stream', poll: 'polling', push: 'push' },
		pushed: 'pushed',
		priority: { 4: 'Important', 5: 'Urgent' },
		openLink: (host) => `Open ${isolated(host)}`,

		peopleHere: (count) => plural(count, 'person here', 'people here'),
		peopleClose: 'Close the list',
		peopleMore: (count) => `and ${plural(count, 'more', 'more')}`,
		typing: (names) => {
			if (names.length > 3)
				return 'Several people are typing…';
			return `${listed(names)} ${names.length === 1 ? 'is' : 'are'} typing…`;
		},

		completionLabel: 'Names',
		writeLabel: 'Message',
		writePlaceholder: 'Write a message',
		send: 'Send',
		bytesLeft: (count) => `${plural(count, 'byte', 'bytes')} left`,
		bytesOver: (count) => `${plural(count, 'byte', 'bytes')} too long`,
		refusedTooLong: 'Not sent: the message is too long. Shorten it or send it in parts.',
		queued: (count) =>
			`${plural(count, 'message waits', 'messages wait')} for the connection, in this order.`,

		pickerLabel: 'Emoji',

		online: { socket: 'Online', stream: 'Online · event stream', poll: 'Online · polling' },
		onlineTitle: {
			socket: '',
			stream: 'Something on the way blocks WebSockets: messages come as a stream of events instead.',
			poll: 'Something on the way blocks WebSockets and streams: the server is asked for messages again and again.',
		},
		connectNow: 'Connect now',
		connectAgain: 'Connect again',
		countdown: (seconds) => `in ${seconds} s`,
		state: {
			connecting: 'Connecting…',
			waiting: 'Reconnecting',
			offline: 'Offline: this device has no network.',
			refused: 'Not connected.',
		},
		closed: {
			lost: 'The connection was lost.',
			unreachable: 'The server cannot be reached.',
			1001: 'The server is stopping or restarting.',
			silent: 'The server does not answer any more.',
			1008: 'The server has sent you away.',
			1009: 'A message was too long for the server.',
			1013: 'This device could not keep up.',
			kicked: 'A moderator has sent you away.',
			banned: 'A moderator has banned you.',
			flooding: 'You were sent away for writing too fast.',
			denied: 'Your token is for no room here.',
			token_required: 'This server wants to know who you are.',
			bad_token: 'The server does not take your token.',
			token_expired: 'Your token has expired.',
			name_taken: 'Somebody else is here under the name in your token.',
		},
		closedReason: (words, reason) => `${words} The reason: “${reason}”.`,
	};
}
