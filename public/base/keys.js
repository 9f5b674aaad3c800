// Key presses, on any system and with any input method.

const IS_MAC = /^(Mac|iP)/.test(navigator.platform);

// Text that an input method is still composing.
const PROCESSING_KEY = 229;

// Safari ends a composition before its Enter, whose keyCode tells.
export const isComposing = (event) => event.isComposing || event.keyCode === PROCESSING_KEY;

// The modifier of shortcuts, alone.
export const isCommand = ({ ctrlKey, metaKey, altKey, shiftKey }) =>
	(IS_MAC ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey;

// As they are named on the reader's keyboard.
export const [COMMAND_KEY, ALT_KEY] = IS_MAC ? ['⌘', '⌥'] : ['Ctrl', 'Alt'];
