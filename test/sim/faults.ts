// What goes wrong, and when: a run is a row of eras, each with its own weather, cuts and ways to die.

import { quorum } from "../../protocol/index.ts";
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
  /** Added to what is under way between two processes, µs: slow links, or one slow node. */
  readonly slowness: (from: number, to: number) => number;
  /** How many times as long as usual a synced write takes. */
  readonly diskFactor: (process: Process) => number;
  /** Everyone loses power when the era begins. */
  readonly isBlackout: boolean;
  /** Who is stopped in peace when it begins, and starts again. */
  readonly restarts: readonly Process[];
}

/** No faults: from here on things have to go forward. */
export const calm: Omit<Era, "duration"> = {
  weather: fairWeather,
  isCut: () => false,
  isFatal: () => false,
  slowness: () => 0,
  diskFactor: () => 1,
  isBlackout: false,
  restarts: [],
};

/** Kinds of faults that a run may be spared, to see whether it fails without them as well. */
export const faultNames = [
  "crashes",
  "blackouts",
  "restarts",
  "cuts",
  "loss",
  "repeats",
  "hold-ups",
  "slow-links",
  "slow-disks",
  "skew",
  "l1-stalls",
] as const;
export type FaultName = (typeof faultNames)[number];

/** The same era, spared of some faults. */
export function spared(era: Era, without: readonly FaultName[]): Era {
  if (without.length === 0) return era;
  const has = (name: FaultName): boolean => !without.includes(name);
  return {
    duration: era.duration,
    weather: {
      ...era.weather,
      lossRate: has("loss") ? era.weather.lossRate : 0,
      repeatRate: has("repeats") ? era.weather.repeatRate : 0,
      holdUpRate: has("hold-ups") ? era.weather.holdUpRate : 0,
    },
    isCut: has("cuts") ? era.isCut : calm.isCut,
    isFatal: has("crashes") ? era.isFatal : calm.isFatal,
    slowness: has("slow-links") ? era.slowness : calm.slowness,
    diskFactor: has("slow-disks") ? era.diskFactor : calm.diskFactor,
    isBlackout: has("blackouts") && era.isBlackout,
    restarts: has("restarts") ? era.restarts : [],
  };
}

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
    slowness: nextSlowness(random, processes),
    diskFactor: nextDiskFactor(random, processes),
    isBlackout: random.chance(0.08),
    restarts: random.chance(0.1) ? [random.pick(processes)] : [],
  };
}

/**
 * From here on things have to go forward for `core`, whatever the others do. Links between members of the core are
 * good; the rest is cut off for ever on any links in any direction, and goes on dying.
 */
export function healedCore(
  random: SeededRandom,
  processes: readonly Process[],
  core: readonly Process[],
): Omit<Era, "duration"> {
  const isCore = processes.map((process) => core.includes(process));
  const cuts = processes.map(() => processes.map(() => random.chance(0.5)));
  return {
    ...calm,
    isCut: (from, to) =>
      !(isCore[from] === true && isCore[to] === true) && cuts[from]?.[to] === true,
    isFatal: (process) => isCore[process.id] !== true && random.chance(0.001),
  };
}

/** A quorum of honest processes, by chance. */
export function pickCore(
  random: SeededRandom,
  honest: readonly Process[],
  seats: number,
): readonly Process[] {
  const core = [...honest];
  while (core.length > quorum(seats)) core.splice(random.between(0, core.length - 1), 1);
  return core;
}

function nextSlowness(
  random: SeededRandom,
  processes: readonly Process[],
): (from: number, to: number) => number {
  const one = random.between(0, processes.length - 1);
  const delay = random.pick([30_000, 150_000, 600_000]);
  const links = processes.map(() => processes.map(() => random.chance(0.3)));
  return random.pick([
    () => 0,
    () => 0,
    () => 0,
    (from: number, to: number) => (from === one || to === one ? delay : 0),
    (from: number) => (from === one ? delay : 0),
    (from: number, to: number) => (links[from]?.[to] === true ? delay : 0),
  ]);
}

function nextDiskFactor(
  random: SeededRandom,
  processes: readonly Process[],
): (process: Process) => number {
  const slow = random.pick(processes);
  const factor = random.pick([10, 100]);
  return random.pick([
    () => 1,
    () => 1,
    () => 1,
    (process: Process) => (process === slow ? factor : 1),
  ]);
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
