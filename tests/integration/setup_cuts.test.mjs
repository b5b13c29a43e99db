// SPDX-License-Identifier: Apache-2.0
// zitadel-setup, killed (SIGKILL) at every question to ZITADEL and at every step on the disk: the
// next run completes what was begun, and there is one of each and no more.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { program, run, SetUp } from './support/setup.mjs';

// So many cuts are tried at a time, each with an issuer of its own: what is ordered to go wrong goes
// wrong for all of an issuer.
const kAtOnce = 2;
let issuers = [];
before(async () => {
  issuers = await Promise.all(Array.from({ length: kAtOnce }, () => startIssuer({ assertions: 'reusable' })));
});
after(() => Promise.all(issuers.map((issuer) => issuer.stop())));

const kMostQuestions = 60;
const kMostSteps = 60;

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const skip = !canTrace && 'no program may be traced on this machine';

const withEvents = (setUp) => {
  Object.assign(setUp.options, { events: true, eventsUser: `${setUp.options.serviceUser}'s reader`,
    adminTokenFile: setUp.issuer.files['iam-owner-token'] });
  return setUp;
};

const works = {
  'a first run': {
    prepare: async () => {},
    steps: ['fsync', 'renameat'],
    complete: async (setUp) => setUp.ok(),
  },
  'a first run with --events': {
    prepare: async (setUp) => withEvents(setUp),
    steps: ['renameat'],
    complete: async (setUp) => setUp.ok(),
  },
  'a rotation': {
    prepare: async (setUp) => setUp.ok(),
    options: { rotateKey: true },
    steps: ['fsync', 'renameat'],
    complete: async (setUp) => {
      await setUp.ok();
      await setUp.ok({ removeOldKeys: true });
    },
  },
  'a removal of old keys': {
    prepare: async (setUp) => {
      await setUp.ok();
      await setUp.ok({ rotateKey: true });
    },
    options: { removeOldKeys: true },
    steps: ['fsync', 'renameat'],
    complete: async (setUp) => setUp.ok({ removeOldKeys: true }),
  },
  'a removal': {
    prepare: async (setUp) => withEvents(setUp).ok(),
    options: { remove: true },
    steps: ['fsync', 'unlinkat'],
    isRemoval: true,
    // The state goes last: where it is gone, so is the rest.
    complete: async (setUp) => {
      const { stderr } = await setUp.run({ remove: true });
      assert.match(stderr, /^$|zitadel-setup\.json is not there/);
    },
  },
};

async function assertNothing(setUp) {
  const { projects, applications, users, grants, readers } = await setUp.there();
  assert.deepEqual([projects, applications, users, grants, readers], [[], [], [], [], []]);
  assert.deepEqual(setUp.files(), []);
}

async function inSetUp(issuer, use) {
  const setUp = new SetUp(issuer);
  try {
    return await use(setUp);
  } finally {
    await issuer.clearFaults();
    setUp.remove();
  }
}

async function assertCompleted(setUp, { complete, isRemoval }, how) {
  try {
    await complete(setUp);
    if (isRemoval) await assertNothing(setUp);
    else await setUp.assertComplete();
    if (isRemoval) return;
    assert.match(await setUp.ok(), /nothing was changed/);
    // All of it is known to have been made here.
    await setUp.ok({ remove: true });
    await assertNothing(setUp);
  } catch (error) {
    error.message = `killed ${how}: ${error.message}`;
    throw error;
  }
}

// Cuts at the first place, the second and so on, until there is none: `cut(setUp, nth)` is false then.
// Returns how many there were.
async function cutAtEach(work, where, most, cut) {
  let next = 1;
  let killed = 0;
  let isOver = false;
  const cutOn = async (issuer) => {
    while (!isOver && next <= most) {
      const nth = next;
      next += 1;
      await inSetUp(issuer, async (setUp) => {
        await work.prepare(setUp);
        if (!await cut(setUp, nth)) {
          isOver = true;
          return;
        }
        killed += 1;
        await assertCompleted(setUp, work, `at ${where} ${nth}`);
      });
    }
  };
  await Promise.all(issuers.map(cutOn));
  return killed;
}

for (const [what, work] of Object.entries(works)) {
  describe(`${what}, killed`, () => {
    // none: ZITADEL has not done what was asked; taken: it has, and nobody heard of it.
    for (const effect of ['none', 'taken']) {
      it(`at each question, which had its effect: ${effect}`, { timeout: 300_000 }, async () => {
        const killed = await cutAtEach(work, 'question', kMostQuestions, (setUp, nth) =>
          setUp.killedAtQuestion(nth, effect, work.options));
        assert.ok(killed >= 10 && killed < kMostQuestions, `${killed} questions`);
      });
    }

    for (const call of work.steps) {
      it(`at each ${call}`, { timeout: 300_000, skip }, async () => {
        const killed = await cutAtEach(work, call, kMostSteps, async (setUp, nth) => {
          const traced = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`,
            '-e', `inject=${call}:signal=KILL:when=${nth}`, program, ...setUp.arguments(work.options)];
          // LeakSanitizer does not look into a process that somebody traces.
          const env = { ASAN_OPTIONS: 'detect_leaks=0' };
          const ended = await run(traced, { command: 'strace', env }).catch((error) => error);
          if (ended.status === 0) return false;
          assert.equal(ended.signal, 'SIGKILL', ended.stderr);
          return true;
        });
        assert.ok(killed >= 2 && killed < kMostSteps, `${killed} times`);
      });
    }
  });
}
