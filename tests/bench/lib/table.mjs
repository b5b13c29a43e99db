// SPDX-License-Identifier: Apache-2.0
// The table that `make bench` prints: what, target, reached, verdict.

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Rows of { what, target, reached, good }; good is undefined where there is no target.
export function table(rows) {
  const cells = [['what', 'target', 'reached', 'verdict'],
    ...rows.map(({ what, target = '', reached, good }) =>
      [what, target, reached, good === undefined ? '' : good ? 'reached' : 'MISSED'])];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) =>
    row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  const rule = '-'.repeat(Math.max(...lines.map((line) => line.length)));
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
