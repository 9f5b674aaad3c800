// The Live view: alarms that stand, and the values of metrics as they come.
import { element } from '../elements.js';
import { localeOf } from '../locale.js';
import { addSheet } from '../sheet.js';
import { createAges } from './ages.js';
import { createAlarms } from './alarms.js';
import { words as languages } from './texts.js';
import { createTiles } from './tiles.js';
import { createUnits } from './units.js';

await Promise.all(['live.css', 'alarms.css', 'tiles.css'].map((sheet) => addSheet(new URL(sheet, import.meta.url))));

// Fills element, which is the view's alone. Of texts only the language is used, of format clockTimeSeconds and fullDate.
// acknowledge(room, key) may give a promise, and rejects with an Error for the reader; history(room) gives a promise of
// the room's last messages.
export function createLive(place, { texts, format, acknowledge, history }) {
	const words = languages[texts.language];
	const locale = localeOf(texts.language);
	const ageOf = createAges(locale);
	const state = element('p.live-disconnected');
	const alarmsPlace = element('section.live-alarms');
	const tilesPlace = element('section.live-metrics');
	const tiles = createTiles(tilesPlace, {
		words,
		units: createUnits(locale),
		ageOf,
		locale,
	});
	const alarms = createAlarms(alarmsPlace, {
		words,
		format,
		locale,
		ageOf,
		now: tiles.now,
		acknowledge,
		history,
	});

	state.setAttribute('role', 'status');
	tilesPlace.ariaLabel = words.values;
	alarmsPlace.ariaLabel = words.alarms;
	place.classList.add('live');
	place.append(state, alarmsPlace, tilesPlace);

	return {
		metric(frame) {
			if (tiles.take(frame))
				alarms.know(frame.room);
		},
		// What came before the view was there: the last frame, and the times and values of those that there were.
		past(frame, times, values) {
			if (tiles.takePast(frame, times, values))
				alarms.know(frame.room);
		},
		alarm: alarms.take,
		// A room was entered: where the past could not be given, its alarms are told anew.
		joined({ room, recovered }) {
			if (!recovered)
				alarms.forget(room);
		},
		opened() {
			state.textContent = '';
			tiles.reopened();
		},
		closed() {
			state.textContent = words.disconnected;
		},
		// Nothing is drawn while nobody looks.
		visible(isVisible) {
			tiles.show(isVisible);
			alarms.show(isVisible);
		},
	};
}
