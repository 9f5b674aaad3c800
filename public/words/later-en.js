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

		actionsLabel: 'Message actions',
		actions: {
			quick: 'React with 👍',
			picker: 'Add a reaction',
			reply: 'Reply',
			edit: 'Edit',
			more: 'More actions',
		},
		copyText: 'Copy text',
		copyLink: 'Copy link',
		copyCode: 'Copy code',
		copiedText: 'Copied.',
		notCopiedText: 'This browser does not allow copying.',
		editLabel: 'Edit the message',
		edited: 'edited',
		erase: 'Delete',
		eraseQuestion: 'Delete this message for everybody?',
		reactedBy: (names, others) => (others ? listed([...names, `${number(others)} more`]) : listed(names)),
		quoteLabel: (words) => `Reply to ${words}`,
		quoteGone: 'A message that is no longer kept',
		replyingTo: 'Reply to',
		replyCancel: 'Do not reply to it',
		changeFailed: {
			denied: 'Only its author can do this, in the browser in which it was written.',
			no_such_message: 'This message is no longer there.',
			too_many_reactions: 'This message has as many different reactions as it can have.',
			muted: 'A moderator has muted you.',
			read_only: 'This room is read-only.',
			rate_limited: 'Too fast. Try again in a moment.',
		},
		changeRefused: (words) => `The server says: ${words}.`,
		changeOffline: 'Not done: there is no connection.',

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
	};
}
