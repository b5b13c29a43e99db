// MovedClock: the clock of one program, moved by seconds that a test sets while the program runs.
import assert from 'node:assert/strict';
import { existsSync, openSync, closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { buildFolder } from './workspace.mjs';

const library = join(buildFolder, 'tests/moved_clock.so');

export class MovedClock {
  constructor(workspace, seconds = 0) {
    assert.ok(existsSync(library), `${library} is missing: run make check first`);
    this.file = workspace.write('clock', Buffer.alloc(8));
    this.set(seconds);
  }

  set(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    const file = openSync(this.file, 'r+');
    writeSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
  }

  // What the program's environment needs.
  get environment() {
    return { LD_PRELOAD: library, CLOCK_OFFSET_FILE: this.file };
  }
}
