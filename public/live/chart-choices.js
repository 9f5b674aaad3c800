// What a chart shows: how far back it goes, and another metric to compare with.
import { element } from '../base/elements.js';
import { laterTexts } from '../words/later-texts.js';
import { RANGES } from './recordings.js';

const words = laterTexts.live;
let groups = 0;

// others() returns the metrics to compare with. onRange(name); onOther(metric), null for none.
export function createChoices({ metric, others, range, onRange, onOther }) {
	const group = `live-range-${++groups}`;
	const ranges = element('fieldset.live-ranges', element('legend', words.range));
	const select = element('select');
	const compare = element('label.live-compare', words.compare, ' ', select);
	let offered = new Map();

	for (const name of Object.keys(RANGES)) {
		const radio = element('input');

		Object.assign(radio, { type: 'radio', name: group, value: name, checked: name === range });
		radio.addEventListener('change', () => onRange(name));
		ranges.append(element('label', radio, element('span', words.ranges[name])));
	}

	function option(value, text) {
		return Object.assign(element('option'), { value, textContent: text });
	}

	// Metrics come and go, so they are listed when the reader is about to choose.
	function offer() {
		const chosen = select.value;
		const byRoom = Map.groupBy(others().filter((one) => one !== metric), ({ room }) => room);

		offered = new Map();
		select.replaceChildren(option('', words.compareNone));
		for (const [room, some] of byRoom) {
			const part = element('optgroup');

			part.label = room;
			for (const one of some) {
				offered.set(one.key, one);
				part.append(option(one.key, one.name));
			}
			select.append(part);
		}
		select.value = offered.has(chosen) ? chosen : '';
	}

	for (const type of ['pointerdown', 'focus'])
		select.addEventListener(type, offer);
	select.addEventListener('change', () => onOther(offered.get(select.value) ?? null));
	offer();
	compare.hidden = !offered.size;

	return {
		place: element('div.live-choices', ranges, compare),
		chooseRange(name) {
			ranges.querySelector(`[value="${name}"]`).checked = true;
		},
		chooseNone() {
			select.value = '';
		},
	};
}
