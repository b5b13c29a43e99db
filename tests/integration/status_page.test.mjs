// SPDX-License-Identifier: Apache-2.0
// The page for a person, in a real browser: with and without scripts, light and dark.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inflateSync } from 'node:zlib';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { call } from './support/http.mjs';

const kLimit = 90_000; // milliseconds for the browser, on a busy machine

// A further policy, of this test, that lets the browser run no script. (With scripts switched off,
// Chromium neither prints nor pictures what it shows.)
const scriptless = () => `
server.modules += ( "mod_setenv" )
$HTTP["querystring"] == "scriptless" {
  setenv.add-response-header = ( "Content-Security-Policy" => "script-src 'none'" )
}
`;

let issuer;
let api;
let folder;
before(async () => {
  issuer = await startIssuer();
  folder = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-browser-'));
  api = await startApi('lighttpd/fastcgi.conf', issuer, { settings: { ZITADEL_METRICS: 'local' }, site: scriptless });
  const token = await issuer.mint();
  for (let i = 0; i < 30; ++i) await api.call('/api/private', { token });
  for (let i = 0; i < 4; ++i) await api.call('/api/private');
  await api.call('/api/private', { token: 'made-up' });
});
after(async () => {
  await api?.stop();
  await issuer?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

// What Chromium makes of the page, and what it says of it. Its sandbox refuses root, by whom tests may
// be run; the page is our own.
function browse(options, query = '') {
  const profile = mkdtempSync(join(folder, 'profile-'));
  const { status, stdout, stderr, error } = spawnSync('chromium', ['--headless=new', '--no-sandbox',
    '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${profile}`, '--window-size=1000,760',
    '--virtual-time-budget=4000', '--enable-logging=stderr', ...options,
    api.server.url(`/api/zitadel/status${query}`)],
  { encoding: 'utf8', timeout: kLimit, maxBuffer: 1 << 26 });
  if (error) throw error;
  assert.equal(status, 0, stderr);
  return { dom: stdout, console: stderr.split('\n').filter((line) => line.includes('CONSOLE')) };
}

const dump = (query) => browse(['--dump-dom'], query);

// Rows of the table of that id, as lists of texts.
function rowsOf(dom, id) {
  const [, body] = dom.match(new RegExp(`<table id="${id}">.*?<tbody>(.*?)</tbody>`, 's'));
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, text]) => text));
}

const now = (dom) => Object.fromEntries(rowsOf(dom, 'now'));
const sum = (rows, column) => rows.reduce((all, row) => all + Number(row[column]), 0);

describe('the page', () => {
  it('is one file that may do nothing but show itself', async () => {
    const { headers, body } = await call(api.server.url('/api/zitadel/status'));
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    const between = (begin, end) => body.split(begin)[1].split(end)[0];
    const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const policy = Object.fromEntries(headers['content-security-policy'].split('; ').map((each) => {
      const [name, ...values] = each.split(' ');
      return [name, values.join(' ')];
    }));
    assert.deepEqual(policy, { 'default-src': "'none'",
      'style-src': hash(between('<style>', '</style>')), 'script-src': hash(between('<script>', '</script>')),
      'connect-src': "'self'", 'img-src': 'data:', 'base-uri': "'none'", 'form-action': "'none'",
      'frame-ancestors': "'none'" });
    const elsewhere = body.match(/(?:https?:)?\/\/[^\s"'<]+/g)
      .filter((url) => url !== 'http://www.w3.org/2000/svg' && !url.startsWith('// '));
    assert.deepEqual(elsewhere, []);
    assert.doesNotMatch(body, /@[A-Z]+@/);
    assert.doesNotMatch(body, / style="| on[a-z]+="/);
  });

  it('without a script the tables say it all', () => {
    const { dom, console } = dump('?scriptless');
    assert.equal(console.length, 1, console.join('\n'));
    assert.match(console[0], /script/);
    assert.match(now(dom).ZITADEL, /^answers$/);
    assert.match(now(dom).Counted, /all processes/);
    assert.match(dom, /<section class="chart" data-chart="decisions" hidden="">/);
    assert.equal(sum(rowsOf(dom, 'hour'), 1), 30);
    assert.equal(sum(rowsOf(dom, 'hour'), 2), 5);
    assert.deepEqual(rowsOf(dom, 'refusals').map(([reason, , count]) => [reason, count]).sort(),
      [['inactive', '1'], ['no_token', '4']]);
  });

  it('with its script the last hour is drawn, and nothing is refused by the browser', () => {
    const { dom, console } = dump();
    assert.deepEqual(console, []);
    for (const chart of ['decisions', 'latency', 'cache', 'zitadel']) {
      assert.match(dom, new RegExp(`<section class="chart" data-chart="${chart}">`), chart);
    }
    assert.match(dom, /<rect class="bar allowed"/);
    assert.match(dom, /<rect class="bar refused"/);
    assert.match(dom, /<rect class="bar answers"/);
    assert.match(dom, /<circle class="dot"/);
    assert.equal(sum(rowsOf(dom, 'hour'), 1), 30);
    assert.match(dom, /<p id="trouble" class="bad" role="status"><\/p>/);
  });
});

// The colour of the upper left corner: of a PNG with 8 bits a colour, whatever its filters, as those of
// the first pixel have no neighbour.
function cornerOf(file) {
  const bytes = readFileSync(file);
  const parts = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
    }
  }
  return [...inflateSync(Buffer.concat(parts)).subarray(1, 4)];
}

describe('its colours', () => {
  for (const [name, setting, isRight] of [
    ['light', 1, (colour) => colour.every((each) => each > 200)],
    ['dark', 0, (colour) => colour.every((each) => each < 60)]]) {
    it(`are ${name} where the reader's are`, () => {
      const file = join(folder, `${name}.png`);
      browse([`--blink-settings=preferredColorScheme=${setting}`, `--screenshot=${file}`]);
      assert.ok(isRight(cornerOf(file)), `${cornerOf(file)}`);
    });
  }
});
