// Both harnesses behind one door, for the commands.

import type { SealingGroup } from "../../crypto/index.ts";
import type { AdversaryName } from "./adversaries/index.ts";
import type { CommonOptions, CommonReport } from "./campaign-options.ts";
import { runEpochSeed } from "./epochs/campaign.ts";
import type { Observation } from "./observation.ts";
import type { ReplayOptions } from "./options.ts";
import { runSeed, wickedOf as wickedReplicas } from "./replicas/campaign.ts";
import { runCoreSeed, wickedOf as wickedCores } from "./whole/campaign.ts";
import { chainId } from "./whole/clients.ts";
import { TrueSealing } from "./whole/true-sealing.ts";

export type Campaign = (
  options: ReplayOptions,
  seed: number,
  watch?: (observation: Observation, now: number) => void,
) => Promise<CommonReport>;

/** Runs seeds. With a group, what is to be sealed is truly sealed; dealing the keys takes a while, and is done once. */
export function campaignOf(group: SealingGroup | undefined, n: number): Campaign {
  const sealing = group === undefined ? undefined : new TrueSealing(group, chainId, n);
  return async (options, seed, watch) => {
    const common: CommonOptions = {
      seed,
      n: options.n,
      views: options.views,
      mode: options.mode,
      without: options.without,
      ...(options.adversaries === undefined ? {} : { adversaryNames: options.adversaries }),
      ...(options.wicked === undefined ? {} : { wicked: options.wicked }),
      ...(watch === undefined ? {} : { watch }),
    };
    if (options.harness === "replicas") return runSeed(common);
    if (options.harness === "epochs") {
      const report = await runEpochSeed(common);
      return { recovery: 0, adversaries: [], coverage: new Map(), ...report };
    }
    // The bound on waiting was measured where everything is opened as soon as it is final.
    const lost = { losesShares: true, ignored: ["inclusion-bound"] };
    return runCoreSeed({
      ...common,
      ...(sealing === undefined ? {} : { sealing }),
      ...(options.losesShares ? lost : {}),
    });
  };
}

/** Who is Byzantine in such a run. */
export function wickedIn(options: ReplayOptions, seed: number): ReadonlyMap<number, AdversaryName> {
  if (options.wicked !== undefined) return options.wicked;
  if (options.harness === "epochs") return new Map();
  const { n, adversaries } = options;
  const picked = { seed, n, ...(adversaries === undefined ? {} : { adversaryNames: adversaries }) };
  return options.harness === "replicas" ? wickedReplicas(picked) : wickedCores(picked);
}
