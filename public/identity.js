// Who the reader is: a name, perhaps an email, and the hash that stands for the email.
import { utf8Bytes } from './limits.js';
import { nameFault } from './names.js';
import { recall, remember } from './storage.js';
import { texts } from './texts.js';

// RFC 5321 section 4.5.3.1.3, without the angle brackets.
const EMAIL_BYTES = 254;

export function emailFault(email) {
	const isGood = /^[^\s@]+@[^\s@]+$/.test(email) && utf8Bytes(email) <= EMAIL_BYTES;
	return !email || isGood ? '' : texts.emailWrong;
}

// Plain http pages away from localhost have no crypto.subtle: there the reader's own picture is the drawn one.
async function hashEmail(email) {
	if (!email || !crypto.subtle)
		return '';
	const bytes = new TextEncoder().encode(email.trim().toLowerCase());
	const digest = await crypto.subtle.digest('SHA-256', bytes);
	return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function identity(name, email) {
	return { name, email, avatar: await hashEmail(email) };
}

export function recallFields() {
	return { name: recall('name'), email: recall('email') };
}

// Null when nobody has given a name here yet.
export async function recallIdentity() {
	const { name, email } = recallFields();
	return nameFault(name) || emailFault(email) ? null : identity(name, email);
}

export async function keepIdentity(name, email) {
	remember('name', name);
	remember('email', email);
	return identity(name, email);
}
