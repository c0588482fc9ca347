import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Two cores are enough for the suite, and a third worker only makes every test slower.
    maxWorkers: 2,
    testTimeout: 30_000,
    coverage: {
      include: [
        "base",
        "crypto",
        "protocol",
        "consensus",
        "mempool",
        "ledger",
        "sequencer",
        "sdk",
      ].map((folder) => `${folder}/**/*.ts`),
    },
  },
});

export default config;
