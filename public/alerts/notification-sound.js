// The notification sound, synthesised in the browser: two short rising notes and a falling one, like a linnet's call.

// Start in s, first and last pitch in Hz.
const NOTES = [
	[0, 2900, 4300],
	[0.11, 3100, 4700],
	[0.23, 4600, 2700],
];
const NOTE_S = 0.085;
const LOUDNESS = 0.12;

// context is an AudioContext.
export function playSound(context) {
	const begin = context.currentTime + 0.02;

	for (const [after, from, to] of NOTES) {
		const voice = context.createOscillator();
		const loudness = context.createGain();
		const start = begin + after;
		const end = start + NOTE_S;

		voice.frequency.setValueAtTime(from, start);
		voice.frequency.exponentialRampToValueAtTime(to, end);
		// Fade in and out: a tone that is switched on or off clicks.
		loudness.gain.setValueAtTime(0, start);
		loudness.gain.linearRampToValueAtTime(LOUDNESS, start + NOTE_S / 4);
		loudness.gain.linearRampToValueAtTime(0, end);
		voice.connect(loudness).connect(context.destination);
		voice.start(start);
		voice.stop(end);
	}
}
