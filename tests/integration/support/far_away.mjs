// SPDX-License-Identifier: Apache-2.0
// A way to a port of this machine on which all takes time, as to a server far away. On a thread of
// its own, so that what else a test does is no part of the way.
import net from 'node:net';
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

export class FarAway {
  #worker;

  // ms: of a question and its answer together; what follows them is on its way meanwhile.
  static async start(port, ms) {
    const way = new FarAway();
    way.#worker = new Worker(new URL(import.meta.url), { workerData: { port, oneWay: ms / 2 } });
    [way.port] = await once(way.#worker, 'message');
    return way;
  }

  async stop() {
    await this.#worker.terminate();
  }
}

function carry(from, to, ms) {
  from.setNoDelay(true);
  from.on('data', (bytes) => setTimeout(() => { if (!to.destroyed) to.write(bytes); }, ms));
  from.on('error', () => {});
  from.on('close', () => setTimeout(() => to.destroy(), ms));
}

if (!isMainThread && workerData?.oneWay !== undefined) {
  const server = net.createServer((near) => {
    const far = net.connect(workerData.port, '127.0.0.1');
    carry(near, far, workerData.oneWay);
    carry(far, near, workerData.oneWay);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}
