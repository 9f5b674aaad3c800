// Returns a function that calls draw() in the next frame, once for all calls until then.
export function onceAFrame(draw) {
	let frame = 0;

	return () => {
		frame ||= requestAnimationFrame(() => {
			frame = 0;
			draw();
		});
	};
}
