// What goes wrong, and when: a run is a row of eras, each with its own weather, cuts and ways to die.

import type { Process } from "./cluster.ts";
import { fairWeather, type Weather } from "./network.ts";
import type { SeededRandom } from "./random.ts";

/** As much as it takes to tell effects apart. */
export interface Seen {
  readonly type: string;
  readonly sync?: boolean;
  readonly message?: { readonly type: string; readonly kind?: unknown };
}

export interface Era {
  readonly duration: number;
  readonly weather: Weather;
  readonly isCut: (from: number, to: number) => boolean;
  readonly isFatal: (process: Process, effect: Seen) => boolean;
  /** Everyone loses power when the era begins. */
  readonly isBlackout: boolean;
}

/** No faults: from here on things have to go forward. */
export const calm: Omit<Era, "duration"> = {
  weather: fairWeather,
  isCut: () => false,
  isFatal: () => false,
  isBlackout: false,
};

export type Boundary = "sync" | "write" | "prepare" | "commit" | "skip" | "propose" | "anything";

/** What a process may just have done when it dies. Uniformly random instants practically never hit a missing fsync. */
const boundaries: Readonly<Record<Boundary, (effect: Seen) => boolean>> = {
  sync: (effect) => effect.type === "persist" && effect.sync === true,
  write: (effect) => effect.type === "persist" && effect.sync !== true,
  prepare: (effect) => isVote(effect, "prepare"),
  commit: (effect) => isVote(effect, "commit"),
  skip: (effect) => isVote(effect, "skip"),
  propose: (effect) => effect.type === "broadcast" && effect.message?.type === "propose",
  anything: () => true,
};

export function nextEra(
  random: SeededRandom,
  processes: readonly Process[],
  crashAfter?: Boundary,
): Era {
  const dieAfter = boundaries[crashAfter ?? random.pick(Object.keys(boundaries) as Boundary[])];
  const rate = random.pick([0, 0, 0.01, 0.05, 0.2]);
  return {
    duration: random.between(100_000, 1_200_000),
    weather: nextWeather(random),
    isCut: nextCut(random, processes),
    isFatal: (process, effect) => process.isHonest && dieAfter(effect) && random.chance(rate),
    isBlackout: random.chance(0.08),
  };
}

function nextWeather(random: SeededRandom): Weather {
  const latencyMin = random.pick([200, 1_000, 10_000]);
  return {
    latencyMin,
    latencyMax: latencyMin * random.pick([2, 8, 15]),
    lossRate: random.pick([0, 0, 0.02, 0.1, 0.3]),
    repeatRate: random.pick([0, 0.05, 0.3]),
    holdUpRate: random.pick([0, 0.02, 0.2]),
    holdUpMax: random.pick([50_000, 400_000]),
  };
}

function nextCut(
  random: SeededRandom,
  processes: readonly Process[],
): (from: number, to: number) => boolean {
  const isLeft = processes.map(() => random.chance(0.5));
  const lone = random.between(0, processes.length - 1);
  const links = processes.map(() => processes.map(() => random.chance(0.25)));
  return random.pick([
    () => false,
    () => false,
    (from: number, to: number) => isLeft[from] !== isLeft[to],
    // One-sided: the left is not heard by the right, but hears it.
    (from: number, to: number) => isLeft[from] === true && isLeft[to] === false,
    (from: number, to: number) => from === lone || to === lone,
    (from: number, to: number) => links[from]?.[to] === true,
    () => true,
  ]);
}

function isVote({ type, message }: Seen, kind: string): boolean {
  return type === "broadcast" && message?.type === "vote" && message.kind === kind;
}
