// SPDX-License-Identifier: Apache-2.0
// How the set-up API tells what it knows. Default values are left out.
const kLimit = 100;

export const states = (kind) => (state) => ({
  active: `${kind}_STATE_ACTIVE`,
  deactivated: `${kind}_STATE_INACTIVE`,
  locked: `${kind}_STATE_LOCKED`,
}[state]);

export const birth = ({ details: { sequence, creationDate, resourceOwner } }) =>
  ({ details: { sequence, creationDate, resourceOwner } });

export const change = ({ details: { sequence, changeDate, resourceOwner } }) =>
  ({ details: { sequence, changeDate, resourceOwner } });

// `tell`: how one of them is told. `about`: query → what of one of them it is about.
export function found(things, { body: { query, queries }, about = {}, tell }) {
  const matching = things.filter((thing) => queries.every((each) =>
    Object.entries(each).every(([kind, holds]) => holds(about[kind](thing)))));
  const from = query.offset ?? 0;
  const page = matching.slice(from, from + (query.limit || kLimit)).map(tell);
  return {
    details: {
      totalResult: matching.length > 0 ? String(matching.length) : undefined,
      viewTimestamp: new Date().toISOString(),
    },
    result: page.length > 0 ? page : undefined,
  };
}
