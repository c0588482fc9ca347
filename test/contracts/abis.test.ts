// What is written of the contracts by hand, by the node, by the commands on L1 and by the rollup, held against what the compiler made.
import { join } from "node:path";
import { Interface } from "ethers";
import { expect, test } from "vitest";
import * as commands from "../../l1/abi.ts";
import { readArtifact } from "../../l1/index.ts";
import * as rollup from "../../rollup/settlement/index.ts";
import * as node from "../../sequencer/settlement/abi.ts";

const root = join(import.meta.dirname, "..", "..");

test.each([
  { by: "the commands", source: "Hub", abi: commands.hubAbi },
  { by: "the commands", source: "Stake", abi: commands.stakeAbi },
  { by: "the commands", source: "Rollups", abi: commands.rollupsAbi },
  { by: "the commands", source: "Settlement", abi: commands.settlementAbi },
  { by: "the commands", source: "devnet/FeeToken", abi: commands.tokenAbi },
  { by: "the nodes", source: "Hub", abi: node.hubAbi },
  { by: "the nodes", source: "Stake", abi: node.stakeAbi },
  { by: "the nodes", source: "Rollups", abi: node.rollupsAbi },
  { by: "the nodes", source: "Settlement", abi: node.settlementAbi },
  { by: "the nodes", source: "Bundle", abi: node.bundleAbi },
  { by: "the rollup", source: "derivatives/Vault", abi: rollup.vaultAbi },
  { by: "the rollup", source: "derivatives/Steps", abi: rollup.stepsAbi },
  { by: "the rollup", source: "Settlement", abi: rollup.settlementAbi },
  { by: "the rollup", source: "devnet/FeeToken", abi: rollup.tokenAbi },
])(
  "what $by say of $source is there, with these arguments and answers",
  async ({ source, abi }) => {
    const { abi: made } = await readArtifact(root, source);
    // Types, answers and what is indexed; names are ours to choose. Another token may look up what this one is made with.
    const known = new Interface([...made]).fragments.map((each) =>
      each.format("minimal").replace(" pure ", " view "),
    );
    const written = abi.fragments.filter(({ type }) => type !== "constructor");
    expect(written.length).toBeGreaterThan(0);
    for (const fragment of written) expect(known).toContain(fragment.format("minimal"));
  },
);
