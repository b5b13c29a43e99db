// SPDX-License-Identifier: Apache-2.0
// Keeps what must not be in a log, and finds it there. Of each secret the beginning is enough.
const kLength = 16; // characters; shorter ones are no secrets

export class SecretWatch {
  #beginnings = new Set();

  // A token, key or password. Of a JWT the signature counts by itself.
  add(secret) {
    for (const part of new Set([secret, secret.slice(secret.lastIndexOf('.') + 1)])) {
      if (part.length >= kLength) this.#beginnings.add(part.slice(0, kLength));
    }
  }

  // The lines of a key file's PEM text, but for the dashes around it.
  addKey(pem) {
    for (const line of pem.split('\n')) if (!line.startsWith('-')) this.add(line);
  }

  // The first secret that a text holds.
  findIn(text) {
    for (const [word] of text.matchAll(/[\w+/=-]{16,}/g)) {
      for (let at = 0; at + kLength <= word.length; at += 1) {
        const part = word.slice(at, at + kLength);
        if (this.#beginnings.has(part)) return part;
      }
    }
    return undefined;
  }
}
