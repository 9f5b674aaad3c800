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
			'Giving an email turns on Gravatar: others see the picture you have there, found by a hash of the address, and ' +
			'your browser asks gravatar.com for the pictures of those you read. Without one, every picture is drawn here ' +
			'and no other site is asked.',
		nameTaken: (name) => `Somebody here is called ${name} already. Please choose another name.`,
		nameBanned: (name) => `Nobody may be called ${name} here. Please choose another name.`,
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
		searchNone: 'Nothing was found.',
		searchFound: (count, more) => `${plural(count, 'message', 'messages')}${more ? ' and more' : ''}`,
		searchFailed: 'The search did not work. Try again.',

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
			cleared: () => 'cleared',
			acknowledged: (name) => `acknowledged by ${isolated(name)}`,
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
		tokenEmpty: 'A token is needed.',
		tokenMalformed: 'This is no token: it has characters that none has, or too many.',
		tokenReason: {
			token_required:
				'This server lets in who shows a token. Your login gives you one: come by its link, or paste it here.',
			bad_token: 'The server does not take the token that this page has. Get another one from your login, and paste it here.',
			token_expired: 'Your token has expired. What you have written is kept. Get a new one from your login, and paste it here.',
		},
		namedByToken: 'Your token says what you are called.',
		signOut: 'Sign out',
		signOutHint: 'This browser then forgets your token, your rooms, your drafts and what was not sent yet.',

		notify: 'Tell me of new messages while this page is hidden',
		notifyDenied: 'This browser does not allow notifications from here.',
		notified: (name, room) => `${name} in ${room}`,
		notifiedAlarm: (severity, title, state) => `${severity}: ${title}, ${state}`,
		sound: 'Chirp when something comes while this page is hidden',
		mute: 'Silence notifications and sound',
	};
}
