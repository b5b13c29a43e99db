// SPDX-License-Identifier: Apache-2.0
// RSA key pairs. They are slow to make: where a folder is named, those that were made once are kept
// there, for the tests alone, and taken again by the next issuer.
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const kMost = 48; // after so many, an issuer gives out the first one again

const make = () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 });

export class KeyPairs {
  #folder;
  #given = 0;

  constructor(folder) {
    this.#folder = folder;
  }

  async next() {
    if (!this.#folder) return make();
    const path = join(this.#folder, `${this.#given % kMost}.pem`);
    this.#given += 1;
    try {
      const privateKey = createPrivateKey(readFileSync(path));
      return { privateKey, publicKey: createPublicKey(privateKey) };
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    const pair = await make();
    const half = `${path}.${process.pid}`;
    writeFileSync(half, pair.privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    renameSync(half, path);
    return pair;
  }
}
