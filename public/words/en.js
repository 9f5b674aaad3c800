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
		retry: 'Retry',
		delete: 'Delete',
		failure: {
			too_long: 'Not sent: this message is too long for the server.',
			unclear: 'The connection was lost while sending. The message may or may not have arrived.',
		},
		failedBecause: (words) => `Not sent. The server says: ${words}.`,
		loading: 'Loading messages…',
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
		roomsClose: 'Close the list of rooms',
		otherRooms: 'More rooms',
		enterRoom: 'Join',
		roomField: 'Join or create a room',
		roomPlaceholder: 'Another room',
		roomRefused: (room, words) => `Cannot join ${isolated(room)}. The server says: ${words}.`,

		pushed: 'pushed',
		priority: { 4: 'Important', 5: 'Urgent' },
		openLink: (host) => `Open ${isolated(host)}`,

		peopleClose: 'Close the list',

		completionLabel: 'Names',
		writeLabel: 'Message',
		writePlaceholder: 'Write a message',
		send: 'Send',
		bytesLeft: (count) => plural(count, { one: '# byte left', other: '# bytes left' }),
		bytesOver: (count) => plural(count, { one: '# byte too long', other: '# bytes too long' }),
		refusedTooLong: 'Not sent: the message is too long. Shorten it or send it in parts.',
		queued: (count) =>
			plural(count, {
				one: '# message queued until the connection is back.',
				other: '# messages queued until the connection is back.',
			}),

		pickerLabel: 'Emoji',

		online: { socket: 'Online', stream: 'Online · event stream', poll: 'Online · polling' },
		onlineTitle: {
			socket: '',
			stream: 'WebSockets are blocked on this network. Messages arrive as an event stream instead.',
			poll: 'WebSockets and event streams are blocked on this network. The page polls the server instead.',
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
			silent: 'The server stopped answering.',
			1008: 'The server closed your connection.',
			1009: 'A message was too long for the server.',
			rate_limited: 'Too many connections or requests from your network.',
			1013: 'This device was too slow to receive the messages.',
			kicked: 'A moderator has removed you.',
			banned: 'A moderator has banned you.',
			flooding: 'You were disconnected for writing too fast.',
			denied: 'Your token does not allow any room here.',
			origin_refused: 'The server takes this page for one of another site. Does a proxy change the Host header?',
			token_required: 'This server requires a token.',
			bad_token: 'The server does not accept your token.',
			token_expired: 'Your token has expired.',
			name_taken: 'Somebody else uses the name in your token.',
		},
		closedReason: (words, reason) => `${words} Reason: “${reason}”.`,
	};
}
