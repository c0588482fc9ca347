// The processes that run the perpetuals rollup: one that traders use, and one that executes the same for itself and tells the
// L1 the roots.

import { join } from "node:path";
import { namespaces } from "../contracts.ts";
import type { Devnet } from "../devnet.ts";
import { commandOptions, Follower, type FollowerProgram } from "../follower.ts";
import { type PerpetualsDeployment, perpetualsNamespace } from "./deployment.ts";

export interface NodesRequest {
  /** From one proposal of a root to the next, while there is trade. */
  readonly proposeSeconds: number;
}

/** While nothing else happens: well below the age at which the rollup takes no new risk. */
const idleSeconds = 120;

/** Those of the perpetuals rollup, and of another one that executes nothing. */
export function followersOf(
  { perpetuals }: Devnet,
  { proposeSeconds }: NodesRequest,
): readonly Follower[] {
  return namespaces.flatMap((namespace) => {
    if (perpetuals === undefined || namespace !== perpetualsNamespace)
      return [new Follower(namespace)];
    return [traderNode(perpetuals), proposer(perpetuals, proposeSeconds)].map(
      (program) => new Follower(namespace, program),
    );
  });
}

function traderNode({ specFile, marketsFile, apiPort }: PerpetualsDeployment): FollowerProgram {
  const name = "perpetuals";
  return {
    name,
    command: (devnet) => [
      join(devnet.place.root, "rollup", "node", "main.ts"),
      "run",
      ...commandOptions({
        ...common(devnet, specFile),
        data: join(devnet.place.folder, name),
        // A few lists a second need no help.
        threads: 0,
        "api-port": apiPort,
        markets: marketsFile,
      }),
      "--json",
    ],
  };
}

function proposer(
  { specFile, proposerFile }: PerpetualsDeployment,
  proposeSeconds: number,
): FollowerProgram {
  return {
    name: "proposer",
    command: (devnet) => [
      join(devnet.place.root, "rollup", "settlement", "main.ts"),
      ...commandOptions({
        ...common(devnet, specFile),
        l1: devnet.l1.url,
        key: proposerFile,
        every: proposeSeconds,
        idle: idleSeconds,
      }),
      "--json",
    ],
  };
}

function common(
  { place, validators }: Devnet,
  spec: string,
): { readonly genesis: string; readonly spec: string; readonly endpoints: string } {
  const genesis = join(place.folder, "genesis.json");
  return { genesis, spec, endpoints: validators.map(({ api }) => api.url).join(",") };
}
