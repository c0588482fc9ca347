import type { ReplicaOptions, VoteSignatures } from "../../../consensus/index.ts";
import type { SimNode } from "../cluster.ts";
import type { SeededRandom } from "../random.ts";
import type { ToyEffect, ToyEvent } from "../replica-node.ts";
import { chaos } from "./chaos.ts";
import { forger } from "./forger.ts";
import { forker } from "./forker.ts";
import { mute } from "./mute.ts";
import { selective } from "./selective.ts";
import { twins } from "./twins.ts";

export interface Tools {
  readonly options: ReplicaOptions;
  /** With the adversary's own key. */
  readonly signatures: VoteSignatures;
  readonly random: SeededRandom;
}

/** What a Byzantine validator makes of an honest machine. */
export interface Adversary {
  /** Runs as two processes with one key. */
  readonly isTwofold: boolean;
  corrupt(node: SimNode<ToyEvent, ToyEffect>, tools: Tools): SimNode<ToyEvent, ToyEffect>;
}

export type AdversaryName = "twins" | "mute" | "selective" | "chaos" | "forger" | "forker";

export const adversaries: Readonly<Record<AdversaryName, Adversary>> = {
  twins,
  mute,
  selective,
  chaos,
  forger,
  forker,
};
