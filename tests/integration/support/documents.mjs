// SPDX-License-Identifier: Apache-2.0
// The documents of this project, and the blocks in them.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { projectFolder } from './workspace.mjs';

// .github: forms to fill in. testdata: what others wrote, or recorded.
const left = ['.git', '.github', 'build', 'debian', 'node_modules', 'testdata'];

function below(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return entry.name.endsWith('.md') ? [path] : [];
    return left.includes(entry.name) ? [] : below(path);
  });
}

// Their names, from the project's folder on.
export const documents = below(projectFolder).map((path) => relative(projectFolder, path)).sort();

export const textOf = (name) => readFileSync(join(projectFolder, name), 'utf8');

// The blocks between fences, in order: language, text, and the heading that each stands below. An Error where a
// block is indented instead: nobody would find its language.
export function blocksOf(name) {
  const blocks = [];
  let heading = '';
  let open;
  let before;
  for (const line of textOf(name).split('\n')) {
    const fence = line.match(/^ *```(.*)$/);
    if (open && fence) {
      blocks.push(open);
      open = undefined;
    } else if (open) {
      open.text += `${line}\n`;
    } else if (fence) {
      open = { language: fence[1], heading, text: '' };
    } else if (/^ {4}/.test(line) && before === '') {
      throw new Error(`${name}: a block without fences: ${line}`);
    } else if (/^#+ /.test(line)) {
      heading = line;
    }
    before = line;
  }
  if (open) throw new Error(`${name}: a block does not end`);
  return blocks;
}
