// SPDX-License-Identifier: Apache-2.0
// A client's side of the protocol, for the tests of the issuer.
import { randomUUID } from 'node:crypto';
import { test as nodeTest } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sign } from '../lib/jwt.mjs';
import { clientAssertionType, jwtBearer, paths } from '../lib/names.mjs';

export const test = (name, run) => nodeTest(name, { timeout: 30_000 }, run);

// Asks again until the answer is yes; throws when that takes longer than anything here should.
export async function until(condition) {
  for (let n = 0; n < 1000; n += 1) {
    if (await condition()) return;
    await setTimeout(10);
  }
  throw new Error(`never came true: ${condition}`);
}

const now = () => Math.floor(Date.now() / 1000);

// `claims` and `header` override what a correct assertion says; undefined leaves a member out.
export function assertionOf(issuer, { key, keyId, clientId, userId }, { claims, header } = {}) {
  const subject = clientId ?? userId;
  return sign({
    iss: subject, sub: subject, aud: issuer.issuer, iat: now(), exp: now() + 60,
    jti: randomUUID(), ...claims,
  }, { key, keyId, header });
}

export async function post(url, form, headers) {
  const response = await fetch(url, {
    method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const { status, headers: answered } = response;
  return { status, headers: answered, text, body: isJson ? JSON.parse(text) : undefined };
}

export const introspectWith = (issuer, assertion, token) => post(
  issuer.issuer + paths.introspection,
  { token, client_assertion_type: clientAssertionType, client_assertion: assertion },
);

export const introspect = (issuer, token, file = 'api-key') =>
  introspectWith(issuer, assertionOf(issuer, issuer.readFile(file)), token);

export const introspectWithBasic = (issuer, token, id, secret) => post(
  issuer.issuer + paths.introspection, { token },
  { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
);

export const tokenFrom = (issuer, assertion, scope = 'openid') => post(
  issuer.issuer + paths.token, { grant_type: jwtBearer, assertion, scope },
);

export const getJson = async (url) => (await fetch(url)).json();
