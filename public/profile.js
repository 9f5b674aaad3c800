// The form for name and email, the first thing a new reader sees.
import { emailFault, nameFault } from './identity.js';
import { texts } from './texts.js';

// onSave(name, email) is called with fields that have no fault.
export function createProfile(dialog, { onSave }) {
	const at = (id) => dialog.querySelector(`#${id}`);
	const name = at('name');
	const email = at('email');
	const cancel = at('profile-cancel');
	let required = false;

	function showFault(field, fault) {
		at(`${field.id}-error`).textContent = fault;
		field.ariaInvalid = String(Boolean(fault));
		return fault;
	}

	name.addEventListener('input', () => showFault(name, ''));
	email.addEventListener('input', () => showFault(email, ''));
	cancel.addEventListener('click', () => dialog.close());
	// Browsers let a second Escape close any dialog, whatever the page says; there is no chat without a name.
	dialog.addEventListener('close', () => {
		if (required)
			dialog.showModal();
	});
	dialog.querySelector('form').addEventListener('submit', (event) => {
		event.preventDefault();
		const given = [name.value.trim(), email.value.trim()];
		const wrongName = showFault(name, nameFault(given[0]));
		const wrongEmail = showFault(email, emailFault(given[1]));

		if (wrongName || wrongEmail) {
			(wrongName ? name : email).focus();
			return;
		}
		required = false;
		dialog.close();
		onSave(...given);
	});

	return {
		// required: there is no way out but a name; fault: why the name in fields cannot be had.
		open(fields, { required: isRequired, first = false, fault = '' }) {
			required = isRequired;
			name.value = fields.name;
			email.value = fields.email;
			showFault(name, fault);
			showFault(email, '');
			at('profile-title').textContent = first ? texts.welcome : texts.profile;
			at('profile-save').textContent = first ? texts.join : texts.save;
			cancel.hidden = required;
			dialog.classList.toggle('first', first);
			if (!dialog.open)
				dialog.showModal();
			name.focus();
			name.select();
		},
	};
}
