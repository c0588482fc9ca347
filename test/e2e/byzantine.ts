// A validator that is Byzantine: the true node with a corrupted core, as a process. `node test/e2e/byzantine.ts --adversary
// NAME --seed N --config FILE`. The adversaries are those of the simulator.

import { parseArgs } from "node:util";
import { loadConfig } from "../../sequencer/config.ts";
import { Core } from "../../sequencer/core.ts";
import { type CreateCore, startNode } from "../../sequencer/node.ts";
import { type Adversary, emptyPayloadOn, type Tools } from "../sim/adversaries/index.ts";
import { byzantine } from "./adversaries.ts";
import { SeededRandom } from "../sim/random.ts";

/** Everything that is not said to others is the true core's. */
function corrupted(adversary: Adversary, random: SeededRandom): CreateCore {
  return (ports, options, recovery, now) => {
    const core = new Core(ports, options, recovery, now);
    const { genesis, index, domain } = options;
    const { committee, parameters } = genesis;
    const tools: Tools = {
      index,
      committee,
      parameters,
      domain,
      random,
      votes: ports.votes,
      lanes: ports.lanes,
      emptyPayload: emptyPayloadOn,
    };
    const machine = adversary.corrupt(core, tools);
    return {
      start: (at) => [...machine.start(at)],
      step: (event) =>
        // A node has no way to send anything to itself.
        machine.step(event).filter((effect) => effect.type !== "send" || effect.to !== index),
      get isBroken() {
        return core.isBroken;
      },
      get progress() {
        return core.progress;
      },
      get fees() {
        return core.fees;
      },
      get settlements() {
        return core.settlements;
      },
      get candidates() {
        return core.candidates;
      },
      get l1() {
        return core.l1;
      },
    };
  };
}

const { values } = parseArgs({
  options: {
    adversary: { type: "string" },
    seed: { type: "string", default: "1" },
    config: { type: "string" },
  },
});
const named = byzantine.get(values.adversary ?? "");
if (named === undefined || values.config === undefined) {
  process.stderr.write("usage: byzantine.ts --adversary NAME --seed N --config FILE\n");
  process.exit(2);
}
const config = await loadConfig({ path: values.config, environment: process.env, flags: {} });
const node = await startNode(config, {
  version: `byzantine ${values.adversary}`,
  createCore: corrupted(named, new SeededRandom(Number(values.seed))),
});
const told = new Promise<undefined>((resolve) => {
  process.once("SIGTERM", () => resolve(undefined));
});
await Promise.race([told, node.failed]);
await node.close();
