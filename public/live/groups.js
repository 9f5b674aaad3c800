// The tiles by room and, in a room, by the first part of names that several metrics share: "disk.free" and "disk.used".
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';
import { createFold } from './fold.js';

const FIRST_PART = /^[^./:_]+(?=[./:_][^./:_])/;

const prefixOf = ({ name }) => FIRST_PART.exec(name)?.[0] ?? '';

// Elements that a move may take the focus from.
function keepFocus(move) {
	const { activeElement } = document;

	move();
	if (document.activeElement !== activeElement)
		activeElement.focus({ preventScroll: true });
}

// Tiles are { item, metric }. order compares names.
export function createGroups(place, { order }) {
	const words = laterTexts.live;
	// By room: { section, list, fold, parts, tiles }. parts are the same by prefix.
	const rooms = new Map();
	const found = new Set();
	let isFiltering = false;

	// Ordered by name, so tiles do not move when values change.
	function insertSorted(parent, added, name) {
		const after = Array.from(parent.children).find(
			(child) => child.dataset.name !== undefined && order.compare(child.dataset.name, name) > 0,
		);

		added.dataset.name = name;
		parent.insertBefore(added, after ?? null);
	}

	function createGroup(level, key, name) {
		const list = element('ul.live-tiles');
		const body = element('div.live-group-body', list);
		const fold = createFold(level, { key: JSON.stringify(key), label: bidiText(name), body });

		fold.force(isFiltering);
		return { section: element(`section.live-${level === 'h2' ? 'group' : 'part'}`, fold.heading, body), body, list, fold, parts: new Map(), tiles: new Set() };
	}

	function roomOf({ room }) {
		if (!rooms.has(room)) {
			rooms.set(room, createGroup('h2', [room], room));
			insertSorted(place, rooms.get(room).section, room);
		}
		return rooms.get(room);
	}

	// The others with this prefix move there, too.
	function addPart(group, room, prefix) {
		const part = createGroup('h3', [room, prefix], prefix);

		group.parts.set(prefix, part);
		insertSorted(group.body, part.section, prefix);
		keepFocus(() => {
			for (const tile of group.tiles) {
				if (prefixOf(tile.metric) === prefix)
					insertInto(part, tile);
			}
		});
		return part;
	}

	function insertInto(part, tile) {
		part.tiles.add(tile);
		insertSorted(part.list, tile.item, tile.metric.name);
	}

	function showGroup({ section, fold, tiles }) {
		const shown = Array.from(tiles).filter((tile) => !isFiltering || found.has(tile)).length;

		section.hidden = !shown;
		setText(fold.count, words.valuesThere(shown));
		fold.force(isFiltering);
	}

	function showRoom(group) {
		showGroup(group);
		group.parts.forEach(showGroup);
		group.list.hidden = !group.list.childElementCount;
	}

	return {
		add(tile) {
			const { metric } = tile;
			const group = roomOf(metric);
			const prefix = prefixOf(metric);
			const isShared = prefix && Array.from(group.tiles).some((other) => prefixOf(other.metric) === prefix);

			group.tiles.add(tile);
			if (isShared)
				insertInto(group.parts.get(prefix) ?? addPart(group, metric.room, prefix), tile);
			else
				insertSorted(group.list, tile.item, metric.name);
			showRoom(group);
		},
		remove(tile) {
			const { room } = tile.metric;
			const group = rooms.get(room);
			const prefix = prefixOf(tile.metric);
			const part = group.parts.get(prefix);

			tile.item.remove();
			group.tiles.delete(tile);
			found.delete(tile);
			part?.tiles.delete(tile);
			if (part && !part.tiles.size) {
				part.section.remove();
				group.parts.delete(prefix);
			}
			showRoom(group);
			if (group.tiles.size)
				return;
			group.section.remove();
			rooms.delete(room);
		},
		// Shows only these tiles, or all if wanted is null.
		filter(wanted) {
			isFiltering = wanted !== null;
			found.clear();
			for (const group of rooms.values()) {
				for (const tile of group.tiles) {
					const isFound = !isFiltering || wanted(tile);

					tile.item.hidden = !isFound;
					if (isFound)
						found.add(tile);
				}
			}
			rooms.forEach(showRoom);
			return found.size;
		},
	};
}
