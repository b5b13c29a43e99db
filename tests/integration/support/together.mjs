// Runs check with each of the list, `atOnce` of them together.
export async function forEachOf(list, check, { atOnce = 16 } = {}) {
  const rest = [...list];
  const next = async () => {
    while (rest.length > 0) await check(rest.shift());
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
