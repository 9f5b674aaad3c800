// The options of a measurement: numbers, and LINNETD.

import { parseArgs } from 'node:util';

/**
 * Returns the numbers given on the command line, or the defaults in numbers. Prints usage and exits
 * on anything else.
 */
export function readNumbers(numbers, usage) {
	const options = Object.fromEntries(Object.keys(numbers).map((name) => [name, { type: 'string' }]));
	try {
		for (const [name, text] of Object.entries(parseArgs({ options }).values))
			numbers[name] = Number(text);
		if (Object.values(numbers).some((number) => !Number.isInteger(number) || number < 1))
			throw new Error('expected a whole number from 1');
		if (!process.env.LINNETD)
			throw new Error('LINNETD is not set');
	} catch (error) {
		process.stderr.write(`${error.message}\n${usage}`);
		process.exit(2);
	}
	return numbers;
}
