// SPDX-License-Identifier: Apache-2.0
// Puts recorded questions to the issuer again, with its own ids in the place of the recorded ones.
import assert from 'node:assert/strict';
import { assertAsRecorded, call, exchange } from './recordings.mjs';

const isId = (text) => /^\d{15,}$/.test(text);

export class Replay {
  #ids = new Map(); // recorded → the issuer's
  #answered = new Set();

  constructor(issuer, names) { Object.assign(this, { issuer, names }); }

  // For what was there before the first recording, or was made without one.
  learn(id, own) { this.#ids.set(id, own); }

  // Ids that stand in the same places of both answers are the same things from now on.
  #learnFrom(recorded, own) {
    if (typeof recorded === 'string' && isId(recorded)) {
      assert.match(String(own), /^\d{15,}$/);
      if (this.#ids.has(recorded)) assert.equal(own, this.#ids.get(recorded));
      this.#ids.set(recorded, own);
    } else if (typeof recorded === 'object' && recorded !== null) {
      for (const [name, member] of Object.entries(recorded)) this.#learnFrom(member, own?.[name]);
    }
  }

  translate(value) {
    const text = JSON.stringify(value) ?? 'null';
    return JSON.parse(text.replace(/\d{15,}/g, (id) => this.#ids.get(id) ?? id));
  }

  // Asks once more what was asked, as the owner of `token`, and holds the answer to the recorded one.
  async ask(name, token) {
    const { request, response } = exchange(name);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key.toLowerCase(), value]));
    if (headers.authorization === 'Bearer TOKEN') headers.authorization = `Bearer ${token}`;
    const answer = await call(this.issuer.issuer + this.translate(request.path), {
      method: request.method, headers, json: this.translate(request.body) ?? undefined,
    });
    assertAsRecorded(answer, name, this.names);
    this.#learnFrom(response.body, answer.body);
    this.#answered.add(name);
    return answer;
  }

  answered(name) { this.#answered.add(name); }
  isAnswered(name) { return this.#answered.has(name); }
}
