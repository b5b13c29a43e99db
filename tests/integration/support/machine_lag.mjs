// SPDX-License-Identifier: Apache-2.0
// How late the machine itself is: what a test allows for on top of what is promised.
import { setTimeout as sleep } from 'node:timers/promises';

const kEvery = 50; // milliseconds

// Measures until it is stopped. calls: each does next to nothing, by a way that the test's subject takes too.
export class MachineLag {
  #samples = [];
  #stopped = false;
  #calls;
  #running;

  constructor(...calls) {
    this.#calls = calls;
    this.#running = this.#run();
  }

  async #run() {
    while (!this.#stopped) {
      const begin = Date.now();
      await sleep(kEvery);
      const late = Date.now() - begin - kEvery; // our own timers
      const called = Date.now();
      await Promise.all(this.#calls.map((call) => call().catch(() => {})));
      this.#samples.push({ begin, end: Date.now(), lag: late + Date.now() - called });
    }
  }

  // The worst in that time, in milliseconds.
  between(begin, end) {
    let worst = 0;
    for (const sample of this.#samples) {
      if (sample.end >= begin && sample.begin <= end) worst = Math.max(worst, sample.lag);
    }
    return worst;
  }

  get worst() {
    return this.between(0, Infinity);
  }

  async stop() {
    this.#stopped = true;
    await this.#running;
  }
}
