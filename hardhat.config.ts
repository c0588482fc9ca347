import { globSync } from "node:fs";
import { createRequire } from "node:module";
import ethersPlugin from "@nomicfoundation/hardhat-ethers";
import ignition from "@nomicfoundation/hardhat-ignition-ethers";
import helpers from "@nomicfoundation/hardhat-network-helpers";
import { configVariable, defineConfig, type HardhatUserConfig } from "hardhat/config";

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

// What is executed only in a dispute is small rather than cheap: it has to fit into one contract.
const small = {
  ...compiler,
  settings: { ...compiler.settings, optimizer: { enabled: true, runs: 200 } },
};
const disputes = { "contracts/derivatives/Steps.sol": small };

// Tests deploy the artifacts of a build (test/contracts/support/Test.sol), so what they themselves are compiled with is of no
// matter, and half the time is saved.
const quick = { ...compiler, settings: { ...compiler.settings, optimizer: { enabled: false } } };
const tests = Object.fromEntries(globSync("test/contracts/*.t.sol").map((file) => [file, quick]));

// Bounded for the gate; `FUZZ_RUNS=5000 npm run gas` looks further.
const fuzzRuns = Number(process.env["FUZZ_RUNS"] ?? 64);

const config: HardhatUserConfig = defineConfig({
  plugins: [ethersPlugin, helpers, ignition],
  // One set of settings: what is measured is what ships.
  solidity: {
    // A build is what ships; tests are compiled when they are run.
    splitTestsCompilation: true,
    profiles: {
      default: { compilers: [compiler], overrides: { ...disputes, ...tests } },
      production: { compilers: [compiler], overrides: disputes, isolated: false },
    },
  },
  paths: {
    sources: "contracts",
    tests: { solidity: "test/contracts" },
    ignition: "deploy/ignition",
  },
  test: {
    solidity: {
      fuzz: { runs: fuzzRuns },
      fsPermissions: { readDirectory: ["artifacts/contracts", "test/vectors"] },
    },
  },
  networks: {
    sim: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    devnet: { type: "http", url: "http://127.0.0.1:8545" },
    // What `npm run deploy` uses, by variables that are asked for only then.
    l1: {
      type: "http",
      url: configVariable("CONCLAVE_L1_RPC_URL"),
      accounts: [configVariable("CONCLAVE_L1_KEY")],
    },
  },
});

export default config;
