// English texts of modules that are loaded later.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed, plural }) {
	const messages = { one: '# message', other: '# messages' };
	const alarms = { one: '# alarm', other: '# alarms' };
	const lines = { one: '# line', other: '# lines' };
	const newLines = { one: '# new line', other: '# new lines' };

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
		searchFound: (count, more) => `${plural(count, messages)}${more ? ' and more' : ''}`,
		searchStopped: 'The search took too long. Older messages were not searched.',
		searchFoundSoFar: (count) => `${plural(count, messages)}. Older messages were not searched: it took too long.`,
		searchFailed: 'The search failed. Try again.',

		everybody: 'everybody in this room',
		namesAndMore: (names, more) => listed(more ? [...names, `${number(more)} more`] : names),

		commandsLabel: 'Commands',
		commands: {
			nick: ['NAME', 'change your name'],
			join: ['ROOM', 'go to another room'],
			rooms: ['', 'list the rooms'],
			who: ['', 'list who is here'],
			me: ['ACTION', 'say what you do'],
			history: ['[N]', 'go back N messages, or 20'],
			ack: ['KEY', 'acknowledge an alarm for everybody'],
			clear: ['KEY', 'clear an alarm for everybody'],
			text: ['TEXT', 'send what begins with a slash'],
			login: ['TOKEN', 'sign in with a token'],
			help: ['', 'list the commands'],
			quit: ['', 'close the connection'],
		},
		commandsHint: 'Two slashes begin a message with a slash: //etc',
		commandUnknown: (word) => `Not sent: there is no command /${word}. Type // to begin a message with a slash, /help for the commands.`,
		commandUsage: (usage) => `Something is missing: ${usage}`,
		roomsAre: (names) => `Rooms: ${names}`,
		peopleAre: (count, names) => `${count}: ${names}`,

		alarms: {
			label: 'Alarms',
			close: 'Close the list of alarms',
			counts: (unseen, standing) =>
				unseen
					? `${plural(unseen, alarms)} not acknowledged`
					: `${plural(standing, alarms)}, all acknowledged`,
			severity: { info: 'Info', warning: 'Warning', error: 'Error', critical: 'Critical', ok: 'OK' },
			state: {
				raised: () => 'raised',
				updated: () => 'updated',
				cleared: ({ clearedBy }) => (clearedBy ? `cleared by ${isolated(clearedBy)}` : 'cleared'),
				acknowledged: ({ acknowledgedBy }) => `acknowledged by ${isolated(acknowledgedBy)}`,
			},
			repeated: (state, count, span) => `${state}, ${plural(count, { one: '# time', other: '# times' })} in ${span}`,
			earlier: (count) => plural(count, { one: 'and # earlier change', other: 'and # earlier changes' }),
			age: (age) => (age ? `for ${age}` : 'just now'),
			more: (count) => plural(count, { one: 'and # less urgent alarm', other: 'and # less urgent alarms' }),
			acknowledge: 'Acknowledge',
			clear: 'Clear',
			actionOn: {
				acknowledge: (title) => `Acknowledge ${title}`,
				clear: (title) => `Clear ${title}`,
			},
			underWay: { acknowledge: 'Acknowledging…', clear: 'Clearing…' },
			failed: {
				acknowledge: (reason) => (reason ? `Not acknowledged: ${reason}.` : 'Not acknowledged. Try again.'),
				clear: (reason) => (reason ? `Not cleared: ${reason}.` : 'Not cleared. Try again.'),
			},
			announced: (severity, title, state) => `${severity}: ${title}, ${state}`,
		},

		joinedNames: (names) => `${listed(names)} joined`,
		leftNames: (names) => `${listed(names)} left`,
		renamedName: (from, to) => `${isolated(from)} is now ${isolated(to)}`,
		presenceCounts: (joined, left, renamed) =>
			[
				joined && `${number(joined)} joined`,
				left && `${number(left)} left`,
				renamed && plural(renamed, { one: '# changed the name', other: '# changed their names' }),
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
		sound: 'Play a sound for new messages while this page is hidden',
		mute: 'Silence notifications and sound',

		live: {
			standing: (count, open) =>
				`${number(count)} active, ${open ? `${number(open)} not acknowledged` : 'all acknowledged'}`,
			calm: 'No active alarms.',
			calmHere: 'No active alarms in the rooms that you have joined. The other rooms could not be checked.',
			alarmsElsewhere: (count, rooms) =>
				`${plural(count, { one: '# active alarm', other: '# active alarms' })} in ${plural(rooms, { one: '# room', other: '# rooms' })} that you have not joined`,
			activeAlarms: (count) => plural(count, { one: '# active alarm', other: '# active alarms' }),
			valuesElsewhere: (rooms) => `Values in ${plural(rooms, { one: '# room', other: '# rooms' })} that you have not joined`,
			valuesThere: (count) => plural(count, { one: '# value', other: '# values' }),
			watch: 'Watch',
			watchRoom: (room) => `Watch ${room}: join the room`,
			watchFailed: (reason) => (reason ? `Cannot join: ${reason}.` : 'Cannot join. Try again.'),
			moreRooms: (count) => plural(count, { one: 'and # more room', other: 'and # more rooms' }),
			changes: 'Recent changes',
			changesLoading: 'Loading…',
			changesNone: 'No changes yet.',
			changesFailed: 'Earlier changes could not be loaded.',

			values: 'Values',
			none: 'No values yet',
			noneHint: 'A program sends one like this:',
			tooMany: (count, most) => 
				`Only ${number(most)} values are shown; ${plural(count, { one: '# more was', other: '# more were' })} left out.`,
			stale: (age) => `stale: ${age}`,
			disconnected: 'Not connected. These are the last received values.',

			chartOf: (name) => `Chart of ${isolated(name)}`,
			chartLoading: 'Loading the chart…',
			chartMissing: 'The chart could not be loaded. The tile still shows the last value.',
			chartHint: 'Drag to zoom in, double-click to go back.',
			chartTouchHint: 'Drag or pinch to zoom in, tap twice to go back.',
			chartWhole: 'Show all',
			chartClose: 'Close the chart',
			time: 'Time',
			least: 'minimum',
			average: 'average',
			most: 'maximum',
		},

		logs: {
			choose: 'Log',
			filter: 'Filter',
			filterHint: 'Show lines with…',
			expression: 'Regular expression',
			wrong: (reason) => `Invalid regular expression: ${reason}`,
			slow: 'This expression takes too long. Make it simpler.',
			unavailable: 'Regular expressions are not available in this browser.',
			wrap: 'Wrap',
			pause: 'Pause',
			resume: 'Resume',
			paused: (count) => (count ? `Paused: ${plural(count, newLines)}` : 'Paused'),
			copy: 'Copy',
			copyHint: 'Copies the selected lines, or all shown lines',
			copied: (count) => `${plural(count, lines)} copied`,
			notCopied: 'The browser does not allow this page to copy.',
			selected: (count) => `${plural(count, lines)} selected`,
			selectHint: 'Click to select this line, Shift-click to select a range',
			shown: (count, all) =>
				count === all ? plural(all, lines) : `${number(count)} of ${plural(all, lines)}`,
			lines: 'Lines of the log',
			newLines: (count) => plural(count, newLines),
			newest: 'Newest lines',
			skipped: (count) => `${plural(count, lines)} skipped: they came too fast`,
			missed: (count) => `${plural(count, lines)} not received`,
			rotated: (time) => `The file was rotated: a new one begins at ${time}`,
			truncated: (time) => `The file was truncated at ${time}`,
			begunAnew: 'The server has been restarted: lines may be missing here',
			loading: 'Opening the log…',
			nothing: 'Nothing has been written yet.',
			noMatch: 'No line matches the filter.',
			noLogs: 'No log files are configured. Add them to the configuration of linnetd:',
			denied: (reason) => `This log cannot be opened${reason ? `: ${reason}` : '.'}`,
			deniedAll: (reason) => `The list of logs cannot be read${reason ? `: ${reason}` : '.'}`,
			again: 'Try again',
			level: { error: 'Error', warning: 'Warning', info: 'Info', debug: 'Debug' },
			mark: { error: 'ERR', warning: 'WARN', info: 'INFO', debug: 'DBG' },
		},

		emoji: {
			search: 'Search emoji',
			none: 'No emoji of that name.',
			recent: 'Recently used',
			tone: 'Skin tone',
			groups: {
				0: 'Smileys & feelings',
				1: 'People & body',
				3: 'Animals & nature',
				4: 'Food & drink',
				5: 'Travel & places',
				6: 'Activities',
				7: 'Objects',
				8: 'Symbols',
				9: 'Flags',
			},
		},
	};
}
