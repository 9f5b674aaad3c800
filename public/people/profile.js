// The form for name and email. A new reader sees it first.
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { utf8Bytes } from './identity.js';
import { nameFault } from './name-fault.js';

await addStylesheet(new URL('profile.css', import.meta.url));

// RFC 5321 section 4.5.3.1.3, without the angle brackets.
const EMAIL_BYTES = 254;

function emailFault(email) {
	const isValid = /^[^\s@]+@[^\s@]+$/.test(email) && utf8Bytes(email) <= EMAIL_BYTES;
	return !email || isValid ? '' : texts.emailWrong;
}

// Why the server refused the name.
function refusalOf({ code, text, name }) {
	const known = { name_taken: texts.nameTaken, banned: texts.nameBanned }[code];
	return known ? known(name) : texts.nameRefused(text);
}

function buildPicture() {
	const bird = element('img.bird');

	return Object.assign(bird, { src: 'favicon.svg', width: 112, height: 112, alt: '' });
}

// A field with its label and error line.
function buildField(id, label, members) {
	const field = Object.assign(element('input'), { id, name: id, ...members });
	const fault = element('p.error');

	label.htmlFor = id;
	fault.id = `${id}-error`;
	fault.role = 'alert';
	field.setAttribute('aria-describedby', fault.id);
	return {
		field,
		parts: [label, field, fault],
		// Returns the text.
		showFault(text) {
			fault.textContent = text;
			field.ariaInvalid = String(Boolean(text));
			return text;
		},
	};
}

// onSave(name, email) gets valid values.
export function createProfile({ onSave }) {
	const name = buildField('name', element('label', texts.name), {
		autocomplete: 'nickname',
		autocapitalize: 'none',
		spellcheck: false,
		dir: 'auto',
	});
	const email = buildField('email', element('label', `${texts.email} `, element('small', texts.optional)), {
		type: 'email',
		autocomplete: 'email',
	});
	const named = element('p.hint', texts.namedByToken);
	const hint = element('p.hint', texts.emailHint);
	const title = element('h2');
	const cancel = button('', texts.cancel);
	const save = element('button.primary');
	const form = element(
		'form',
		buildPicture(),
		title,
		element('p.lead', texts.tagline),
		...name.parts,
		named,
		...email.parts,
		hint,
		element('div.buttons', cancel, save),
	);
	const dialog = element('dialog.profile', form);
	let required = false;

	dialog.id = 'profile';
	title.id = 'profile-title';
	hint.id = 'email-hint';
	cancel.id = 'profile-cancel';
	save.id = 'profile-save';
	form.noValidate = true;
	dialog.setAttribute('aria-labelledby', title.id);
	email.field.setAttribute('aria-describedby', 'email-hint email-error');
	document.body.append(dialog);

	name.field.addEventListener('input', () => name.showFault(''));
	email.field.addEventListener('input', () => email.showFault(''));
	cancel.addEventListener('click', () => dialog.close());
	// Browsers close a dialog on the second Escape anyway. Without a name there is no chat, so it opens again.
	dialog.addEventListener('close', () => {
		if (required)
			dialog.showModal();
	});
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		const given = [name.field.value.trim(), email.field.value.trim()];
		const wrongName = name.showFault(nameFault(given[0]));
		const wrongEmail = email.showFault(emailFault(given[1]));

		if (wrongName || wrongEmail) {
			(wrongName ? name : email).field.focus();
			return;
		}
		required = false;
		dialog.close();
		onSave(...given);
	});

	return {
		// required: the form cannot be cancelled. refused: { code, text, name }, why the server refused the name. fixed: the
		// token sets the name.
		open(fields, { required: isRequired, first = false, refused = null, fixed = false }) {
			required = isRequired;
			name.field.value = fields.name;
			email.field.value = fields.email;
			name.showFault(refused ? refusalOf(refused) : '');
			email.showFault('');
			title.textContent = first ? texts.welcome : texts.profile;
			save.textContent = first ? texts.join : texts.save;
			cancel.hidden = required;
			name.field.readOnly = fixed;
			named.hidden = !fixed;
			dialog.setAttribute('closedby', required ? 'none' : 'closerequest');
			dialog.classList.toggle('first', first);
			if (!dialog.open)
				dialog.showModal();
			name.field.focus();
			name.field.select();
		},
	};
}
