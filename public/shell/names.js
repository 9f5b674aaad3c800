// When the reader's name may be changed, and when it must be.
import { ownersName } from '../connection/claims.js';
import { token } from '../connection/token.js';
import { isSameName, recallFields } from '../people/identity.js';
import { openProfile, profile } from './start.js';

// A token may set the name.
const tokensName = () => token() && ownersName();

// isFocusKept() as in lazy.js.
export function edit(me, isFocusKept) {
	const { name, email } = recallFields();

	profile((form) => {
		if (isFocusKept())
			form.open({ name: name || me.name, email }, { required: false, fixed: isSameName(me.name, tokensName()) });
	});
}

// refused as in session.js. dismiss(cause, reason) ends the session. first: the reader has never entered.
export function refused({ code, text, name, isJoinRefused }, { email, first, dismiss }) {
	// The token allows no other name.
	if (isJoinRefused && (!name || name === tokensName())) {
		dismiss(code, text);
		return;
	}
	openProfile({ name, email }, { required: isJoinRefused, first, refused: { code, text, name } });
}
