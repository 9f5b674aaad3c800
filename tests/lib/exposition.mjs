// A strict parser for the Prometheus text format, version 0.0.4.

import assert from 'node:assert/strict';
import { get } from './doors.mjs';

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const numberPattern = /^(?:[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\+Inf|-Inf|NaN)$/;

const unescape = (text) => text.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));

function parseLabels(text, line) {
	const labels = {};
	labelPattern.lastIndex = 0;
	while (labelPattern.lastIndex < text.length) {
		const match = labelPattern.exec(text);
		assert.ok(match, `bad labels: ${line}`);
		const [, name, value] = match;
		assert.ok(!(name in labels), `a label twice: ${line}`);
		labels[name] = unescape(value);
	}
	return labels;
}

function parseNumber(text, line) {
	assert.match(text, numberPattern, `not a number: ${line}`);
	return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}

function parseSample(line) {
	const match = samplePattern.exec(line);
	assert.ok(match, `not a sample: ${line}`);
	const [, name, labels = '', value] = match;
	return { name, labels: parseLabels(labels, line), value: parseNumber(value, line) };
}

function startFamily(families, line) {
	const [, what, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
	assert.match(name ?? '', metricName, `not a HELP or TYPE comment: ${line}`);
	if (what === 'HELP') {
		assert.ok(!families.has(name), `HELP twice: ${line}`);
		families.set(name, { name, help: rest, samples: [] });
		return families.get(name);
	}
	const family = [...families.values()].at(-1);
	assert.equal(family?.name, name, `TYPE without its HELP: ${line}`);
	assert.equal(family.type, undefined, `TYPE twice: ${line}`);
	assert.match(rest, /^(counter|gauge|histogram)$/, line);
	family.type = rest;
	return family;
}

function checkHistogram({ name, samples }) {
	const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
	const [sum, count] = ['sum', 'count'].map((end) => samples.find((sample) => sample.name === `${name}_${end}`));
	assert.equal(samples.length, buckets.length + 2, `${name} has samples that a histogram does not have`);
	for (const { labels } of buckets)
		assert.deepEqual(Object.keys(labels), ['le']);
	const bounds = buckets.map(({ labels }) => parseNumber(labels.le, name));
	assert.equal(bounds.at(-1), Infinity, `${name} has no +Inf bucket`);
	for (let n = 1; n < buckets.length; n++) {
		assert.ok(bounds[n] > bounds[n - 1], `${name}: the bounds do not increase`);
		assert.ok(buckets[n].value >= buckets[n - 1].value, `${name}: the buckets are not cumulative`);
	}
	assert.equal(buckets.at(-1).value, count.value, `${name}: the +Inf bucket is not the count`);
	assert.ok(sum.value >= 0);
}

function checkFamily(family) {
	const { name, type, samples } = family;
	assert.ok(type, `${name} has no TYPE`);
	assert.ok(samples.length, `${name} has no sample`);
	if (type === 'histogram')
		checkHistogram(family);
	else
		samples.forEach((sample) => assert.equal(sample.name, name, `${sample.name} is in the family ${name}`));
	assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
	for (const { value } of samples)
		assert.ok(value >= 0 && value < 2 ** 53, `${name} is ${value}`);
	const series = samples.map((sample) => JSON.stringify([sample.name, sample.labels]));
	assert.equal(new Set(series).size, series.length, `${name} has a sample twice`);
}

/**
 * Parses a text into families by name, each with type, help and samples. Fails if the text is
 * invalid.
 */
export function parseExposition(text) {
	const families = new Map();
	let family;
	assert.ok(text.endsWith('\n'), 'the last line has no newline');
	for (const line of text.slice(0, -1).split('\n')) {
		if (line.startsWith('#'))
			family = startFamily(families, line);
		else
			family.samples.push(parseSample(line));
	}
	families.forEach(checkFamily);
	return families;
}

/** The daemon's metrics at one moment. */
export class Metrics {
	constructor(text) {
		this.families = parseExposition(text);
		this.samples = [...this.families.values()].flatMap(({ samples }) => samples);
	}

	/** Returns the value of the sample with that name and exactly these labels. */
	get(name, labels = {}) {
		const found = this.samples.filter(
			(sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
		);
		assert.equal(found.length, 1, `${name} ${JSON.stringify(labels)}`);
		return found[0].value;
	}

	/** Returns the samples of that name that are not 0, as { 'ws normal': 1 }. */
	counts(name) {
		const counted = this.samples.filter((sample) => sample.name === name && sample.value);
		return Object.fromEntries(counted.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
	}
}

export async function scrape(daemon, options) {
	const { status, headers, text } = await get(daemon, '/metrics', options);
	assert.equal(status, 200, text);
	assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
	return new Metrics(text);
}
