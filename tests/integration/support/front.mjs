// SPDX-License-Identifier: Apache-2.0
// Stands before the issuer's introspection endpoint, and answers about some tokens as a test likes.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const kFormType = { 'content-type': 'application/x-www-form-urlencoded' };
const kJson = { 'content-type': 'application/json' };
export const inactive = { status: 200, headers: kJson, body: '{"active":false}' };

async function readAll(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

// answerFor: what is to be said of a token: { status, headers, body }, after `delay` milliseconds;
// nothing, or only a delay: the issuer says it. Gives { settings, asked, stop }; asked: tokens, in
// the order in which they were asked about.
export async function startFront(issuer, answerFor) {
  const asked = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 500 });
  const behind = new URL('/oauth/v2/introspect', issuer.issuer);

  const ask = (form) => new Promise((resolve, reject) => {
    const request = http.request(behind, { method: 'POST', agent, headers: kFormType });
    request.once('error', reject).once('response', async (response) => resolve({
      status: response.statusCode, headers: kJson, body: await readAll(response) }));
    request.end(form);
  });

  const answer = async (request, response) => {
    const form = await readAll(request);
    const token = new URLSearchParams(form.toString()).get('token');
    asked.push(token);
    const { delay = 0, ...own } = answerFor(token) ?? {};
    if (delay > 0) await sleep(delay);
    const { status, headers, body = '' } = own.status === undefined ? await ask(form) : own;
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };

  const server = http.createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    settings: {
      ZITADEL_INTROSPECTION_URL: `http://127.0.0.1:${server.address().port}/oauth/v2/introspect` },
    asked,
    stop: () => {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(resolve); });
    },
  };
}
