// Rules for names, and the reader's stored identity.
import { recall, remember } from '../base/storage.js';
import { texts } from '../words/texts.js';

// Invisible characters would make different names look alike.
export const UNSEEN =
	/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/u;
const EVERY_UNSEEN = new RegExp(UNSEEN, 'gu');
const MAX_SHOWN_LENGTH = 64;
const MAX_SEEN = 5000;

// The server's defaults, until joined brings its limits.
export const limits = { nameBytes: 32, messageBytes: 16384 };

const encoder = new TextEncoder();

export function utf8Bytes(text) {
	return encoder.encode(text).length;
}

export function adoptLimits({ nameBytes, messageBytes }) {
	limits.nameBytes = nameBytes || limits.nameBytes;
	limits.messageBytes = messageBytes || limits.messageBytes;
}

// A displayable name from an untrusted value.
export function readName(value) {
	const name = typeof value === 'string' ? value.replace(EVERY_UNSEEN, '').trim() : '';
	return Array.from(name).slice(0, MAX_SHOWN_LENGTH).join('') || texts.nameless;
}

// Like the server: only ASCII letters are folded.
export function foldName(name) {
	return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function isSameName(one, other) {
	return foldName(one) === foldName(other);
}

// As long as the name: no other letter grows in lower case.
export const foldSeen = (name) => name.replaceAll('İ', 'i').toLowerCase();

// The names that exist, as written by their folded form, the last one last.
export const seen = { present: new Map(), authors: new Map() };

export function noteName(kind, name) {
	const names = seen[kind];
	const key = foldSeen(name);

	names.delete(key);
	names.set(key, name);
	if (names.size > MAX_SEEN)
		names.delete(names.keys().next().value);
}

// Pages over plain http have no crypto.subtle, except localhost.
async function hashEmail(email) {
	if (!email || !crypto.subtle)
		return '';
	const digest = await crypto.subtle.digest('SHA-256', encoder.encode(email.trim().toLowerCase()));
	return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function identity(name, email) {
	return { name, email, avatar: await hashEmail(email) };
}

export function recallFields() {
	return { name: recall('name'), email: recall('email') };
}

// Null if no name is stored.
export async function recallIdentity() {
	const { name, email } = recallFields();
	return name ? identity(name, email) : null;
}

export async function keepIdentity(name, email) {
	remember('name', name);
	remember('email', email);
	return identity(name, email);
}
