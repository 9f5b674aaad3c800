// What the form for the name has more where a token says who the reader is: the way out.
import { ownersName } from './claims.js';
import { button, element } from './elements.js';
import { isSameName } from './identity.js';
import { laterTexts as texts } from './later-texts.js';
import { PREFIX } from './storage.js';
import { keepToken } from './token.js';

// How the page is to be, whoever reads it.
const SETTINGS = ['theme', 'language', 'view', 'wrap', 'notify', 'sound', 'quiet'];

// Another tab's, too.
function forgetAllBut(keys) {
	const kept = keys.map((key) => PREFIX + key);

	try {
		Object.keys(localStorage)
			.filter((key) => key.startsWith(PREFIX) && !kept.includes(key))
			.forEach((key) => localStorage.removeItem(key));
	} catch {
		// Nothing was kept.
	}
}

// name is the field of the dialog.
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
		// me is what the reader is called.
		show(me) {
			name.readOnly = isSameName(me, ownersName());
			said.hidden = !name.readOnly;
		},
	};
}
