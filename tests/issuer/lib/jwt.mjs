// SPDX-License-Identifier: Apache-2.0
// JSON Web Signatures (RFC 7515) with RS256 and nothing else: what ZITADEL's key files sign with.
import { sign as signBytes, verify as verifyBytes } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

export function sign(payload, { key, keyId, header = {} }) {
  const input = `${encode({ alg: 'RS256', kid: keyId, ...header })}.${encode(payload)}`;
  return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`;
}

// Header and claims as they stand, unverified. Throws when the text is no JWT.
export function parse(jwt) {
  const parts = String(jwt).split('.');
  if (parts.length !== 3) throw new SyntaxError('not a JWT: it does not have three parts');
  return { header: decode(parts[0]), payload: decode(parts[1]) };
}

export function verify(jwt, publicKey) {
  const end = jwt.lastIndexOf('.');
  const signature = Buffer.from(jwt.slice(end + 1), 'base64url');
  return parse(jwt).header.alg === 'RS256'
    && verifyBytes('sha256', Buffer.from(jwt.slice(0, end)), publicKey, signature);
}
