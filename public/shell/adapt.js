// What few readers need: the compact density, and what short windows and forced colours ask for.
import { addStylesheet } from '../base/stylesheet.js';
import './density.js';
import './head.js';

addStylesheet(new URL('adapt.css', import.meta.url));
