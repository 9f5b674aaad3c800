// The Live view: active alarms, and the current values of metrics.
import { element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';
import { createAges } from './ages.js';
import { createAlarmPast } from './alarm-past.js';
import { createAlarms } from './alarms.js';
import { createElsewhere } from './elsewhere.js';
import { createTiles } from './tiles.js';
import { createUnits } from './units.js';

const SHEETS = ['live.css', 'live-alarms.css', 'tiles.css', 'chart.css', 'chart-alarms.css'];

await Promise.all(SHEETS.map((sheet) => addStylesheet(new URL(sheet, import.meta.url))));

// Fills place, which must be empty. services: see alarms.js, alarm-past.js, chart-panel.js and elsewhere.js.
export function createLive(place, services) {
	const words = texts.live;
	const state = element('p.live-disconnected');
	const alarmsPlace = element('section.live-alarms');
	const tilesPlace = element('section.live-metrics');
	const elsewhere = createElsewhere({ place, ...services });
	const past = createAlarmPast(services);
	const tiles = createTiles(tilesPlace, { words, units: createUnits(locale), ageOf: createAges(locale), locale, past, ...services });
	const alarms = createAlarms(alarmsPlace, { elsewhere, past, ...services });

	services.onRoomGone(tiles.forget);
	state.role = 'status';
	tilesPlace.ariaLabel = words.values;
	alarmsPlace.ariaLabel = texts.alarms.label;
	place.classList.add('live');
	place.append(state, alarmsPlace, tilesPlace, elsewhere.values);

	return {
		metric: tiles.take,
		// Values from before the view was loaded: the metric's last frame, and its earlier times and values.
		past: tiles.takePast,
		opened() {
			state.textContent = '';
			tiles.reopened();
			elsewhere.check();
		},
		closed() {
			state.textContent = words.disconnected;
		},
		// A hidden view draws nothing.
		visible(isVisible) {
			tiles.show(isVisible);
			alarms.show(isVisible);
			elsewhere.show(isVisible);
		},
	};
}
