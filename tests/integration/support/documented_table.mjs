// SPDX-License-Identifier: Apache-2.0
// A table of the documents that a test's results make up: between the lines <!-- NAME --> and
// <!-- /NAME -->. With UPDATE_DOCS=1 it is written, else compared.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectFolder } from './workspace.mjs';

const documents = readdirSync(join(projectFolder, 'docs')).filter((name) => name.endsWith('.md'))
  .map((name) => join(projectFolder, 'docs', name));

// head: the columns. rows: a list of cells each.
export function checkTable(name, head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const table = `<!-- ${name} -->\n${lines.join('\n')}\n<!-- /${name} -->`;
  const place = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
  const file = documents.find((each) => place.test(readFileSync(each, 'utf8')));
  assert.ok(file, `no document has a place for the table ${name}`);
  const text = readFileSync(file, 'utf8');
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text.replace(place, () => table));
  else assert.equal(text.match(place)[0], table, 'run the test with UPDATE_DOCS=1');
}
