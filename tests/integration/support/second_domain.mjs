// SPDX-License-Identifier: Apache-2.0
// Another domain of the same instance: ZITADEL calls itself by the name that it is asked by, and wants it in the
// audience of a client assertion. The issuer of the tests has one name, so this stands before it.
import { createSign } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));

// The assertion for the issuer's own name, if it was for the other one.
function signAgain(assertion, { key }, from, to) {
  const [header, claims] = assertion.split('.').slice(0, 2).map(decode);
  if (![claims.aud].flat().includes(from)) return 'of-another-audience';
  const text = `${encode(header)}.${encode({ ...claims, aud: to })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}

// Gives { issuer, asked, stop }; asked: the tokens that were asked about by that name.
export async function startSecondDomain(issuer) {
  const asked = [];
  let own;
  const answer = async (request, response) => {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    if (form.has('token')) asked.push(form.get('token'));
    if (form.has('client_assertion')) {
      form.set('client_assertion', signAgain(form.get('client_assertion'), issuer.readFile('api-key'), own, issuer.issuer));
    }
    const { status, headers, body } = await passOn(new URL(request.url, issuer.issuer), request.method, form.toString());
    const text = body.replaceAll(issuer.issuer, own);
    response.writeHead(status, { 'content-type': headers['content-type'], 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  own = `http://127.0.0.1:${server.address().port}`;
  return { issuer: own, asked, stop: () => {
    server.closeAllConnections();
    return new Promise((resolve) => { server.close(resolve); });
  } };
}

function passOn(url, method, form) {
  return new Promise((resolve, reject) => {
    const headers = method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const request = http.request(url, { method, headers, agent: false });
    request.once('error', reject).once('response', async (response) => {
      const body = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    request.end(method === 'POST' ? form : undefined);
  });
}
