// SPDX-License-Identifier: Apache-2.0
// JWT access tokens that the issuer did not sign: with keys of the test's own, good and forged.
import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import { projectRolesClaim } from '../../issuer/lib/names.mjs';

const encode = (value) => Buffer.from(
  typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// RFC 7518 §3.1: how each algorithm signs, and with which kind of key.
const rsa = ['rsa', { modulusLength: 2048 }];
const pss = (saltLength) => ({ padding: 6, saltLength }); // RSA_PKCS1_PSS_PADDING
const ec = (namedCurve) => ['ec', { namedCurve }];
const raw = { dsaEncoding: 'ieee-p1363' };
export const algorithms = {
  RS256: [rsa, 'sha256'], RS384: [rsa, 'sha384'], RS512: [rsa, 'sha512'],
  PS256: [rsa, 'sha256', pss(32)], PS384: [rsa, 'sha384', pss(48)], PS512: [rsa, 'sha512', pss(64)],
  ES256: [ec('P-256'), 'sha256', raw], ES384: [ec('P-384'), 'sha384', raw],
  ES512: [ec('P-521'), 'sha512', raw], EdDSA: [['ed25519'], null],
};

export class SigningKey {
  #privateKey;

  constructor(keyId = randomUUID(), alg = 'RS256') {
    const { publicKey, privateKey } = generateKeyPairSync(...algorithms[alg][0]);
    this.#privateKey = privateKey;
    Object.assign(this, { keyId, alg,
      jwk: { ...publicKey.export({ format: 'jwk' }), kid: keyId, alg, use: 'sig' } });
  }

  // header: further members, or other ones. The payload may be text.
  sign(payload, header = {}) {
    const text = `${encode({ alg: this.alg, typ: 'JWT', kid: this.keyId, ...header })}.${
      encode(payload)}`;
    const [, hash, options] = algorithms[this.alg];
    const signature = sign(hash, Buffer.from(text), { key: this.#privateKey, ...options });
    return `${text}.${signature.toString('base64url')}`;
  }
}

// What the issuer says of a user in a JWT access token.
export function claimsOf(issuer, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer.issuer, sub: issuer.users['with-role'], aud: [issuer.projectId],
    jti: randomUUID(), iat: now, exp: now + 600,
    [projectRolesClaim(issuer.projectId)]:
      { 'read:messages': { [issuer.organisationId]: 'main.localhost' } },
    ...more };
}

function publishedKey(issuer) {
  const url = `${issuer.issuer}/oauth/v2/keys`;
  const [{ get }, options] = issuer.files.ca === undefined ? [http, {}]
    : [https, { ca: readFileSync(issuer.files.ca) }];
  return new Promise((resolve, reject) => {
    get(url, { agent: false, ...options }, async (response) => {
      const parts = await response.toArray();
      resolve(JSON.parse(Buffer.concat(parts).toString()).keys[0]);
    }).once('error', reject);
  });
}

// Of the key that the issuer signs with.
export const publishedKeyId = async (issuer) => (await publishedKey(issuer)).kid;

// Everything that an attacker who knows the issuer's public key can make up. Name → token. Those of
// notProved are no token of the issuer's either, but that is for the issuer to say.
export const notProved = /HS256|alg none|alg RS512|alg ES256|critical/i;

export async function forgedTokens(issuer) {
  const published = await publishedKey(issuer);
  const header = { alg: 'RS256', typ: 'JWT', kid: published.kid };
  const own = new SigningKey(published.kid);
  const genuine = await issuer.mint({ kind: 'jwt' });
  const [head, , signature] = genuine.split('.');
  const withHmac = (key) => {
    const text = `${encode({ ...header, alg: 'HS256' })}.${encode(claimsOf(issuer))}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const pem = createPublicKey({ key: published, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' });
  const none = (alg) => `${encode({ alg, typ: 'JWT' })}.${encode(claimsOf(issuer))}.`;
  return {
    'signed with another key of that id': own.sign(claimsOf(issuer)),
    'with a key of its own in the header': own.sign(claimsOf(issuer), { jwk: own.jwk }),
    'with other claims under a good signature': `${head}.${encode(claimsOf(issuer))}.${signature}`,
    'with a signature cut short': genuine.slice(0, -2), // 342 letters, of which 340 are whole bytes
    'without a signature': `${genuine.split('.').slice(0, 2).join('.')}.`,
    'with HS256 and the public key in PEM form': withHmac(pem),
    'with HS256 and the public key as JSON': withHmac(JSON.stringify(published)),
    'with HS256 and the modulus': withHmac(Buffer.from(published.n, 'base64url')),
    'with HS256 and no key': withHmac(''),
    'with alg none': none('none'),
    'with alg None': none('None'),
    'with alg RS512 for a key of RS256': own.sign(claimsOf(issuer), { alg: 'RS512' }),
    'with alg ES256 for an RSA key': own.sign(claimsOf(issuer), { alg: 'ES256' }),
    'with a critical extension': own.sign(claimsOf(issuer), { crit: ['exp'] }),
    'of another issuer': own.sign(claimsOf(issuer, { iss: 'https://other.example' })),
  };
}
