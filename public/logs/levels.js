// Guesses the level of a line: "error", "warning", "info", "debug", or "" if unknown.

// Levels are near the start of a line.
const LOOK_AT = 300;
const MAX_JSON_LENGTH = 16_384;

const NAMES = new Map([
	...['emerg', 'emergency', 'panic', 'alert', 'crit', 'critical', 'fatal', 'severe', 'err', 'error', 'f', 'e'].map(
		(name) => [name, 'error'],
	),
	...['warn', 'warning', 'w'].map((name) => [name, 'warning']),
	...['notice', 'info', 'information', 'informational', 'i', 'n'].map((name) => [name, 'info']),
	...['debug', 'dbg', 'trace', 'verbose', 'fine', 'finer', 'finest', 'd', 't', 'v'].map((name) => [name, 'debug']),
]);
// RFC 5424 section 6.2.1: PRI is facility * 8 + severity, at most 191.
const SYSLOG = ['error', 'error', 'error', 'error', 'warning', 'info', 'info', 'debug'];

const LONG =
	'emerg(?:ency)?|panic|alert|crit(?:ical)?|fatal|severe|err(?:or)?|warn(?:ing)?|notice|info(?:rmation(?:al)?)?|debug|dbg|trace|verbose';
const PRIORITY = /^<(\d{1,3})>/;
// logfmt: level=value.
const PAIR = new RegExp(`\\b(?:level|lvl|severity|loglevel)["']?[=:]\\s*["']?(${LONG}|[a-z])\\b`, 'i');
// glog and Android: a letter at the start.
const LETTER = /^([EWIDFVT])(?:\d{4} |\/)/;
// Any case in brackets or before a colon. A bare word counts in capitals only: "no error" is no error.
const BRACKETED = new RegExp(`[[(<|](${LONG}|[EWID])\\s*[\\])>|]`, 'i');
const WITH_COLON = new RegExp(`(?:^|[\\s\\]])(${LONG}):`, 'i');
const CAPITALS = new RegExp(`(?:^|[\\s"'\\-/;,])(${LONG.toUpperCase()})(?=$|[\\s"'\\-/;,:])`);

const nameOf = (word) => NAMES.get(word.toLowerCase()) ?? '';

// Bunyan and pino use 10 to 60, syslog and journald 7 to 0.
function ofNumber(number) {
	if (number >= 10)
		return number >= 50 ? 'error' : number >= 40 ? 'warning' : number >= 30 ? 'info' : 'debug';
	return SYSLOG[number] ?? '';
}

function ofValue(value) {
	if (typeof value === 'number' || /^\d{1,2}$/.test(value))
		return ofNumber(Number(value));
	return typeof value === 'string' ? nameOf(value) : '';
}

function ofJson(text) {
	if (!text.startsWith('{') || text.length > MAX_JSON_LENGTH)
		return '';
	try {
		const object = JSON.parse(text);
		const key = Object.keys(object).find((name) =>
			/^(level|lvl|severity|loglevel|log\.level|priority)$/i.test(name),
		);

		return ofValue(key ? object[key] : object.log?.level);
	} catch {
		return '';
	}
}

export function levelOf(text) {
	const json = ofJson(text);

	if (json)
		return json;
	const begin = text.slice(0, LOOK_AT);
	const priority = PRIORITY.exec(begin);

	if (priority && priority[1] <= 191)
		return SYSLOG[priority[1] & 7];
	for (const pattern of [PAIR, LETTER, BRACKETED, CAPITALS, WITH_COLON]) {
		const match = pattern.exec(begin);

		if (match)
			return nameOf(match[1]);
	}
	return '';
}
