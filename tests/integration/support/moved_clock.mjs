// SPDX-License-Identifier: Apache-2.0
// MovedClock: the clocks of programs, moved by seconds that a test sets while they run.
import assert from 'node:assert/strict';
import { existsSync, openSync, closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { buildFolder, sanitizers } from './workspace.mjs';

const library = join(buildFolder, 'tests/moved_clock.so');

export class MovedClock {
  constructor(workspace, seconds = 0) {
    assert.ok(existsSync(library), `${library} is missing: run make check first`);
    this.file = workspace.write('clock', Buffer.alloc(16));
    this.set(seconds);
  }

  // What the time is.
  set(seconds) {
    this.#write(seconds, 0);
  }

  // How long the machine runs, as it is after it was suspended for so long in all; and what the time is.
  pass(seconds) {
    this.#write(seconds, 8);
    this.#write(seconds, 0);
  }

  #write(seconds, place) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    const file = openSync(this.file, 'r+');
    writeSync(file, bytes, 0, bytes.length, place);
    closeSync(file);
  }

  // What the program's environment needs. A sanitizer must be loaded first.
  get environment() {
    return { LD_PRELOAD: [...sanitizers(), library].join(':'), CLOCK_OFFSET_FILE: this.file };
  }
}
