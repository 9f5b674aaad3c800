// The Live view: active alarms, and the current values of metrics.
import { element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';
import { createAges } from './ages.js';
import { createAlarms } from './alarms.js';
import { createTiles } from './tiles.js';
import { createUnits } from './units.js';

const SHEETS = ['live.css', 'alarms.css', 'tiles.css'];

await Promise.all(SHEETS.map((sheet) => addStylesheet(new URL(sheet, import.meta.url))));

// Fills place, which must be empty. format gives clockTimeSeconds and fullDate.
// acknowledge(room, key) may return a promise that rejects with a displayable Error. history(room) resolves with the
// room's last messages.
export function createLive(place, { format, acknowledge, history }) {
	const words = texts.live;
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
		// Values from before the view was loaded: the metric's last frame, and its earlier times and values.
		past(frame, times, values) {
			if (tiles.takePast(frame, times, values))
				alarms.know(frame.room);
		},
		alarm: alarms.take,
		// Unless the session was recovered, the server sends the room's alarms again.
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
		// A hidden view draws nothing.
		visible(isVisible) {
			tiles.show(isVisible);
			alarms.show(isVisible);
		},
	};
}
