// SPDX-License-Identifier: Apache-2.0
// Eventual consistency: what has just been made is missing from searches for a while.
export class Lag {
  #hidden = new WeakMap();
  #searches = 0;
  #order = { searches: 0, ms: 0 };

  // Holds for what is made from now on: for so many searches, of any kind, and so long.
  order({ searches = 0, ms = 0 }) { this.#order = { searches, ms }; }

  beginSearch() { this.#searches += 1; }

  hide(thing) {
    const { searches, ms } = this.#order;
    this.#hidden.set(thing, { searches: this.#searches + searches, time: Date.now() + ms });
    return thing;
  }

  shown(things) {
    return things.filter((thing) => {
      const { searches, time } = this.#hidden.get(thing) ?? { searches: 0, time: 0 };
      return this.#searches > searches && Date.now() >= time;
    });
  }
}
