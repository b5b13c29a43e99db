// SPDX-License-Identifier: Apache-2.0
// What documents and dashboard say of metrics: all of it is there, and all that is there is said.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { checkTable } from './support/documented_table.mjs';
import { blocksOf } from './support/documents.mjs';
import { promtoolCheck, scrape } from './support/metrics.mjs';
import { waitFor } from './support/processes.mjs';
import { Workspace, projectFolder } from './support/workspace.mjs';

const kMostWords = 10; // of a label that are written down

let issuer;
let metrics; // of a program that uses everything
before(async () => {
  issuer = await startIssuer();
  await useApi('lighttpd/fastcgi.conf', issuer, {
    settings: (workspace) => ({
      ZITADEL_METRICS: 'local', ZITADEL_VALIDATION: 'jwt-or-introspection',
      API_PRIVATE_KEY_FILE_PATH: workspace.write('etc/expiring-key.json',
        JSON.stringify({ ...issuer.readFile('api-key'), expirationDate: '2099-12-31T00:00:00Z' })),
      ZITADEL_EVENTS_TOKEN_FILE: workspace.write('etc/events-token', readFileSync(issuer.files['iam-owner-viewer-token'])),
    }),
  }, async (api) => {
    await api.call('/api/private', { token: await issuer.mint() });
    await issuer.fault({ status: 500 });
    await api.call('/api/private', { token: await issuer.mint() });
    await issuer.clearFaults();
    await issuer.revoke(await issuer.mint());
    await waitFor('all metrics', async () => {
      metrics = await scrape(api);
      return ['zitadel_fcgi_events_delay_seconds', 'zitadel_fcgi_events_position_timestamp_seconds',
        'zitadel_fcgi_key_set_age_seconds', 'zitadel_fcgi_last_failure_timestamp_seconds']
        .every((name) => metrics.types.has(name));
    });
  });
});
after(() => issuer?.stop());

// The labels of a family, and their words where these are few.
function labelsOf(family) {
  const labels = new Map();
  for (const name of metrics.samples.keys()) {
    const [, of, rest = ''] = name.match(/^([a-z_]+)(\{.*\})?$/);
    if (of !== family && !of.startsWith(`${family}_`)) continue;
    if (of !== family && !['_bucket', '_sum', '_count'].includes(of.slice(family.length))) continue;
    for (const [, label, word] of rest.matchAll(/([a-z]+)="([^"]*)"/g)) {
      if (label !== 'le') labels.set(label, (labels.get(label) ?? new Set()).add(word));
    }
  }
  return [...labels].map(([label, words]) => {
    const told = words.size > kMostWords || /process|version/.test(label) ? '' : `: ${[...words].join(', ')}`;
    return `\`${label}\`${told}`;
  }).join('; ');
}

describe('what is said of metrics', () => {
  it('is in the table of docs/metrics.md, and right', () => {
    const helps = new Map([...metrics.text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name, help]));
    checkTable('metrics', ['name', 'type', 'labels', 'meaning'],
      [...metrics.types].map(([name, type]) => [`\`${name}\``, type, labelsOf(name), helps.get(name)]));
    assert.equal(promtoolCheck(metrics.text), '');
  });

  it('each name in the dashboard and in docs/metrics.md is there', () => {
    const families = [...metrics.types.keys()];
    const isThere = (name) => families.some((family) => name === family ||
      (metrics.types.get(family) === 'histogram' && ['_bucket', '_sum', '_count'].some((end) => name === family + end)));
    for (const file of ['docs/grafana-dashboard.json', 'docs/metrics.md']) {
      const text = readFileSync(join(projectFolder, file), 'utf8');
      const names = new Set(text.match(/\b(zitadel_fcgi|process)_[a-z_]+\b/g));
      assert.ok(names.size > 10, file);
      assert.deepEqual([...names].filter((name) => !isThere(name)), [], file);
    }
  });

  it('the dashboard asks for what can be asked, and shows every family', () => {
    const dashboard = JSON.parse(readFileSync(join(projectFolder, 'docs/grafana-dashboard.json'), 'utf8'));
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const workspace = new Workspace();
    try {
      const rules = expressions.map((each, n) => ({ record: `panel:${n}`,
        expr: each.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*').replaceAll('$job', '.*') }));
      const file = workspace.write('etc/rules.yml', JSON.stringify({ groups: [{ name: 'panels', rules }] }));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    } finally {
      workspace.remove();
    }
    const unseen = [...metrics.types.keys()].filter((name) => !expressions.some((each) => each.includes(name)));
    assert.deepEqual(unseen, ['zitadel_fcgi_build_info', 'zitadel_fcgi_last_answer_timestamp_seconds',
      'zitadel_fcgi_last_failure_timestamp_seconds', 'zitadel_fcgi_key_set_age_seconds', 'process_start_time_seconds']);
  });

  it("Prometheus takes the document's configuration", () => {
    const [block] = blocksOf('docs/metrics.md').filter(({ text }) => text.startsWith('scrape_configs:'));
    const workspace = new Workspace();
    try {
      const file = workspace.write('etc/prometheus.yml', block.text);
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    } finally {
      workspace.remove();
    }
  });
});
