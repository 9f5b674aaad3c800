// Starts Chromium with a fresh profile and without background network traffic. The headless shell is
// Chromium without its windows; it uses half of the processor time. CHROMIUM names another program.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const QUIET = [
	'--headless',
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

const PROGRAMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

// undefined if there is none.
export const program = process.env.CHROMIUM || PROGRAMS.find(existsSync);

export const openBrowser = () => chromium.launch({ executablePath: program, args: QUIET });
