// SPDX-License-Identifier: Apache-2.0
// What a program counts, read and checked as Prometheus does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

// The samples of a text, by name and labels: 'name{a="b"}' → number; and the types, by family.
export function parseMetrics(text) {
  const samples = new Map();
  const types = new Map();
  for (const line of text.split('\n')) {
    const type = line.match(/^# TYPE (\S+) (\S+)$/);
    if (type) types.set(type[1], type[2]);
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = line.match(/^([a-z_]+(?:\{[^}]*\})?) (\S+)$/) ?? [];
    assert.ok(name !== undefined, `no sample: ${line}`);
    assert.ok(!samples.has(name), `twice: ${name}`);
    samples.set(name, Number(value));
  }
  return { samples, types, text };
}

// What promtool finds wrong with it; empty where nothing is.
export function promtoolCheck(text) {
  const { status, stdout, stderr, error } =
    spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (error) throw error;
  return status === 0 ? stdout + stderr : `status ${status}: ${stdout}${stderr}`;
}

// The metrics of an API behind a web server, below its mount.
export async function scrape(api, options) {
  const answer = await api.call('/api/zitadel/metrics', options);
  assert.equal(answer.status, 200, answer.body);
  return parseMetrics(answer.body);
}

// The sum of all samples of a family whose labels hold these: 'decision="allowed"'.
export function total({ samples }, family, ...labels) {
  let sum = 0;
  for (const [name, value] of samples) {
    const [, of, rest] = name.match(/^([a-z_]+)(.*)$/);
    if (of === family && labels.every((label) => rest.includes(label))) sum += value;
  }
  return sum;
}
