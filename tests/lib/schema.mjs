// Checks messages of the daemon against docs/protocol.schema.json.

import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const file = path.resolve(fileURLToPath(import.meta.url), '../../../docs/protocol.schema.json');

export const schema = JSON.parse(readFileSync(file, 'utf8'));

const ajv = new Ajv({ strictTypes: false });
const validate = ajv.compile(schema);

/**
 * Returns why the text violates the schema, as a message or as the answer with that definition;
 * null if it does not.
 */
export function schemaFault(text, definition) {
	const check = definition
		? ajv.getSchema(`protocol.schema.json#/definitions/${definition}`)
		: validate;
	let object;
	try {
		object = JSON.parse(text);
	} catch (error) {
		return `it is not JSON: ${error.message}`;
	}
	return check(object) ? null : ajv.errorsText(check.errors, { dataVar: 'it' });
}
