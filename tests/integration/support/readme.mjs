// Tables in README.md that the tests write: each stands between two comments with its name.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectFolder } from './workspace.mjs';

const readme = join(projectFolder, 'README.md');

// Fails where the table in README.md is another one; with UPDATE_README=1 it is written instead.
// rows: lists of cells, the first one the heading.
export function isTableOfReadme(name, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const [heading, ...others] = rows.map(line);
  const table = [heading, line(rows[0].map(() => '---')), ...others].join('\n');
  const text = readFileSync(readme, 'utf8');
  const place = new RegExp(`(<!-- ${name}: .* -->\n)([^]*?)(\n<!-- end of ${name} -->)`);
  const found = text.match(place);
  assert.ok(found, `README.md has no table ${name}`);
  if (process.env.UPDATE_README === '1') {
    writeFileSync(readme, text.replace(place, (_, before, old, after) => before + table + after));
  } else {
    assert.equal(found[2], table, 'to write it: UPDATE_README=1 make check');
  }
}
