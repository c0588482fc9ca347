import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Tests of whole processes, chains and campaigns: `npm test` runs them, the gate of a commit leaves them out. */
const slow = [
  "test/cli/client.test.ts",
  "test/contracts/{bundle,cover,gas,staking,steps}.test.ts",
  "test/deploy/{contracts,derivatives,ignition,main}.test.ts",
  "test/e2e/{leaving,main}.test.ts",
  "test/epoch/{rotation,succession}.test.ts",
  "test/house/setup.test.ts",
  "test/integration/core-{cluster,epochs,joining,rounds,void}.test.ts",
  "test/integration/l1-commands.test.ts",
  "test/integration/pruning.test.ts",
  "test/integration/settlement-{crash,epochs,escape,outage,posting,reading}.test.ts",
  "test/integration/{network,network-hostile,settlement-convictions}.test.ts",
  "test/integration/{vault,vault-program}.test.ts",
  "test/mempool/sliced-opening.test.ts",
  "test/rollup/engine/mutants/mutants.test.ts",
  "test/rollup/node/main.test.ts",
  "test/rollup/page/page.test.ts",
  "test/sequencer/cli.test.ts",
  "test/sim/epochs/{mutants,rounds,swarm}.test.ts",
  "test/sim/whole/{absence,sealed,sizes,swarm,void}.test.ts",
  "test/sim/{replicas,whole}/mutants.test.ts",
];

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: process.env["CONCLAVE_TESTS"] === "all" ? [] : slow,
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
        "epoch",
        "keystore",
        "l1",
        "sequencer",
        "sdk",
      ].map((folder) => `${folder}/**/*.ts`),
    },
  },
});

export default config;
