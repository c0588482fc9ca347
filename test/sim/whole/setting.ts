// Where whole cores run, whichever campaign runs them: one genesis, the same first block of L1 on every disk, and for who
// is corrupted no more than its own keys.

import type {
  Committee,
  Genesis,
  Micros,
  Parameters,
  ValidatorIndex,
} from "../../../protocol/index.ts";
import { L1Log } from "../../../sequencer/l1-log.ts";
import { emptyPayloadOn, type Tools } from "../adversaries/index.ts";
import type { SimDisk } from "../disk.ts";
import type { SeededRandom } from "../random.ts";
import { fakeLaneSignatures, fakeSignatures } from "../signatures.ts";
import { chainId, firstL1Block } from "./clients.ts";

export const domain: Uint8Array = new Uint8Array(32).fill(1);

export function genesisOf(committee: Committee, parameters: Parameters): Genesis {
  return {
    chainId,
    contracts: { hub: new Uint8Array(20).fill(1), rollups: new Uint8Array(20).fill(2) },
    l1Start: 1,
    committee,
    parameters,
  };
}

/** As if the node had read the first block of L1 before. */
export function furnish(disk: SimDisk, now: Micros): void {
  for (const effect of new L1Log(1, []).append(firstL1Block, now, 0))
    if (effect.type === "persist") disk.writeNow(effect.writes, true);
}

/** For the corrupted validator of this seat. */
export function toolsOf(
  index: ValidatorIndex,
  { committee, parameters }: Genesis,
  random: SeededRandom,
): Tools {
  return {
    index,
    committee,
    parameters,
    domain,
    random,
    votes: fakeSignatures(index),
    lanes: fakeLaneSignatures(index),
    emptyPayload: emptyPayloadOn,
  };
}
