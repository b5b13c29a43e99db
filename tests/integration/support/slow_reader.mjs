// SPDX-License-Identifier: Apache-2.0
// A caller that reads its answer as slowly as it likes.
import net from 'node:net';

const kStep = 1024; // bytes that are read at a time

export class SlowReader {
  #socket;
  #pause;
  #ended;
  bytes = 0; // read so far
  end = Buffer.alloc(0); // the last of them

  // Sends the request's bytes to { port } or { path } and reads a kibibyte of the answer, then rests for
  // so many milliseconds, and so on.
  static open(where, request, restMs) {
    const reader = new SlowReader();
    reader.#pause = restMs;
    const take = (count, buffer) => {
      reader.bytes += count;
      reader.end = Buffer.concat([reader.end, buffer.subarray(0, count)]).subarray(-kStep);
      if (reader.#pause === 0) return true;
      setTimeout(() => reader.#socket.resume(), reader.#pause);
      return false;
    };
    reader.#socket = net.connect({ ...where, ...(where.port && { host: '127.0.0.1' }),
      onread: { buffer: Buffer.alloc(kStep), callback: take } });
    reader.#ended = new Promise((resolve) => {
      reader.#socket.on('error', () => {}); // 'close' follows
      reader.#socket.once('close', resolve);
    });
    reader.#socket.write(request);
    return reader;
  }

  get isOpen() {
    return !this.#socket.destroyed;
  }

  // Reads on without rests until the other side closes.
  async readAll() {
    this.#pause = 0;
    this.#socket.resume();
    await this.#ended;
  }

  close() {
    this.#socket.destroy();
  }
}
