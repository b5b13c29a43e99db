// A table of the README that a test's results make up: between the lines <!-- NAME --> and
// <!-- /NAME -->. With UPDATE_README=1 it is written, else compared.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectFolder } from './workspace.mjs';

const file = join(projectFolder, 'README.md');

// head: the columns. rows: a list of cells each.
export function checkReadmeTable(name, head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const table = `<!-- ${name} -->\n${lines.join('\n')}\n<!-- /${name} -->`;
  const readme = readFileSync(file, 'utf8');
  const place = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
  assert.match(readme, place, `the README has no place for the table ${name}`);
  if (process.env.UPDATE_README === '1') writeFileSync(file, readme.replace(place, () => table));
  else assert.equal(readme.match(place)[0], table, 'run the test with UPDATE_README=1');
}
