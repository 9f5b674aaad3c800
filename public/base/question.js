// Questions that must be answered first.
import { button, element } from './elements.js';
import { addStylesheet } from './stylesheet.js';

await addStylesheet(new URL('question.css', import.meta.url));

// choices are [value, words]; the last one is what the question is about. Resolves with a value, or ''. about is what it is
// about, such as the beginning of a message. isHarmless: the first choice has the focus, else cancel.
export function choose(words, { about = '', choices, cancel, isHarmless = false }) {
	const answers = choices.map(([value, label]) => [value, button('', label)]);
	const no = button('', cancel);
	const text = element('p', words);
	const subject = element('p.about', about);
	const dialog = element('dialog.question', text, subject, element('div.actions', no, ...answers.map(([, made]) => made)));

	text.id = 'question';
	subject.dir = 'auto';
	subject.hidden = !about;
	answers.at(-1)[1].classList.add('primary');
	dialog.setAttribute('aria-labelledby', text.id);
	document.body.append(dialog);
	dialog.showModal();
	if (isHarmless)
		answers[0][1].focus();
	return new Promise((resolve) => {
		for (const [value, made] of answers)
			made.addEventListener('click', () => dialog.close(value));
		no.addEventListener('click', () => dialog.close());
		dialog.addEventListener('close', () => {
			dialog.remove();
			resolve(dialog.returnValue);
		});
	});
}

// Before something that cannot be undone. Resolves with true or false.
export const ask = async (words, { confirm, ...rest }) => Boolean(await choose(words, { choices: [['yes', confirm]], ...rest }));
