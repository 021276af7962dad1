/**
 * Skips the test, with the reason in the report, unless the condition holds.
 * With CARP_E2E=required nothing is skipped: throws the reason instead.
 */
export function requireOrSkip(condition: boolean, reason: string, skip: (reason: string) => void): void {
  if (condition) return;
  if (process.env.CARP_E2E === "required") throw new Error(`CARP_E2E=required, but ${reason}`);
  skip(reason);
}
