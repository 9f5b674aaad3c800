// Valid and invalid JSON Web Tokens, and a daemon that requires them.

import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, withDaemon } from './daemon.mjs';

export const secret = 'a secret of more than thirty-two bytes'.replaceAll(' ', '-');

const part = (object) => Buffer.from(typeof object === 'string' ? object : JSON.stringify(object)).toString('base64url');

/** Returns a token with these claims; hash and key may be wrong. */
export function sign(claims, { header = { alg: 'HS256', typ: 'JWT' }, hash = 'sha256', key = secret } = {}) {
	const signed = `${part(header)}.${part(claims)}`;
	return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

/** The time that many seconds from now, in the format of tokens. */
export const inSeconds = (seconds) => Date.now() / 1000 + seconds;

export const bearer = (token) => ({ Authorization: `Bearer ${token}` });

export const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** The setting auth.tokens: an admin token, and a program's token for the room "ops". */
export const tokens = `tokens = (
	{ name = "root"; token_sha256 = "${sha256('root-secret')}"; admin = true; },
	{ name = "ci"; token_sha256 = "${sha256('ci-secret')}"; rooms = [ "ops" ]; }
);`;

/** Returns a configuration that requires a token. */
export function jwtConfig() {
	const file = path.join(temporaryFolder(), 'secret');
	writeFileSync(file, `${secret}\n`);
	return `limits = { message_rate = 0.0; };
		auth = { mode = "jwt"; jwt_secret_file = "${file}"; ${tokens} };`;
}

/** Runs body with a daemon that requires a token. */
export const withJwt = (body, options) => withDaemon({ config: jwtConfig(), ...options }, body);
