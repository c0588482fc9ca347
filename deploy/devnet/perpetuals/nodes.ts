// The processes that run the perpetuals rollup: one that traders use, and others that only see for themselves.

import { join } from "node:path";
import { assert } from "../../../base/index.ts";
import { namespaces } from "../contracts.ts";
import type { Devnet } from "../devnet.ts";
import { commandOptions, Follower } from "../follower.ts";
import { perpetualsNamespace } from "./deployment.ts";

/** One for each namespace: of the perpetuals rollup its nodes, of which so many are witnesses. */
export function followersOf({ perpetuals }: Devnet, witnesses: number): readonly Follower[] {
  return namespaces.flatMap((namespace) => {
    if (perpetuals === undefined || namespace !== perpetualsNamespace)
      return [new Follower(namespace)];
    const { apiPort } = perpetuals;
    const others = Array.from({ length: witnesses }, (_, i) => ({ name: `perpetuals-${i + 2}` }));
    return [{ name: "perpetuals", apiPort }, ...others].map(perpetualsNode);
  });
}

interface NodeRequest {
  readonly name: string;
  /** Of the interface for traders; without it there is none. */
  readonly apiPort?: number;
}

function perpetualsNode({ name, apiPort }: NodeRequest): Follower {
  return new Follower(perpetualsNamespace, {
    name,
    command: ({ place, validators, perpetuals }) => {
      assert(perpetuals !== undefined, "there is a rollup to be run");
      const options = {
        genesis: join(place.folder, "genesis.json"),
        spec: perpetuals.specFile,
        endpoints: validators.map(({ api }) => api.url).join(","),
        data: join(place.folder, name),
        // A few lists a second need no help.
        threads: 0,
        ...(apiPort === undefined ? {} : { "api-port": apiPort, markets: perpetuals.marketsFile }),
      };
      const main = join(place.root, "rollup", "node", "main.ts");
      return [main, "run", ...commandOptions(options), "--json"];
    },
  });
}
