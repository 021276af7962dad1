/**
 * Resolves with what `probe` returns as soon as it is neither undefined nor false, asked every `stepMs`.
 * Throws after `timeoutMs`, naming what was waited for; an error of the probe counts as "not yet".
 */
export async function waitFor<Found>(
  probe: () => Found | undefined | false | Promise<Found | undefined | false>,
  timeoutMs: number,
  label: string,
  stepMs = 10,
): Promise<Found> {
  const deadline = performance.now() + timeoutMs;
  let trouble = "";
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      trouble = "";
    } catch (error) {
      trouble = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (performance.now() > deadline) throw new Error(`not seen within ${timeoutMs} ms: ${label}${trouble}`);
    await sleep(stepMs);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
