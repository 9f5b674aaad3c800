// Adds the sign-out button to the name form of readers with a token.
import { button, element } from '../base/elements.js';
import { PREFIX } from '../base/storage.js';
import { ownersName } from '../connection/claims.js';
import { keepToken } from '../connection/token.js';
import { isSameName } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';

// Settings of the browser, not of the person.
const SETTINGS = ['theme', 'language', 'view', 'wrap', 'notify', 'sound', 'quiet'];

// Includes what other tabs have stored.
function forgetAllBut(keys) {
	const kept = keys.map((key) => PREFIX + key);

	try {
		Object.keys(localStorage)
			.filter((key) => key.startsWith(PREFIX) && !kept.includes(key))
			.forEach((key) => localStorage.removeItem(key));
	} catch {
		// Storage is blocked, so nothing was stored.
	}
}

// name is the dialog's name field.
export function createSignOut({ dialog, name }) {
	const said = element('p.hint', texts.namedByToken);
	const out = button('sign-out', texts.signOut);
	const hint = element('p.hint', texts.signOutHint);

	hint.id = 'sign-out-hint';
	out.setAttribute('aria-describedby', hint.id);
	out.addEventListener('click', () => {
		keepToken('');
		forgetAllBut(SETTINGS);
		location.reload();
	});
	name.after(said);
	dialog.querySelector('.buttons').before(element('div.signed', out, hint));

	return {
		// me is the reader's name.
		show(me) {
			name.readOnly = isSameName(me, ownersName());
			said.hidden = !name.readOnly;
		},
	};
}
