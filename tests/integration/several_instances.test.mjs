// SPDX-License-Identifier: Apache-2.0
// Several instances by host, behind each web server with its shipped file: a token of one instance never
// counts where another one is in charge, whatever a caller says of the host.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { guards, ways } from './support/api.mjs';
import { bodyOverHttp2, exchange } from './support/http.mjs';
import { common, instance, realmOf, sectioned, startHosts, startIssuers } from './support/instances.mjs';
import { forEachOf } from './support/together.mjs';

const limit = { timeout: 120_000 };

// Each with an instance of its own; "localhost" is the site for all other names, and "other.example" one that
// no section names.
const owners = ['one.example', 'two.example', 'localhost'];
const issuers = {};
const tokens = {};
before(async () => {
  const started = await startIssuers(owners.length);
  for (const [i, owner] of owners.entries()) {
    issuers[owner] = started[i];
    tokens[owner] = await started[i].mint();
  }
});
after(() => Promise.all(Object.values(issuers).map((each) => each.stop())));

const sectionsOf = (workspace) => ({
  'one.example': instance(workspace, issuers['one.example'], 'one.example'),
  'Two.Example www.two.example': instance(workspace, issuers['two.example'], 'two.example'),
});
const top = (workspace) => ({ ...common, ZITADEL_RULES: 'rules',
  ...instance(workspace, issuers.localhost, 'localhost') });

const start = (way, own = top) => startHosts(way, Object.values(issuers), {
  settings: (workspace) => sectioned(own(workspace), sectionsOf(workspace)) });

// What a caller writes of the host, in HTTP/1: PATH stands for the path. own: the host whose token he has,
// other: the one whose content he wants.
const lies = (own, other) => ({
  'the truth': `GET PATH HTTP/1.1\r\nHost: ${own}`,
  'another host': `GET PATH HTTP/1.1\r\nHost: ${other}`,
  'nobody\'s host': 'GET PATH HTTP/1.1\r\nHost: nobody.example',
  'a host that no section names': 'GET PATH HTTP/1.1\r\nHost: other.example',
  'another name of the host': `GET PATH HTTP/1.1\r\nHost: www.${other}`,
  'both, in two headers': `GET PATH HTTP/1.1\r\nHost: ${own}\r\nHost: ${other}`,
  'both, the other way round': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nHost: ${own}`,
  'three': `GET PATH HTTP/1.1\r\nHost: ${own}\r\nHost: ${other}\r\nHost: ${own}`,
  'both in one header': `GET PATH HTTP/1.1\r\nHost: ${own}, ${other}`,
  'both with a blank': `GET PATH HTTP/1.1\r\nHost: ${own} ${other}`,
  'both on two lines': `GET PATH HTTP/1.1\r\nHost: ${own}\r\n ${other}`,
  'a blank before the colon': `GET PATH HTTP/1.1\r\nHost: ${own}\r\nHost : ${other}`,
  'none': 'GET PATH HTTP/1.1',
  'an empty one': 'GET PATH HTTP/1.1\r\nHost:',
  'a dot': 'GET PATH HTTP/1.1\r\nHost: .',
  'capitals': `GET PATH HTTP/1.1\r\nHost: ${other.toUpperCase()}`,
  'a dot at its end': `GET PATH HTTP/1.1\r\nHost: ${other}.`,
  'two dots at its end': `GET PATH HTTP/1.1\r\nHost: ${other}..`,
  'a dot before it': `GET PATH HTTP/1.1\r\nHost: .${other}`,
  'a port': `GET PATH HTTP/1.1\r\nHost: ${other}:80`,
  'another port': `GET PATH HTTP/1.1\r\nHost: ${other}:65535`,
  'a port and a dot': `GET PATH HTTP/1.1\r\nHost: ${other}.:80`,
  'an empty port': `GET PATH HTTP/1.1\r\nHost: ${other}:`,
  'a port that is none': `GET PATH HTTP/1.1\r\nHost: ${other}:99999`,
  'a host for a port': `GET PATH HTTP/1.1\r\nHost: ${own}:${other}`,
  'a user': `GET PATH HTTP/1.1\r\nHost: ${own}@${other}`,
  'a path': `GET PATH HTTP/1.1\r\nHost: ${other}/${own}`,
  'a query': `GET PATH HTTP/1.1\r\nHost: ${other}?${own}`,
  'a fragment': `GET PATH HTTP/1.1\r\nHost: ${other}#${own}`,
  'a backslash': `GET PATH HTTP/1.1\r\nHost: ${other}\\${own}`,
  'an encoded letter': `GET PATH HTTP/1.1\r\nHost: ${other.replace('e', '%65')}`,
  'an encoded dot': `GET PATH HTTP/1.1\r\nHost: ${other.replace('.', '%2e')}`,
  'a zero byte': `GET PATH HTTP/1.1\r\nHost: ${other}\0${own}`,
  'a tab': `GET PATH HTTP/1.1\r\nHost:\t${other}\t`,
  'bytes beyond ASCII': `GET PATH HTTP/1.1\r\nHost: ${other}\xc2\xa0`,
  'a full stop of another script': `GET PATH HTTP/1.1\r\nHost: ${other.replace('.', '\xe3\x80\x82')}`,
  'an address': 'GET PATH HTTP/1.1\r\nHost: 127.0.0.1',
  'an address of IPv6': 'GET PATH HTTP/1.1\r\nHost: [::1]',
  'a host in brackets': `GET PATH HTTP/1.1\r\nHost: [${other}]`,
  'a star': 'GET PATH HTTP/1.1\r\nHost: *.example',
  'an underscore': 'GET PATH HTTP/1.1\r\nHost: _',
  'a host below it': `GET PATH HTTP/1.1\r\nHost: a.${other}`,
  'a host that ends like it': `GET PATH HTTP/1.1\r\nHost: a${other}`,
  'a host that begins like it': `GET PATH HTTP/1.1\r\nHost: ${other}.nobody.example`,
  'a target with another host': `GET http://${other}PATH HTTP/1.1\r\nHost: ${own}`,
  'a target with the own host': `GET http://${own}PATH HTTP/1.1\r\nHost: ${other}`,
  'a target with a host, and none': `GET http://${other}PATH HTTP/1.1\r\nX: y`,
  'a target with a host, and an empty one': `GET http://${other}PATH HTTP/1.1\r\nHost:`,
  'a target in capitals': `GET HTTP://${other.toUpperCase()}PATH HTTP/1.1\r\nHost: ${own}`,
  'a target of https': `GET https://${other}PATH HTTP/1.1\r\nHost: ${own}`,
  'a target with a user': `GET http://${own}@${other}PATH HTTP/1.1\r\nHost: ${own}`,
  'a target with a user and a port': `GET http://${other}:80@${own}PATH HTTP/1.1\r\nHost: ${other}`,
  'a target with a port': `GET http://${other}:80PATH HTTP/1.1\r\nHost: ${own}`,
  'a target with a dot': `GET http://${other}.PATH HTTP/1.1\r\nHost: ${own}`,
  'a target with a backslash': `GET http://${other}\\@${own}PATH HTTP/1.1\r\nHost: ${own}`,
  'a target with a fragment': `GET http://${other}#@${own}PATH HTTP/1.1\r\nHost: ${own}`,
  'a target of nobody': `GET http://nobody.examplePATH HTTP/1.1\r\nHost: ${own}`,
  'a target without a scheme': `GET //${other}PATH HTTP/1.1\r\nHost: ${own}`,
  'an empty host in the target': `GET http://PATH HTTP/1.1\r\nHost: ${own}`,
  'HTTP/1.0 without a host': 'GET PATH HTTP/1.0',
  'HTTP/1.0 with a host': `GET PATH HTTP/1.0\r\nHost: ${other}`,
  'HTTP/1.0 with a target': `GET http://${other}PATH HTTP/1.0`,
  'HTTP/1.0 with both': `GET http://${other}PATH HTTP/1.0\r\nHost: ${own}`,
  'X-Forwarded-Host': `GET PATH HTTP/1.1\r\nHost: ${own}\r\nX-Forwarded-Host: ${other}\r\nX-Forwarded-Server: ${other}`,
  'X-Forwarded-Host of its own': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nX-Forwarded-Host: ${own}\r\nX-Host: ${own}`,
  'Forwarded': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nForwarded: host=${own};proto=https`,
  'SERVER_NAME': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nSERVER_NAME: ${own}`,
  'Server-Name': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nServer-Name: ${own}`,
  'Server_Name': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nServer_Name: ${own}\r\nHTTP_HOST: ${own}`,
  'Proxy': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nProxy: ${own}\r\nHTTP_PROXY: ${own}`,
  'Alt-Used': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nAlt-Used: ${own}`,
  ':authority in HTTP/1': `GET PATH HTTP/1.1\r\nHost: ${other}\r\n:authority: ${own}`,
  'a section': `GET PATH HTTP/1.1\r\nHost: ${other}\r\nZitadel-Section: ${own}\r\nSection: ${own}`,
});

// The same in HTTP/2.
const liesOver2 = (own, other) => ({
  'another authority': { ':authority': other },
  'both': { ':authority': other, host: own },
  'both, the other way round': { ':authority': own, host: other },
  'a host alone': { ':authority': '', host: other },
  'capitals': { ':authority': other.toUpperCase() },
  'a port': { ':authority': `${other}:80` },
  'a dot at its end': { ':authority': `${other}.` },
  'a user': { ':authority': `${own}@${other}` },
  'a path': { ':authority': `${other}/${own}` },
  'two': { ':authority': `${own}, ${other}` },
  'a target with a host': { ':authority': own, prefix: `http://${other}` },
  'a path with two slashes': { ':authority': own, prefix: `//${other}` },
  'X-Forwarded-Host': { ':authority': other, 'x-forwarded-host': own },
  'Forwarded': { ':authority': other, forwarded: `host=${own}` },
});

// How the lies get there: each gives a function that gives all that comes back for a path.
const versions = {
  'HTTP/1': (port, head) => (path, token) => exchange(port, Buffer.from(
    `${head.replace('PATH', path)}\r\nConnection: close\r\n` +
    `${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`, 'latin1')),
  'HTTP/2': (port, { prefix = '', ...headers }) => (path, token) => bodyOverHttp2(port, { ...headers,
    ':path': prefix + path, ...(token !== undefined && { authorization: `Bearer ${token}` }) }),
};

const siteIn = (answer) => answer.match(/^the site (\S+)$/m)?.[1];

// How many of them a web server takes for the request of a site, at least.
const kLeastSites = { 'HTTP/1': 20, 'HTTP/2': 4 };

for (const way of [...Object.keys(ways), ...Object.keys(guards)]) {
  const isGuard = way in guards;
  const path = isGuard ? '/file.txt' : '/api/private';
  const isServed = (answer) => (isGuard ? siteIn(answer) !== undefined : answer.includes('Private route'));

  describe(way, limit, () => {
    let api;
    before(async () => { api = await start(way); });
    after(() => api?.stop());

    const ask = (host, token) => api.call(path, { host, token });

    it('a token counts where its instance is in charge, and nowhere else', async () => {
      for (let round = 0; round < 2; round += 1) { // in the second one all are known
        for (const host of [...owners, 'nobody.example', 'other.example']) {
          const inCharge = owners.includes(host) ? host : 'localhost';
          for (const owner of owners) {
            const answer = await ask(host, tokens[owner]);
            assert.equal(answer.status, owner === inCharge ? 200 : 401, `${owner}'s at ${host}`);
            if (isGuard && answer.status === 200) {
              assert.equal(siteIn(answer.body), host === 'nobody.example' ? 'localhost' : host);
            }
            if (answer.status === 401) assert.equal(realmOf(answer), inCharge, host);
          }
          assert.equal(realmOf(await ask(host)), inCharge);
        }
      }
    });

    for (const [version, list] of Object.entries({ 'HTTP/1': lies, 'HTTP/2': liesOver2 })) {
      it(`nothing that a caller says of the host over ${version} makes it count elsewhere`, async () => {
        const wrong = [];
        let sites = 0;
        let served = 0;
        const port = version === 'HTTP/2' ? api.server.http2Port ?? api.server.port : api.server.port;
        // Under plain CGI each question costs a process.
        const isSlow = way === 'apache/cgi.conf';
        const sides = [['one.example', 'two.example'], ...(isSlow ? [] : [['two.example', 'one.example']])];
        const rows = sides.flatMap(([own, other]) =>
          Object.entries(list(own, other)).map(([what, head]) => [`${what}, by ${own}`, head]));
        await forEachOf(rows, async ([what, head]) => {
          const send = versions[version](port, head);
          const site = siteIn(await send('/which.txt'));
          sites += site === undefined ? 0 : 1;
          if (site === undefined && isSlow) return;
          if (isServed(await send(path))) wrong.push(`${what}: to everybody`);
          for (const owner of owners) {
            const answer = await send(path, tokens[owner]);
            if (!isServed(answer)) continue;
            served += 1;
            const shown = isGuard ? siteIn(answer) : site;
            const right = owners.includes(shown) ? shown : 'localhost';
            if (owner !== right) wrong.push(`${what}: ${shown} with a token of ${owner}`);
          }
        }, { atOnce: 6 });
        assert.deepEqual(wrong, []);
        const least = kLeastSites[version] * sides.length;
        assert.ok(sites >= least && served >= least, `${sites} were let in at all, ${served} served`);
      });
    }
  });

  it(`${way}: where nothing is in charge nobody is let in, and the log names the host`, limit, async () => {
    const api = await start(way, () => ({ ...common, ZITADEL_RULES: 'rules' }));
    try {
      const paths = isGuard ? ['/file.txt', '/which.txt'] : ['/api/private', '/api/public', '/api/none'];
      for (const host of ['other.example', 'nobody.example']) {
        for (const each of paths) {
          for (const owner of [undefined, ...owners]) {
            const answer = await api.call(each, { host, token: tokens[owner] });
            assert.equal(answer.status, isGuard ? guards[way].refusals[403] : 403, `${each} at ${host}`);
            assert.doesNotMatch(answer.body, /the site|route/);
          }
        }
      }
      await api.waitForLog(/zitadel-fcgi\[.*other\.example/);
      for (const owner of ['one.example', 'two.example']) {
        assert.equal((await api.call(path, { host: owner, token: tokens[owner] })).status, 200);
      }
    } finally {
      await api.stop();
    }
  });
}
