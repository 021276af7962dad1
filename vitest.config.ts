import { defineConfig } from "vitest/config";

const network = [
  "test/interop/**/*.test.ts",
  "test/scenarios/**/*.test.ts",
  "test/demo/**/*.test.ts",
  "test/reliability/*.network.test.ts",
];

/** Faults of the host. They mostly wait for master-down times, and are to hold on a busy machine anyway. */
const faults = "test/reliability/h*.test.ts";

/** Tests that build a network measure times: they run after the others, one file after another. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...network, faults],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "network",
          include: network,
          fileParallelism: false,
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: [faults],
          maxWorkers: 2,
          maxConcurrency: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
