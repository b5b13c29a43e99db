// SPDX-License-Identifier: Apache-2.0
// Runs check with each of the list, `atOnce` of them together.
export async function forEachOf(list, check, { atOnce = 16 } = {}) {
  const rest = [...list];
  const next = async () => {
    while (rest.length > 0) await check(rest.shift());
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

// What is being started together, promises of things with stop(): gives them in order. Where one cannot be
// started, those that were are stopped first, so that nothing is left that would keep a test from its end.
export async function startTogether(starting) {
  const results = await Promise.allSettled(starting);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed === undefined) return results.map(({ value }) => value);
  const started = results.filter(({ status }) => status === 'fulfilled');
  await Promise.allSettled(started.map(({ value }) => value.stop()));
  throw failed.reason;
}
