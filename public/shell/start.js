// Entry point: finds out who the reader is, then loads the page. Forms are loaded on demand.
import { createLazy } from '../base/lazy.js';
import { checkAccess, keepToken, token } from '../connection/token.js';
import { keepIdentity, recallFields, recallIdentity } from '../people/identity.js';
import { fillTexts } from '../words/texts.js';

const app = async (call) => call(await import('./app.js'));
const claims = () => import('../connection/claims.js');

export const profile = createLazy(async () => {
	const { createProfile } = await import('../people/profile.js');

	return createProfile({
		async onSave(name, email) {
			const identity = await keepIdentity(name, email);
			app((page) => page.enter(identity));
		},
	});
});

export const signIn = createLazy(async () => {
	const { createSignIn } = await import('./sign-in.js');

	return createSignIn({ onToken: useToken });
});

// See profile.js.
export function openProfile(fields, options) {
	profile((form) => form.open(fields, options));
}

async function takeToken() {
	return location.hash.startsWith('#token=') && (await claims()).takeToken();
}

async function signedIn() {
	const { name, email } = recallFields();
	const identity = await keepIdentity((await claims()).ownersName() || name, email);

	app((page) => page.signedIn(identity));
}

export function useToken(given) {
	keepToken(given);
	signedIn();
}

async function start() {
	const isSigned = await takeToken();
	const known = await recallIdentity();

	fillTexts(document.body);
	addEventListener('hashchange', async () => (await takeToken()) && signedIn());
	if (!isSigned && known)
		app((page) => page.enter(known));
	else if (token())
		signedIn();
	else if ((await checkAccess(location.href)) === 'token_required')
		signIn((form) => form.open('token_required', { required: true }));
	else
		openProfile(recallFields(), { required: true, first: true });
}

// A browser would open a dropped file instead of the page. Text may come with a picture of itself.
const fileAnswer = createLazy(() => import('./files.js'));
for (const type of ['dragover', 'drop', 'paste']) {
	addEventListener(type, (event) => {
		const { types, files } = event.dataTransfer ?? event.clipboardData;
		const isText = /html/.test(types) && /plain|uri/.test(types) && event.target.matches?.('input, textarea');

		if (isText || !types.includes('Files'))
			return;
		event.preventDefault();
		// Not known until it is dropped.
		if (files[0])
			fileAnswer((it) => it.answer(files));
	});
}

start();
