import { defineConfig } from "vitest/config";

const network = [
  "test/interop/**/*.test.ts",
  "test/scenarios/**/*.test.ts",
  "test/reliability/**/*.test.ts",
  "test/demo/**/*.test.ts",
];

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
          exclude: network,
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
    ],
  },
});
