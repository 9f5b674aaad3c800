// The words of what is loaded later, in English.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed }) {
	const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

	return {
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
	};
}
