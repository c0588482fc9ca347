import { createRequire } from "node:module";
import ethersPlugin from "@nomicfoundation/hardhat-ethers";
import helpers from "@nomicfoundation/hardhat-network-helpers";
import { defineConfig, type HardhatUserConfig } from "hardhat/config";

// The compiler is the WASM build from npm: nothing is downloaded, and every machine has the same one.
const require = createRequire(import.meta.url);
const compiler = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: {
    evmVersion: "osaka",
    viaIR: true,
    optimizer: { enabled: true, runs: 10_000 },
    metadata: { bytecodeHash: "none" },
  },
};

// Bounded for the gate; `FUZZ_RUNS=5000 npm run gas` looks further.
const fuzzRuns = Number(process.env["FUZZ_RUNS"] ?? 64);

const config: HardhatUserConfig = defineConfig({
  plugins: [ethersPlugin, helpers],
  // One set of settings: what is measured is what ships.
  solidity: { profiles: { default: compiler, production: { ...compiler, isolated: false } } },
  paths: { sources: "contracts", tests: { solidity: "test/contracts" } },
  test: {
    solidity: { fuzz: { runs: fuzzRuns }, invariant: { runs: 16, depth: 32, failOnRevert: false } },
  },
  networks: {
    sim: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    devnet: { type: "http", url: "http://127.0.0.1:8545" },
  },
});

export default config;
