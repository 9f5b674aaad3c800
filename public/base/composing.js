// Text that an input method is still composing.
const PROCESSING_KEY = 229;

// Safari ends a composition before its Enter, whose keyCode tells.
export const isComposing = (event) => event.isComposing || event.keyCode === PROCESSING_KEY;
