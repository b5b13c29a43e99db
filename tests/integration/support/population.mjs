// SPDX-License-Identifier: Apache-2.0
// Callers with tokens of every kind, good and bad, and the count of those who got in.
import { randomBytes } from 'node:crypto';

import { Callers } from './callers.mjs';
import { outcomeOf } from './http.mjs';
import { forgedTokens } from './jwts.mjs';

const path = '/api/private-scoped';
const kKnown = 20; // tokens

// The kinds whose callers hold the role. All others must not get in, whatever happens.
const good = ['known', 'new', 'newJwt'];

const revoked = async (issuer, count, wish) => {
  const tokens = await issuer.mintMany(count, wish);
  for (const token of tokens) await issuer.revoke(token);
  return tokens;
};
const repeated = (count, values) =>
  Array.from({ length: count }, (_, n) => values[n % values.length]);

// Kind → how to make that many tokens of it.
const kinds = {
  new: (issuer, count) => issuer.mintMany(count),
  newJwt: (issuer, count) => issuer.mintMany(count, { kind: 'jwt' }),
  withoutRole: (issuer, count) => issuer.mintMany(count, { user: 'without-role' }),
  roleElsewhere: (issuer, count) => issuer.mintMany(count, { user: 'other-project-role' }),
  revoked: (issuer, count) => revoked(issuer, count),
  revokedJwt: (issuer, count) => revoked(issuer, count, { kind: 'jwt' }),
  expired: (issuer, count) => issuer.mintMany(count, { ttl: -5 }),
  expiredJwt: (issuer, count) => issuer.mintMany(count, { kind: 'jwt', ttl: -5 }),
  forged: async (issuer, count) => repeated(count, Object.values(await forgedTokens(issuer))),
  garbage: (issuer, count) =>
    Array.from({ length: count }, () => randomBytes(64).toString('base64url')),
  none: (issuer, count) => new Array(count).fill(undefined),
};

// The API could not learn the tokens that were to be known.
export class NotKnown extends Error {}

export class Population {
  #known = [];
  #next = { known: 0 };
  counts = {}; // kind → outcome → how often
  requests = 0;

  // perKind: how many tokens of each kind; each is used once, then again from the first on.
  static async of(issuer, perKind) {
    const population = new Population();
    population.tokens = {};
    for (const [kind, make] of Object.entries(kinds)) {
      population.tokens[kind] = await make(issuer, perKind);
    }
    population.tokens.known = await issuer.mintMany(kKnown);
    return population;
  }

  // Has the API learn those tokens that count as known. tries: how often each may be asked about.
  async makeKnown(api, tries = 1) {
    let left = this.tokens.known;
    for (let i = 0; i < tries && left.length > 0; i += 1) {
      const callers = new Callers(api);
      const answers = await Promise.allSettled(left.map((token) => callers.call(path, { token })));
      callers.close();
      left = left.filter((_, n) => answers[n].value?.status !== 200);
    }
    if (left.length > 0) throw new NotKnown(`${left.length} known tokens were refused`);
  }

  // One request of each kind after the other, `count` in all, on that many connections. An outcome
  // is a status, or how the connection failed.
  async callAll(api, count, { most = 100 } = {}) {
    const callers = new Callers(api, { most });
    const names = Object.keys(this.tokens);
    await Promise.all(Array.from({ length: count }, (_, n) =>
      this.callOnce(callers, names[n % names.length])));
    callers.close();
  }

  async callOnce(callers, kind) {
    const list = this.tokens[kind];
    const n = this.#next[kind] = (this.#next[kind] ?? -1) + 1;
    const { status } = await callers.call(path, { token: list[n % list.length] })
      .catch((error) => ({ status: outcomeOf(error) }));
    this.requests += 1;
    const counts = this.counts[kind] ??= {};
    counts[status] = (counts[status] ?? 0) + 1;
  }

  // The outcomes of those kinds, in order, as text.
  outcomes(...names) {
    return [...new Set(names.flatMap((kind) => Object.keys(this.counts[kind] ?? {})))].sort()
      .join(', ');
  }

  // Of all who must not get in.
  get badOutcomes() {
    return this.outcomes(...Object.keys(this.counts).filter((kind) => !good.includes(kind)));
  }

  // How many got in who must not.
  get letIn() {
    return Object.entries(this.counts).filter(([kind]) => !good.includes(kind))
      .reduce((sum, [, counts]) => sum + (counts[200] ?? 0), 0);
  }
}
