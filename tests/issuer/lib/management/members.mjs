// SPDX-License-Identifier: Apache-2.0
// The members of a request's body: their types, their limits, and what it is called when they are
// missed. A type is a function from a value and where it stands to what the call works with.
import { invalid, unknown } from './failures.mjs';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const goName = (name) => name[0].toUpperCase() + name.slice(1);

function wrongType(value, { path }) {
  throw invalid(`proto: invalid value for ${path}: ${JSON.stringify(value)}`);
}

const within = (where, name) => ({
  path: where.path ? `${where.path}.${name}` : name,
  goPath: `${where.goPath}.${goName(name)}`,
});

// `min` 1 makes it a required member. Lengths are counted in code points.
export const text = (min = 0, max = Infinity) => (value, where) => {
  if (value !== undefined && typeof value !== 'string') wrongType(value, where);
  const { length } = [...value ?? ''];
  if (length < min || length > max) {
    throw invalid(`invalid ${where.goPath}: `
      + `value length must be between ${min} and ${max} runes, inclusive`);
  }
  return value ?? '';
};
export const name = text(1, 200);

export const flag = (value = false, where = {}) =>
  (typeof value === 'boolean' ? value : wrongType(value, where));

// Numbers come as such or, as 64-bit ones go out, as text.
export const number = (value, where) => {
  if (value === undefined) return undefined;
  return /^\d{1,19}$/.test(String(value)) ? Number(value) : wrongType(value, where);
};

// `byDefault`: the value when there is none; without it nobody knows.
export const choice = (values, byDefault) => (value, where) => {
  if (value === undefined) return byDefault ?? unknown(`what a missing ${where.path} means`);
  if (typeof value !== 'string') unknown(`${where.path} as ${JSON.stringify(value)}`);
  return values.includes(value) ? value
    : unknown(`${where.path} of ${value}, but ${values.join(', ')}`);
};

const kDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
export const date = (value, where) => {
  if (value === undefined) return undefined;
  if (!kDate.test(value) || Number.isNaN(Date.parse(value))) wrongType(value, where);
  return value;
};

const kBase64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
export const bytes = (value, where) => {
  if (value === undefined) return undefined;
  return kBase64.test(value) ? Buffer.from(value, 'base64') : wrongType(value, where);
};

export const list = (type) => (value = [], where = {}) => (Array.isArray(value)
  ? value.map((each, n) => type(each, {
    path: `${where.path}[${n}]`, goPath: `${where.goPath}[${n}]`,
  }))
  : wrongType(value, where));

// ZITADEL does not mind members that it does not know. Here they are an error of the test's.
export const group = (members) => (value = {}, where = { goPath: '' }) => {
  if (!isObject(value)) wrongType(value, where);
  const strange = Object.keys(value).filter((member) => !Object.hasOwn(members, member));
  if (strange.length > 0) unknown(`the member ${within(where, strange[0]).path}`);
  return Object.fromEntries(Object.entries(members).map(([member, type]) =>
    [member, type(value[member] ?? undefined, within(where, member))]));
};

// One of several members and no other.
export const oneOf = (members) => (value, where) => {
  const given = isObject(value) ? Object.keys(value) : wrongType(value, where);
  if (given.length !== 1) unknown(`${where.path} with ${given.length} members`);
  group(members)(value, where);
  const [member] = given;
  return { [member]: members[member](value[member], within(where, member)) };
};

// What a search takes: a page, and queries that all must hold.
export const search = (queries) => group({
  query: group({ offset: number, limit: number, asc: flag }),
  queries: list(oneOf(queries)),
});

const methods = {
  TEXT_QUERY_METHOD_EQUALS: (a, b) => a === b,
  TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE: (a, b) => a.toLowerCase() === b.toLowerCase(),
};

// A query about a text, in a member that is called `member`.
export const textQuery = (member) => (value, where) => {
  const query = group({
    [member]: text(0, 200),
    method: choice(Object.keys(methods), 'TEXT_QUERY_METHOD_EQUALS'),
  })(value, where);
  return (found) => methods[query.method](found, query[member]);
};

export const idQuery = (member) => (value, where) => {
  const query = group({ [member]: text(0, 200) })(value, where);
  return (found) => found === query[member];
};
