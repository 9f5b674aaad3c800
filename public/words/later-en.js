// English texts of modules that are loaded later.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed }) {
	const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

	return {
		tagline: 'A small, quick chat. Pick a name and come in.',
		welcome: 'Welcome to Linnet',
		profile: 'Your name',
		name: 'Name',
		email: 'Email',
		optional: '(optional)',
		emailHint:
			'An email turns on Gravatar. Others see your Gravatar picture, which is found by a hash of your address. ' +
			'Your browser loads the pictures of others from gravatar.com. Without an email, this page draws all pictures ' +
			'and contacts no other site.',
		nameTaken: (name) => `The name ${name} is in use. Please choose another name.`,
		nameBanned: (name) => `The name ${name} is banned. Please choose another name.`,
		nameRefused: (words) => `The server does not accept this: ${words}.`,
		emailWrong: 'This does not look like an email address. Leave it empty if you prefer.',
		join: 'Join the chat',
		save: 'Save',
		cancel: 'Cancel',
		settings: 'This page',
		theme: 'Theme',
		themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
		languageChoice: 'Language',

		searchClose: 'Close the search',
		searchField: 'Search this room',
		searchNone: 'No messages found.',
		searchFound: (count, more) => `${plural(count, 'message', 'messages')}${more ? ' and more' : ''}`,
		searchStopped: 'The search took too long. Older messages were not searched.',
		searchFoundSoFar: (count) => `${plural(count, 'message', 'messages')}. Older messages were not searched: it took too long.`,
		searchFailed: 'The search failed. Try again.',

		alarmsLabel: 'Alarms',
		alarmsClose: 'Close the list of alarms',
		alarmsButton: (unseen, standing) =>
			unseen
				? `${plural(unseen, 'alarm', 'alarms')} not acknowledged`
				: `${plural(standing, 'alarm', 'alarms')}, all acknowledged`,
		severity: { info: 'Info', warning: 'Warning', error: 'Error', critical: 'Critical', ok: 'OK' },
		alarmState: {
			raised: () => 'raised',
			updated: () => 'updated',
			cleared: ({ clearedBy }) => (clearedBy ? `cleared by ${isolated(clearedBy)}` : 'cleared'),
			acknowledged: ({ acknowledgedBy }) => `acknowledged by ${isolated(acknowledgedBy)}`,
		},
		alarmAge: (age) => (age ? `for ${age}` : 'just now'),
		acknowledge: 'Acknowledge',
		acknowledgeTitle: (title) => `Acknowledge ${title}`,

		joinedNames: (names) => `${listed(names)} joined`,
		leftNames: (names) => `${listed(names)} left`,
		renamedName: (from, to) => `${isolated(from)} is now ${isolated(to)}`,
		presenceCounts: (joined, left, renamed) =>
			[
				joined && `${number(joined)} joined`,
				left && `${number(left)} left`,
				renamed && plural(renamed, 'changed the name', 'changed their names'),
			]
				.filter(Boolean)
				.join(', '),

		signIn: 'Sign in',
		token: 'Token',
		notNow: 'Not now',
		tokenEmpty: 'Enter a token.',
		tokenMalformed: 'This is not a token: it is too long, or has invalid characters.',
		tokenReason: {
			token_required:
				'This server requires a token. Follow the link on your login page, or paste the token here.',
			bad_token: 'The server does not accept your token. Get a new one from your login page, and paste it here.',
			token_expired: 'Your token has expired. Your unsent text is kept. Get a new token from your login page, and paste it here.',
		},
		namedByToken: 'Your token sets your name.',
		signOut: 'Sign out',
		signOutHint: 'This browser will forget your token, your rooms, your drafts and your unsent messages.',

		notify: 'Notify me of new messages while this page is hidden',
		notifyDenied: 'This browser does not allow notifications from this page.',
		notified: (name, room) => `${name} in ${room}`,
		notifiedAlarm: (severity, title, state) => `${severity}: ${title}, ${state}`,
		sound: 'Play a sound for new messages while this page is hidden',
		mute: 'Silence notifications and sound',

		cardClose: 'Close this card',
		personYou: 'This is you.',
		personHere: (rooms) => `Here now, in ${listed(rooms)}`,
		personHereBy: (rooms, via) => `Here now, in ${listed(rooms)} (${via})`,
		personAway: 'Not here now',
		personLast: 'Last message here:',
		personPush: 'A program sent this message under this name.',
		mention: 'Mention',
		lookAlike: 'look-alike',
		looksLike: (name) => `Looks like ${isolated(name)}, but is another name.`,

		moderate: 'Moderate…',
		moderation: 'Moderation',
		moderatorToken: 'Token of an admin',
		moderatorHint: 'For moderators. This browser keeps the token until you stop moderating.',
		stopModerating: 'Stop moderating',
		sessionOf: (address, time, rooms) =>
			`${address ? `From ${isolated(address)}` : 'Connected'} since ${time}${rooms.length ? `, in ${listed(rooms)}` : ''}`,
		moreSessions: (count) => `and ${plural(count, 'more connection', 'more connections')}`,
		isMuted: (until) => (until ? `Muted until ${until}.` : 'Muted.'),
		isBanned: (what, until) => `${isolated(what)} is banned${until ? ` until ${until}` : ''}.`,
		lift: 'Lift',
		lifted: 'Lifted.',
		kick: 'Kick…',
		kickQuestion: (name) => `Disconnect ${isolated(name)}? They can come back at once.`,
		kicked: (name) => `${isolated(name)} was disconnected.`,
		muteName: 'Mute…',
		muteQuestion: (name) => `Mute ${isolated(name)}? They can read, but not write.`,
		mutedName: (name) => `${isolated(name)} is muted.`,
		ban: 'Ban…',
		banQuestion: (name) => `Ban ${isolated(name)}? They are disconnected and cannot come back.`,
		banSubject: 'Name or address',
		bannedName: (name) => `${isolated(name)} is banned.`,
		deleteMessage: 'Delete this message…',
		deleteQuestion: (name) => `Delete this message of ${isolated(name)} for everybody?`,
		deletedForAll: 'The message was deleted.',
		forget: 'Delete everything…',
		forgetQuestion: (name) =>
			`Delete everything that was ever written as ${isolated(name)}, in all rooms? It cannot be restored.`,
		forgotten: (name) => `Everything that ${isolated(name)} wrote was deleted.`,
		howLong: 'For',
		minutes: (count) =>
			({ 10: '10 minutes', 60: 'an hour', 1440: 'a day' })[count] ?? 'until it is lifted',
		orderReason: 'Reason (optional)',
		orderRefusal: {
			token_required: 'Enter a token.',
			bad_token: 'The server does not know this token.',
			denied: 'This token is not an admin’s.',
			unreachable: 'The server cannot be reached. Try again.',
			no_such_session: 'This person is not connected any more.',
			no_such_message: 'This message is gone already.',
		},
		orderRefused: (words) => `The server refuses: ${words}.`,

		filesNotSent: (names) => {
			const what = names.length === 1 ? `${isolated(names[0])} was not sent` : `${number(names.length)} files were not sent`;
			return `${what}: Linnet sends text only. Put files where others can open them, and send a link.`;
		},
	};
}
