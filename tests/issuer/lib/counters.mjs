// SPDX-License-Identifier: Apache-2.0
// What the issuer has been asked, for tests that count.
import { createHash } from 'node:crypto';
import { parse } from './jwt.mjs';

const kMaxTracked = 200_000; // tokens and assertions told apart; beyond that only totals

const kMaxSearches = 10_000; // of events, told one by one
const kMaxQuestions = 200_000; // introspections, likewise

export const tokenHash = (token) => createHash('sha256').update(token).digest('hex');

export class Counters {
  constructor() {
    this.openNow = 0;
    this.inFlight = 0;
    this.reset();
  }

  reset() {
    this.calls = {
      introspection: 0, token: 0, revocation: 0, discovery: 0, keys: 0, management: 0, events: 0,
      other: 0,
    };
    this.httpVersions = {};
    this.assertionsReplayed = 0;
    this.connectionsOpened = 0;
    this.maxInFlight = this.inFlight;
    this.perToken = new Map();
    this.jtis = new Set();
    this.searches = [];
    this.questions = [];
  }

  begin(endpoint, request) {
    this.calls[endpoint] += 1;
    this.httpVersions[request.httpVersion] = (this.httpVersions[request.httpVersion] ?? 0) + 1;
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
  }

  end() { this.inFlight -= 1; }

  // The decoded form of an introspection.
  introspected({ token, client_assertion: assertion } = {}) {
    if (token && (this.perToken.has(token) || this.perToken.size < kMaxTracked)) {
      this.perToken.set(token, (this.perToken.get(token) ?? 0) + 1);
    }
    if (token && this.questions.length < kMaxQuestions) this.questions.push({ token, time: Date.now() });
    if (assertion && this.jtis.size < kMaxTracked) {
      try {
        this.jtis.add(parse(assertion).payload.jti);
      } catch {
        // It is refused for that, and counted as a call.
      }
    }
  }

  // A call of the event search, with what was asked for; also one that met with a fault.
  searched(path, parameters) {
    const search = { path, time: Date.now(), parameters };
    if (this.searches.length < kMaxSearches) this.searches.push(search);
  }

  connected(socket) {
    this.connectionsOpened += 1;
    this.openNow += 1;
    socket.once('close', () => { this.openNow -= 1; });
  }

  // Each introspection, in order: SHA-256 of the token, and when.
  toldQuestions() {
    return this.questions.map(({ token, time }) => ({ token: tokenHash(token), time }));
  }

  report({ perToken = false } = {}) {
    const { introspection, ...calls } = this.calls;
    return {
      introspections: introspection,
      ...calls,
      distinctTokens: this.perToken.size,
      distinctAssertions: this.jtis.size,
      assertionsReplayed: this.assertionsReplayed,
      connectionsOpened: this.connectionsOpened,
      openNow: this.openNow,
      inFlight: this.inFlight,
      maxInFlight: this.maxInFlight,
      httpVersions: this.httpVersions,
      ...(perToken && {
        perToken: Object.fromEntries([...this.perToken].map(([token, n]) => [tokenHash(token), n])),
      }),
    };
  }
}
