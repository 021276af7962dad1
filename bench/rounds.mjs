// Timing on a machine that is not ours alone: variants take turns, and a round counts only when a probe before and
// after it ran near its best. Figures are medians of what was kept.

/** How far from its best a probe may be. */
const tolerance = 0.04;

/**
 * Runs the subjects in turn until each has `enough` quiet rounds or `limitMs` have passed.
 * A subject is `{name, round}`; `round` and `probe` return nanoseconds for each frame, now or as a promise.
 * Returns by name `{ns, kept, rounds}`: the median of the quiet rounds, of all where not even one was quiet.
 */
export async function takeTurns(subjects, probe, { enough, limitMs }) {
  const samples = new Map(subjects.map(({ name }) => [name, []]));
  for (const { round } of subjects) await round();
  await probe();
  const start = performance.now();
  let best = Number.POSITIVE_INFINITY;
  const quiet = (name) => samples.get(name).filter((sample) => isQuiet(sample, best));
  do {
    let before = await probe();
    for (const { name, round } of subjects) {
      const ns = await round();
      const after = await probe();
      best = Math.min(best, before, after);
      samples.get(name).push({ ns, before, after });
      before = after;
    }
  } while (performance.now() - start < limitMs && subjects.some(({ name }) => quiet(name).length < enough));
  const figures = new Map();
  for (const { name } of subjects) {
    const all = samples.get(name);
    const kept = quiet(name);
    const chosen = (kept.length > 0 ? kept : all).map(({ ns }) => ns);
    figures.set(name, { ns: median(chosen), kept: kept.length, rounds: all.length });
  }
  return { figures, probeNs: best };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function isQuiet({ before, after }, best) {
  return before <= best * (1 + tolerance) && after <= best * (1 + tolerance);
}
