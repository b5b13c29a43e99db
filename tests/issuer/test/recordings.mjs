// SPDX-License-Identifier: Apache-2.0
// Exchanges with a real ZITADEL (tests/testdata/zitadel), to compare the issuer's answers with.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { parse } from '../lib/jwt.mjs';

const folder = new URL('../../testdata/zitadel/', import.meta.url);

export const exchange = (name) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
export const recorded = (name) => exchange(name).response;

// The names of all exchanges in a folder.
export const namesIn = (part) => readdirSync(new URL(part, folder))
  .map((file) => `${part}/${file.replace(/\.json$/, '')}`);

// One call by HTTP/1.1, with the answer's headers as they came.
export async function call(url, { method, form, json, headers = {} } = {}) {
  const body = form ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
  const type = { 'content-type': `application/${form ? 'x-www-form-urlencoded' : 'json'}` };
  const request = http.request(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'), agent: false,
    headers: { ...(body !== undefined && type), ...headers },
  });
  // A reset is told to the request as well, after its response has begun.
  request.on('error', () => {});
  request.end(body);
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const { rawHeaders: raw } = response;
  return {
    status: response.statusCode,
    headers: raw.filter((_, n) => n % 2 === 0).map((name, n) => [name, raw[2 * n + 1]]),
    text,
    body: response.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text,
  };
}

// What differs from one instance and one moment to the other, by name.
function neutralText(text, names) {
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) {
    const { header, payload } = parse(text);
    const sorted = Object.entries(neutral(header, names)).sort();
    return { header: sorted, payload: neutral(payload, names) };
  }
  if (/^[\w-]{104}$/.test(text)) return '(opaque token)';
  if (/^\d{4}-\d\d-\d\dT[\d:]+\.\d+Z$/.test(text)) return '(date)';
  let result = text;
  for (const [own, name] of Object.entries(names)) result = result.replaceAll(own, name);
  return result.replace(/\d{15,}/g, '(id)');
}

// The key file within an answer is told by its members.
const keyFile = (base64, names) => ({
  ...neutral(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')), names), key: '(key)',
});
const everNew = ['at_hash', 'n', 'sequence', 'clientSecret', 'token'];

// names: text → what it stands for.
export function neutral(value, names) {
  if (typeof value === 'number') return value > 1e9 ? '(time)' : value;
  if (typeof value === 'string') return neutralText(value, names);
  if (Array.isArray(value)) return value.map((each) => neutral(each, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => {
    if (name === 'keyDetails') return [name, keyFile(member, names)];
    return [neutralText(name, names), everNew.includes(name) ? `(${name})` : neutral(member, names)];
  }));
}

const ofNode = ['Connection', 'Keep-Alive']; // Go's server sends neither
const dates = ['Date', 'Expires'];

function neutralHeader([name, value]) {
  if (dates.includes(name)) return [name, Number.isNaN(Date.parse(value)) ? value : '(a date)'];
  return [name, value.replace(/(useragent|exhausted|Domain)=[^;]+/g, '$1=(…)')];
}

const lengthOf = ({ headers }) => headers.find(([name]) => name === 'Content-Length')?.[1];
const headersOf = ({ headers }, keptLength) => headers
  .filter(([name]) => !ofNode.includes(name) && (keptLength || name !== 'Content-Length'))
  .map(neutralHeader).sort();

// Member by member in their order, and header by header. In the two of them different texts may
// have the same name. An answer whose length varies with its ids is known by its members alone.
export function assertAsRecorded(answer, name, names = {}) {
  const expected = recorded(name);
  assert.equal(answer.status, expected.status);
  assert.equal(JSON.stringify(neutral(answer.body, names), undefined, 1),
    JSON.stringify(neutral(expected.body, names), undefined, 1));
  const isConstant = JSON.stringify(answer.body) === JSON.stringify(expected.body);
  assert.deepEqual(headersOf(answer, isConstant), headersOf(expected, isConstant));
  if (lengthOf(answer)) assert.equal(lengthOf(answer), String(Buffer.byteLength(answer.text)));
}
