// A question that must be answered before something is done that cannot be undone.
import { button, element } from './elements.js';
import { addStylesheet } from './stylesheet.js';

await addStylesheet(new URL('question.css', import.meta.url));

// Resolves with true or false. about is what it is about, such as the beginning of a message.
export function ask(words, { about = '', confirm, cancel }) {
	const yes = button('primary', confirm);
	const no = button('', cancel);
	const text = element('p', words);
	const subject = element('p.about', about);
	const dialog = element('dialog.question', text, subject, element('div.actions', no, yes));

	text.id = 'question';
	subject.dir = 'auto';
	subject.hidden = !about;
	dialog.setAttribute('aria-labelledby', text.id);
	document.body.append(dialog);
	dialog.showModal();
	return new Promise((resolve) => {
		yes.addEventListener('click', () => dialog.close('yes'));
		no.addEventListener('click', () => dialog.close());
		dialog.addEventListener('close', () => {
			dialog.remove();
			resolve(dialog.returnValue === 'yes');
		});
	});
}
