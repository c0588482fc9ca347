// `npm run bench NAME [--json]`, with or without `--` before the name: a figure, its unit, the machine and the load; never
// a test.

import { parseArgs } from "node:util";
import { benchConsensus } from "./consensus.ts";
import { benchDkg } from "./dkg.ts";
import { benchEngine } from "./engine.ts";
import { benchGas } from "./gas.ts";
import { type Figure, print, type Report } from "./harness.ts";
import { benchSealing } from "./sealing.ts";
import { benchSnapshot } from "./snapshot.ts";

const benches: Readonly<Record<string, (seed: number) => Promise<readonly Figure[] | Report>>> = {
  consensus: benchConsensus,
  dkg: benchDkg,
  engine: benchEngine,
  gas: benchGas,
  sealing: benchSealing,
  snapshot: benchSnapshot,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    // Without `--` npm takes the flag for its own, and passes it on in the environment.
    json: { type: "boolean", default: process.env["npm_config_json"] === "true" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

const [name, ...rest] = positionals;
const bench = name === undefined ? undefined : benches[name];
const seed = Number(values.seed);
if (values.help || bench === undefined || rest.length > 0 || !Number.isSafeInteger(seed)) {
  const names = Object.keys(benches).join("|");
  console.error(`usage: npm run bench -- ${names} [--json] [--seed N]`);
  process.exitCode = values.help ? 0 : 2;
} else {
  const result = await bench(seed);
  const report = "figures" in result ? result : { figures: result, table: [] };
  print(report, { json: values.json, seed });
}
