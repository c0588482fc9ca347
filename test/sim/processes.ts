// Who takes part in a run, and who of them is Byzantine.

import { faultyMax, ValidatorIndex } from "../../protocol/index.ts";
import { adversaries, type AdversaryName } from "./adversaries/index.ts";
import type { Process } from "./cluster.ts";
import type { SeededRandom } from "./random.ts";

/** Adversaries by seat: up to as many as the protocol stands, of these names. */
export function pickAdversaries(
  random: SeededRandom,
  seats: number,
  names: readonly AdversaryName[],
): Map<number, AdversaryName> {
  const wicked = new Map<number, AdversaryName>();
  const count = names.length === 0 ? 0 : random.between(0, faultyMax(seats));
  while (wicked.size < count) wicked.set(random.between(0, seats - 1), random.pick(names));
  return wicked;
}

/** Whether so many seats are what the protocol stands. */
export function isTolerable(seats: number, wicked: ReadonlyMap<number, AdversaryName>): boolean {
  return wicked.size <= faultyMax(seats) && [...wicked.keys()].every((seat) => seat < seats);
}

/** One process for each seat, and a second one for twins. */
export function layOut(seats: number, wicked: ReadonlyMap<number, AdversaryName>): Process[] {
  const all = Array.from({ length: seats }, (_, seat) => seat);
  const twins = all.filter((seat) => {
    const name = wicked.get(seat);
    return name !== undefined && adversaries[name].isTwofold === true;
  });
  return [...all, ...twins].map((seat, id) => ({
    id,
    validator: ValidatorIndex(seat),
    isHonest: !wicked.has(seat),
  }));
}
