// SPDX-License-Identifier: Apache-2.0
// Events that a test writes by hand: nothing else in the instance changes by them.
import { microsecondsOf, timeOf } from './events.mjs';
import { id } from './instance.mjs';

const kMembers = ['type', 'aggregate', 'payload', 'editor', 'sequence', 'at', 'ago', 'visibleIn'];

// at: its time, as a text or in milliseconds since 1970; ago: the same, in milliseconds before now.
// Without either it is now. Throws a RangeError that says what is wrong with the order.
function timeIn({ at, ago = 0 }, events) {
  if (typeof at === 'string') return microsecondsOf(at);
  if (at === undefined && ago === 0) return events.now();
  const time = at === undefined ? Date.now() - ago : at;
  if (!Number.isFinite(time)) throw new RangeError('that is no time');
  return Math.round(time * 1000);
}

function writeOne({ events, organisation }, order) {
  const [strange] = Object.keys(order).filter((member) => !kMembers.includes(member));
  if (strange) throw new RangeError(`an event has no ${strange}`);
  const { type, aggregate, payload, editor, sequence, visibleIn } = order;
  if (typeof type !== 'string' || type === '') throw new RangeError('an event has a type');
  if (sequence !== undefined && !Number.isSafeInteger(sequence)) {
    throw new RangeError('a sequence is a number');
  }
  const event = events.write({
    type, payload, editor, sequence, visibleIn, time: timeIn(order, events),
    aggregate: { id: id(), resourceOwner: organisation.id, ...aggregate },
  });
  return { aggregate: event.aggregate, sequence: event.sequence, creationDate: timeOf(event.time) };
}

// One event, or with `events` a transaction: those that have no time of their own have one together.
export function orderEvent(instance, order) {
  if (!order.events) return writeOne(instance, order);
  const time = timeOf(instance.events.now());
  const timed = (one) => ('at' in one || 'ago' in one ? one : { ...one, at: time });
  return { events: order.events.map((one) => writeOne(instance, timed(one))) };
}
