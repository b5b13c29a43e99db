// SPDX-License-Identifier: Apache-2.0
// What has happened in the instance, as ZITADEL's event store keeps it: by time, and within one
// transaction, which has one time, in the order of its events.
import { randomInt } from 'node:crypto';

const kMaxEvents = 200_000; // the oldest go first, so many at a time:
const kDropped = 10_000;

const kParts = /^([^.]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

// Microseconds since 1970, of a time in RFC 3339's form.
export function microsecondsOf(text) {
  const [, seconds, fraction = '', zone] = kParts.exec(text) ?? [];
  const time = Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
  if (Number.isNaN(time)) throw new RangeError(`${text} is no time`);
  return time;
}

// As protobuf writes a time: a fraction of three digits where six would end in zeros, or none.
export function timeOf(microseconds) {
  const milliseconds = Math.floor(microseconds / 1000);
  const text = new Date(milliseconds).toISOString();
  const rest = microseconds - milliseconds * 1000;
  if (rest > 0) return text.replace('Z', `${String(rest).padStart(3, '0')}Z`);
  return text.replace('.000Z', 'Z');
}

// Whose history an event of this type belongs to.
function aggregateTypeOf(type) {
  if (type.startsWith('user.grant.')) return 'usergrant';
  return type.startsWith('device.authorization.') ? 'device_auth' : type.split('.')[0];
}

export class EventLog {
  #events = [];
  #sequences = new Map(); // aggregate → the number of its last event
  #last = 0;

  constructor() { this.set({}); }

  // visibleAfter: milliseconds until an event that is written from now on is found.
  // latency: milliseconds that a search takes. payloads: how all of them are told.
  set({ visibleAfter = 0, latency = 0, payloads = 'object', ...others }) {
    const [strange] = Object.keys(others);
    if (strange) throw new RangeError(`events have no setting ${strange}`);
    if (!['object', 'missing', 'empty', 'base64'].includes(payloads)) {
      throw new RangeError(`payloads cannot be ${payloads}`);
    }
    this.settings = { visibleAfter, latency, payloads };
  }

  clear() { this.#events = []; }

  // The time of a transaction: none has another's.
  now() {
    this.#last = Math.max(this.#last + 1, Date.now() * 1000 + randomInt(1000));
    return this.#last;
  }

  // Returns the event with what was left to be filled in. `payload` may be a function: it is
  // told when it is asked for.
  write({
    type, aggregate, payload, editor, time = this.now(),
    sequence = (this.#sequences.get(aggregate.id) ?? 0) + 1,
    visibleIn = this.settings.visibleAfter,
  }) {
    this.#sequences.set(aggregate.id, Math.max(sequence, this.#sequences.get(aggregate.id) ?? 0));
    const event = {
      type, aggregate: { type: aggregateTypeOf(type), ...aggregate }, sequence, time, payload, editor,
      visibleAt: Date.now() + visibleIn,
    };
    this.#events.splice(this.#firstAfter(time), 0, event);
    if (this.#events.length > kMaxEvents) this.#dropOldest();
    return event;
  }

  #dropOldest() {
    for (const { aggregate: { id, type }, sequence } of this.#events.splice(0, kDropped)) {
      // There is one for each token: they would fill the memory.
      if (type === 'oidc_session' && this.#sequences.get(id) === sequence) this.#sequences.delete(id);
    }
  }

  // The place of the first event that is younger.
  #firstAfter(time) {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle].time > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  // since: exclusive. types: none for all. aggregateId: '' for all.
  find({ asc, limit, since, types, aggregateId = '' }) {
    const [now, wanted] = [Date.now(), new Set(types)];
    const begin = since === undefined ? 0 : this.#firstAfter(since);
    const found = [];
    const { length } = this.#events;
    for (let n = begin; n < length && found.length < limit; n += 1) {
      const event = this.#events[asc ? n : begin + length - 1 - n];
      const fits = (wanted.size === 0 || wanted.has(event.type))
        && (aggregateId === '' || aggregateId === event.aggregate.id);
      if (fits && event.visibleAt <= now) found.push(event);
    }
    return found;
  }
}
