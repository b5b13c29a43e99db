// SPDX-License-Identifier: Apache-2.0
// Requests of WebDAV, for the rules and files of webdav.test.mjs.

// [method, path, { to, depth, more, body }]. to: the path of a Destination at this host, or a list of
// values of that header. more: further lines.
export const refusedToAnybody = {
  'copies and moves into and out of what is stricter': [
    ['COPY', '/pub/p.txt', { to: '/secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/secret/s.txt' }],
    ['COPY', '/pub/p.txt', { to: '/a/priv/new.txt' }],
    ['COPY', '/secret/s.txt', { to: '/pub/s.txt' }],
    ['MOVE', '/pub/p.txt', { to: '/secret/new.txt' }],
    ['MOVE', '/pub/p.txt', { to: '/secret/s.txt' }],
    ['MOVE', '/secret/s.txt', { to: '/pub/s.txt' }],
    ['MOVE', '/a/priv/k.txt', { to: '/a/k.txt' }],
    ['COPY', '/pub/tree/', { to: '/secret/tree/' }],
    ['MOVE', '/pub/tree/', { to: '/secret/tree/' }],
    ['MOVE', '/a/priv/', { to: '/pub/priv/' }],
  ],
  'other spellings of the destination': [
    ['COPY', '/pub/p.txt', { to: ['/secret/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['//HOST/secret/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['http://other.example@HOST/secret/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: '/pub/../secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/pub/%2e%2e/secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '//secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/./secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/%73ecret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/secret%2fnew.txt' }],
    ['COPY', '/pub/p.txt', { to: '/pub/..;/secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/pub/..%2fsecret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/secret/new.txt?x=/pub/' }],
    ['COPY', '/pub/p.txt', { to: '/secret/new.txt#/pub/' }],
    ['COPY', '/pub/p.txt', { to: '/pub/#/../../secret/new.txt' }],
    ['COPY', '/pub/p.txt', { to: '/pub\\..\\secret\\new.txt' }],
  ],
  'destinations at other hosts': [
    ['COPY', '/pub/p.txt', { to: ['http://other.example/pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['http://other.example/secret/new.txt'] }],
    ['MOVE', '/pub/p.txt', { to: ['http://other.example/pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['http://HOST@other.example/pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['//other.example/pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['http://HOST.other.example/pub/new.txt'] }],
  ],
  'destinations that cannot be read': [
    ['COPY', '/pub/p.txt', { to: [''] }],
    ['COPY', '/pub/p.txt', { to: ['http://'] }],
    ['COPY', '/pub/p.txt', { to: [':::'] }],
    ['COPY', '/pub/p.txt', { to: ['pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['http://HOST'] }],
    ['COPY', '/pub/p.txt', { to: ['http:HOST/pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['ftp://HOST/pub/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: '/pub/%zz' }],
    ['COPY', '/pub/p.txt', { to: '/pub/%c0%ae' }],
    ['COPY', '/pub/p.txt', { to: '/../pub/new.txt' }],
    ['COPY', '/pub/p.txt', { to: ['http://HOST/pub/new.txt', 'http://HOST/secret/new.txt'] }],
    ['COPY', '/pub/p.txt', { to: ['http://HOST/secret/new.txt', 'http://HOST/pub/new.txt'] }],
    ['MOVE', '/pub/p.txt', { to: ['http://HOST/pub/new.txt', 'http://HOST/pub/other.txt'] }],
  ],
  'what holds something stricter below': [
    ['DELETE', '/a/', {}], ['DELETE', '/a', {}], ['DELETE', '/', {}],
    ['DELETE', '/a/./', {}], ['DELETE', '/a//', {}],
    ['MOVE', '/a/', { to: '/b/' }], ['MOVE', '/a', { to: '/b' }], ['MOVE', '/', { to: '/b/' }],
    ['COPY', '/a/', { to: '/pub/a/' }], ['COPY', '/a', { to: '/pub/a' }],
    ['COPY', '/a/', { to: '/pub/a/', depth: 'infinity' }],
    ['COPY', '/a/', { to: '/pub/a/', depth: '0' }], ['COPY', '/a/', { to: '/pub/a1/', depth: '0' }],
    ['COPY', '/pub/tree/', { to: '/a/' }], ['COPY', '/pub/tree', { to: '/a' }],
    ['MOVE', '/pub/tree/', { to: '/a/' }], ['MOVE', '/pub/tree', { to: '/a' }],
    ['COPY', '/pub/p.txt', { to: '/a' }], ['MOVE', '/pub/p.txt', { to: '/a' }],
    ['COPY', '/pub/tree/', { to: '/' }],
    ['PROPFIND', '/a/', { depth: 'infinity' }], ['PROPFIND', '/a/', { depth: '1' }],
    ['PROPFIND', '/a/', {}], ['PROPFIND', '/a', { depth: '1' }],
    ['PROPFIND', '/', { depth: 'infinity' }], ['PROPFIND', '/', { depth: '1' }],
    ['PROPFIND', '/a/', { depth: '0, infinity' }],
    ['LOCK', '/a/', { depth: 'infinity', body: 'lock' }], ['LOCK', '/a/', { body: 'lock' }],
  ],
  'what is stricter itself': [
    ['PUT', '/secret/new.txt', { body: 'x' }], ['PUT', '/a/priv/new.txt', { body: 'x' }],
    ['MKCOL', '/secret/new/', {}], ['DELETE', '/secret/s.txt', {}], ['DELETE', '/secret/', {}],
    ['PROPFIND', '/secret/', { depth: '1' }], ['PROPFIND', '/a/priv/', { depth: '0' }],
    ['PROPPATCH', '/secret/s.txt', { body: 'proppatch' }],
    ['LOCK', '/secret/new.txt', { depth: '0', body: 'lock' }],
    ['LOCK', '/secret/s.txt', { depth: '0', body: 'lock' }],
  ],
};

// What the callers may do: the paths that are there afterwards, and those that are not.
export const allowed = [
  ['anybody', 'PUT', '/pub/new.txt', { body: 'x' }, ['pub/new.txt'], []],
  ['anybody', 'COPY', '/pub/p.txt', { to: '/pub/q.txt' }, ['pub/p.txt', 'pub/q.txt'], []],
  ['anybody', 'COPY', '/pub/p.txt', { to: ['/pub/q.txt'] }, ['pub/p.txt', 'pub/q.txt'], []],
  ['anybody', 'COPY', '/pub/p.txt', { to: '/pub/a%20b.txt' }, ['pub/a b.txt'], []],
  ['anybody', 'COPY', '/pub/p.txt', { to: '/pub/caf%C3%A9.txt' }, ['pub/caf\u00c3\u00a9.txt'], []],
  ['anybody', 'COPY', '/pub/p.txt', { to: '/a/p.txt' }, ['a/p.txt'], []],
  ['anybody', 'MOVE', '/pub/p.txt', { to: '/pub/q.txt' }, ['pub/q.txt'], ['pub/p.txt']],
  ['anybody', 'MKCOL', '/pub/new/', {}, ['pub/new'], []],
  ['anybody', 'COPY', '/pub/tree/', { to: '/pub/two/' }, ['pub/two/t.txt', 'pub/tree/t.txt'], []],
  ['anybody', 'MOVE', '/pub/tree/', { to: '/pub/two/' }, ['pub/two/t.txt'], ['pub/tree']],
  ['anybody', 'DELETE', '/pub/p.txt', {}, [], ['pub/p.txt']],
  ['anybody', 'DELETE', '/pub/', {}, [], ['pub']],
  ['anybody', 'PROPFIND', '/pub/', { depth: '0' }, [], []],
  ['anybody', 'PROPFIND', '/pub/', { depth: '1' }, [], []],
  ['anybody', 'PROPFIND', '/pub/', { depth: 'infinity' }, [], []],
  ['anybody', 'LOCK', '/pub/p.txt', { depth: '0', body: 'lock' }, [], []],
  ['staff', 'COPY', '/pub/p.txt', { to: '/secret/new.txt' }, ['secret/new.txt'], []],
  ['staff', 'COPY', '/secret/s.txt', { to: '/pub/s.txt' }, ['pub/s.txt'], []],
  ['staff', 'MOVE', '/pub/p.txt', { to: '/secret/new.txt' }, ['secret/new.txt'], ['pub/p.txt']],
  ['staff', 'DELETE', '/a/', {}, [], ['a']],
  ['staff', 'MOVE', '/a/', { to: '/b/' }, ['b/priv/k.txt'], ['a']],
  ['staff', 'COPY', '/a/', { to: '/pub/a/' }, ['pub/a/priv/k.txt', 'a/priv/k.txt'], []],
  ['staff', 'COPY', '/pub/tree/', { to: '/a/new/' }, ['a/new/priv/n.txt'], []],
  ['staff', 'PUT', '/secret/new.txt', { body: 'x' }, ['secret/new.txt'], []],
  ['staff', 'MKCOL', '/secret/new/', {}, ['secret/new'], []],
  ['staff', 'PROPFIND', '/a/', { depth: 'infinity' }, [], []],
  ['staff', 'PROPFIND', '/a/', { depth: '1' }, [], []],
  ['staff', 'LOCK', '/secret/s.txt', { depth: '0', body: 'lock' }, [], []],
];

// Apache takes no mere path for a destination, nginx lists no more than one level.
export const neverDone = (way, { to, depth }) => (way.startsWith('apache/') ? Array.isArray(to) :
  depth === 'infinity');

export const bodies = {
  lock: '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>' +
    '<D:locktype><D:write/></D:locktype></D:lockinfo>',
  proppatch: '<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>' +
    '<x xmlns="urn:x">y</x></D:prop></D:set></D:propertyupdate>',
};
