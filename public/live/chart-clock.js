// Times in a chart.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

// Labels of the time axis have the precision of its steps.
export function createClock(locale) {
	const seconds = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
	const minutes = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
	const days = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
	const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
	const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
	const dayOf = (time) => new Date(time).toDateString();
	const isToday = (time) => dayOf(time) === dayOf(Date.now());

	const label = (time, stepMs) => (stepMs < MINUTE_MS ? seconds : stepMs < DAY_MS ? minutes : days).format(time);

	return {
		full: (time) => (isToday(time) ? seconds : full).format(time),
		label,
		// A day begins with its date. A time of day that comes twice has its weekday.
		labels(times, stepMs) {
			const isNewDay = (time, index) => dayOf(time) !== dayOf(index ? times[index - 1] : time - 1);
			const all = times.map((time, index) => (isNewDay(time, index) ? days.format(time) : label(time, stepMs)));

			return all.map((one, index) => (all.indexOf(one, index + 1) < 0 ? one : weekday.format(times[index])));
		},
	};
}
