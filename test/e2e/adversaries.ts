// Who there may be at the one corrupted seat: the simulator's adversaries, and one that must be found out.

import { type Adversary, adversaries, adversaryNames } from "../sim/adversaries/index.ts";
import { perjurer } from "./perjurer.ts";

/** By name, the one first that every run meets. Twins would need two processes with one key, and ports of their own. */
export const byzantine: ReadonlyMap<string, Adversary> = new Map([
  ["perjurer", perjurer],
  ...adversaryNames
    .filter((name) => adversaries[name].isTwofold !== true)
    .map((name) => [name, adversaries[name]] as const),
]);
