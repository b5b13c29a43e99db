// SPDX-License-Identifier: Apache-2.0
// What the program tells systemd (Type=notify, WatchdogSec=), over a real socket.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { NotifySocket } from './support/notify_socket.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { change } from './support/reloads.mjs';
import { Workspace, buildFolder } from './support/workspace.mjs';

const kWatchdog = 400_000; // microseconds

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

// Runs `use` with a program that somebody has asked something, and the socket that it tells.
async function withService({ name, variables = {}, program = 'api.fcgi' }, use) {
  const workspace = new Workspace();
  const parts = [];
  try {
    copyFileSync(workspace.installProgram(), workspace.program);
    if (program !== 'api.fcgi') copyFileSync(join(buildFolder, program), workspace.program);
    writeSettings(workspace, issuer, {});
    const socket = await NotifySocket.open(name(workspace));
    parts.unshift(socket);
    const all = { ZITADEL_ENV_FILE: workspace.settingsFile, NOTIFY_SOCKET: socket.name, ...variables };
    const service = new Process('systemd-socket-activate', ['--inetd', `--listen=${workspace.socket}`,
      ...Object.entries(all).map(([key, value]) => `--setenv=${key}=${value}`), workspace.program]);
    parts.unshift(service);
    await waitFor('the socket', () => /Listening on/.test(service.output));
    const ask = async (path) => {
      const connection = await FastCgiConnection.open(workspace.socket);
      try {
        connection.send(fastCgiRequest(path, { keep: false }));
        return (await connection.answer()).status;
      } finally {
        connection.close();
      }
    };
    assert.equal(await ask('/nothing'), 404, service.output);
    await use({ workspace, service, socket, ask });
  } finally {
    for (const part of parts) await part.stop();
    workspace.remove();
  }
}

const names = {
  'a path': (workspace) => workspace.path('run/notify'),
  'an abstract name': () => `@zitadel-fcgi-test-${randomUUID()}`,
};

for (const [what, name] of Object.entries(names)) {
  describe(`over a socket with ${what}`, () => {
    it('systemd hears when it serves, reads its settings again, and ends', () =>
      withService({ name }, async ({ workspace, service, socket }) => {
        assert.match(await socket.next(/READY=1/), /^READY=1; STATUS=serves$/);

        const begun = process.hrtime.bigint() / 1000n;
        change({ workspace }, issuer, { ZITADEL_REALM: 'changed' });
        service.signal('SIGHUP');
        const reloading = await socket.next(/RELOADING=1/, { from: 1 });
        const at = BigInt(reloading.match(/; MONOTONIC_USEC=(\d+);/)[1]);
        assert.ok(at >= begun && at <= process.hrtime.bigint() / 1000n, reloading);
        assert.match(await socket.next(/READY=1/, { from: 2 }), /STATUS=serves$/);
        assert.match(service.output, /the changed settings are in force/);

        change({ workspace }, issuer, { ZITADEL_TIMEOUT_MS: 'soon' });
        service.signal('SIGHUP');
        assert.match(await socket.next(/READY=1/, { from: 3 }), /STATUS=serves with the settings before: .*mistakes/);

        change({ workspace }, issuer, { ZITADEL_REALM: 'changed' });
        service.signal('SIGHUP');
        assert.match(await socket.next(/READY=1/, { from: 5 }), /STATUS=serves$/);

        service.signal('SIGTERM');
        assert.deepEqual(await service.exit({ timeoutMs: 8000 }), { code: 0, signal: null });
        assert.match(socket.messages().at(-1), /^STOPPING=1; /);
      }));
  });
}

describe('the watchdog', () => {
  const name = names['a path'];

  it('is told that all is well as long as all request threads turn', () =>
    withService({ name, variables: { WATCHDOG_USEC: kWatchdog }, program: 'tests/echo.fcgi' }, async ({ socket, ask }) => {
      const pings = () => socket.messages().filter((each) => each === 'WATCHDOG=1').length;
      const during = async (ms) => {
        const before = pings();
        await sleep(ms);
        return pings() - before;
      };
      assert.ok(await during(1500) >= 3, 'too few while all is well');
      const hanging = ask('/hang'); // 3.5 s of one of two threads; the other answers all the while
      await sleep(2500);
      assert.equal(await during(700), 0, 'told although a thread hangs');
      assert.equal(await hanging, 200);
      await waitFor('it to be told again', () => during(300), { timeoutMs: 5000 });
    }));

  it('is not told by a process that it does not watch', () =>
    withService({ name, variables: { WATCHDOG_USEC: kWatchdog, WATCHDOG_PID: 1 } }, async ({ socket }) => {
      await socket.next(/READY=1/);
      await sleep(600);
      assert.deepEqual(socket.messages().filter((each) => each.startsWith('WATCHDOG')), []);
    }));
});

it('without NOTIFY_SOCKET, or with one that is none, the program serves all the same', async () => {
  await withService({ name: names['a path'], variables: { NOTIFY_SOCKET: 'vsock:2:1' } }, async ({ service, socket }) => {
    assert.match(service.output, /warn: NOTIFY_SOCKET names no Unix socket/);
    assert.deepEqual(socket.messages(), []);
  });
  await withService({ name: names['a path'], variables: { NOTIFY_SOCKET: '/nowhere/notify' } }, async ({ service, socket }) => {
    service.signal('SIGHUP');
    service.signal('SIGTERM');
    assert.deepEqual(await service.exit(), { code: 0, signal: null });
    assert.deepEqual(socket.messages(), []);
  });
});
