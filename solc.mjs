#!/usr/bin/env node
// Stands in for a native solc so that forge needs no compiler download: the same WASM compiler that Hardhat uses.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const solc = createRequire(import.meta.url)("solc");
if (process.argv.includes("--version"))
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
else if (process.argv.includes("--standard-json"))
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
else process.exit(1);
