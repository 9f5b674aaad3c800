// Tells the reader that a message is not there.
import { toast } from '../base/toast.js';
import { laterTexts as texts } from '../words/later-texts.js';

export const tellGone = () => toast(texts.messageGone);
