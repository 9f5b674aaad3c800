// The words in English of what is loaded when it is wanted.

// tools as in texts.js.
export function wordsFor() {
	return {
		signIn: 'Sign in',
		token: 'Token',
		later: 'Not now',
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
		sound: 'Chirp when something comes while this page is hidden',
		mute: 'Silence notifications and sound',
	};
}
