import { writeFileSync } from "node:fs";

/** Writes what scripts/test.mjs prints at the end to the file that it names in CARP_TEST_REPORT. */
// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default class TestReport {
  onTestRunEnd(modules, errors) {
    const report = { passed: 0, failed: errors.length, skipped: [] };
    for (const module of modules) {
      report.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === "passed") report.passed++;
        else if (state === "skipped") report.skipped.push(skipOf(module, test, note));
        else report.failed++;
      }
    }
    if (process.env.CARP_TEST_REPORT) writeFileSync(process.env.CARP_TEST_REPORT, JSON.stringify(report));
  }
}

function skipOf(module, test, note) {
  return { name: `${module.relativeModuleId} > ${test.fullName}`, reason: note ?? "no reason given" };
}
