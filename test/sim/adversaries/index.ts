// Who there may be among the Byzantine seats, by name.

import type { Adversary } from "./adversary.ts";
import { backdater } from "./backdater.ts";
import { censor } from "./censor.ts";
import { chaos } from "./chaos.ts";
import { combiner } from "./combiner.ts";
import { equivocator } from "./equivocator.ts";
import { forger } from "./forger.ts";
import { forker } from "./forker.ts";
import { garbler } from "./garbler.ts";
import { leaker } from "./leaker.ts";
import { liar } from "./liar.ts";
import { mutator } from "./mutator.ts";
import { mute } from "./mute.ts";
import { selective } from "./selective.ts";
import { staller } from "./staller.ts";
import { stale } from "./stale.ts";
import { twins } from "./twins.ts";
import { withholder } from "./withholder.ts";

export type AdversaryName =
  | "backdater"
  | "censor"
  | "chaos"
  | "combiner"
  | "equivocator"
  | "forger"
  | "forker"
  | "garbler"
  | "leaker"
  | "liar"
  | "mutator"
  | "mute"
  | "selective"
  | "stale"
  | "staller"
  | "twins"
  | "withholder";

export const adversaries: Readonly<Record<AdversaryName, Adversary>> = {
  backdater,
  censor,
  chaos,
  combiner,
  equivocator,
  forger,
  forker,
  garbler,
  leaker,
  liar,
  mutator,
  mute,
  selective,
  stale,
  staller,
  twins,
  withholder,
};

export const adversaryNames: readonly AdversaryName[] = Object.keys(adversaries) as AdversaryName[];

/** Those that do harm where there is nothing but consensus. */
export const consensusAdversaries: readonly AdversaryName[] = adversaryNames.filter(
  (name) => adversaries[name].isOfConsensus,
);

export type { Adversary, Machine, Tools } from "./adversary.ts";
export { emptyPayloadOn } from "./empty-payload.ts";
