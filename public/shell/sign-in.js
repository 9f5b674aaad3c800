// The form for a token.
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { claims, readToken } from '../connection/claims.js';
import { token } from '../connection/token.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('../people/profile.css', import.meta.url));

// The server reports an expired token as bad_token.
function reasonFor(code) {
	const { exp } = claims();
	return code === 'bad_token' && exp * 1000 <= Date.now() ? 'token_expired' : code;
}

function build() {
	const field = element('input');
	const fault = element('p.error');
	const reason = element('p');
	const label = element('label', texts.token);
	const cancel = button('cancel', texts.notNow);
	const save = element('button.primary', texts.signIn);
	const heading = element('h2', texts.signIn);
	const form = element('form', heading, reason, label, field, fault, element('div.buttons', cancel, save));
	const dialog = element('dialog.profile.sign-in', form);

	heading.id = 'sign-in-title';
	field.id = label.htmlFor = 'token';
	reason.id = 'token-reason';
	fault.id = 'token-fault';
	fault.role = 'alert';
	field.type = 'password';
	field.autocomplete = 'off';
	field.setAttribute('aria-describedby', 'token-reason token-fault');
	form.noValidate = true;
	dialog.setAttribute('aria-labelledby', heading.id);
	document.body.append(dialog);
	return { dialog, form, field, fault, reason, cancel };
}

// onToken(token) gets a token with a valid format.
export function createSignIn({ onToken }) {
	const { dialog, form, field, fault, reason, cancel } = build();
	let isRequired = false;

	function showFault(words) {
		fault.textContent = words;
		field.ariaInvalid = String(Boolean(words));
	}

	function close() {
		isRequired = false;
		dialog.close();
	}

	field.addEventListener('input', () => showFault(''));
	cancel.addEventListener('click', close);
	// Browsers close a dialog on the second Escape anyway. Without a token there is nothing to show, so it opens again.
	dialog.addEventListener('close', () => {
		field.value = '';
		if (isRequired)
			dialog.showModal();
	});
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		const given = readToken(field.value);

		if (given) {
			close();
			onToken(given);
		} else {
			showFault(field.value.trim() ? texts.tokenMalformed : texts.tokenEmpty);
			field.focus();
		}
	});
	// Another tab has received a token.
	addEventListener('storage', () => {
		if (!dialog.open || !token())
			return;
		close();
		onToken(token());
	});

	return {
		// code: what is wrong with the token, or token_required. required: the page needs a token, so the form cannot
		// be cancelled.
		open(code, { required }) {
			isRequired = required;
			reason.textContent = texts.tokenReason[reasonFor(code)];
			cancel.hidden = required;
			dialog.setAttribute('closedby', required ? 'none' : 'closerequest');
			dialog.classList.toggle('first', required);
			showFault('');
			if (!dialog.open)
				dialog.showModal();
			field.focus();
		},
	};
}
