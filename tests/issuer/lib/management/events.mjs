// SPDX-License-Identifier: Apache-2.0
// The event search: what happened since when, to those who may read it.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { microsecondsOf, timeOf } from '../events.mjs';
import { unknown } from './failures.mjs';
import { date, flag, group, list, number, text } from './members.mjs';

const kMaxLimit = 1000; // more is not refused, and not given

// The types that an instance listed, in its words. Whoever searches nothing needs no recording.
const recording = new URL('../../../testdata/events/event-types.json', import.meta.url);
let recorded;
const types = () =>
  (recorded ??= JSON.parse(readFileSync(recording, 'utf8')).response.body.eventTypes);
let byName;
const eventTypeOf = (type) => (byName ??= new Map(types().map((one) => [one.type, one]))).get(type)
  ?? named('EventTypes', type);

const aggregateNames = {
  user: 'User', usergrant: 'User grant', project: 'Project', session: 'Session',
  oidc_session: 'OIDC Session', instance: 'Instance', org: 'Organization', web_key: 'Web Key',
};
// What has no name is called by its key.
const named = (kind, type, name = `${kind}.${type}`) =>
  ({ type, localized: { key: `${kind}.${type}`, localizedMessage: name } });

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const sorted = (value) => (isObject(value)
  ? Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])])) : value);

const forms = {
  object: (payload) => payload,
  missing: () => undefined,
  empty: () => ({}),
  base64: (payload) => payload && Buffer.from(JSON.stringify(payload)).toString('base64'),
};

const told = ({ payloads }) => ({ type, aggregate, sequence, time, payload, editor }) => ({
  editor: { ...editor, service: 'zitadel' },
  aggregate: {
    id: aggregate.id,
    type: named('AggregateTypes', aggregate.type, aggregateNames[aggregate.type]),
    resourceOwner: aggregate.resourceOwner,
  },
  sequence: String(sequence),
  creationDate: timeOf(time),
  payload: forms[payloads](sorted(typeof payload === 'function' ? payload() : payload)),
  type: eventTypeOf(type),
});

async function search({ body, instance: { events } }) {
  const { asc, limit, from, range, eventTypes, aggregateId } = body;
  const { since } = range ?? { since: from };
  if (from && range) unknown('from beside range');
  if (since && !asc) unknown('from or range in descending order');
  if (range && !since) unknown('a range without since');
  const found = events.find({
    asc, limit: Math.min(limit || kMaxLimit, kMaxLimit), types: eventTypes, aggregateId,
    since: since && microsecondsOf(since),
  }).map(told(events.settings));
  if (events.settings.latency > 0) await pause(events.settings.latency);
  return { events: found.length > 0 ? found : undefined };
}

// A member that may be left out altogether.
const optional = (type) => (value, where) => (value === undefined ? undefined : type(value, where));

export const eventSearch = {
  'POST /admin/v1/events/_search': {
    needs: 'events.read',
    body: group({
      asc: flag, limit: number, from: date, range: optional(group({ since: date })),
      eventTypes: list(text()), aggregateId: optional(text()),
    }),
    run: search,
  },
  'POST /admin/v1/events/types/_search': {
    needs: 'events.read', body: group({}), run: () => ({ eventTypes: types() }),
  },
};
