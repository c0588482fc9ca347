// What goes wrong, and when: a list of scenes that follows from a seed. First each kind of fault once, in an order of
// the seed's; then, for as long as is wanted, several at a time. At most f validators are in trouble at once, except where the
// whole committee is cut in two or loses its power.

import { faultyMax } from "../../protocol/index.ts";
import { SeededRandom } from "../sim/random.ts";

export type Fault =
  /** Killed without a chance to say or write anything, and started again. */
  | { readonly type: "kill"; readonly seats: readonly number[] }
  /** Stands still with its connections open. */
  | { readonly type: "pause"; readonly seats: readonly number[] }
  /** Stopped as an operator stops it, and started again. */
  | { readonly type: "stop"; readonly seats: readonly number[] }
  /** Neither hears the others nor is heard by them. */
  | { readonly type: "isolate"; readonly seats: readonly number[] }
  /** Hears the others, and is not heard. */
  | { readonly type: "unheard"; readonly seats: readonly number[] }
  /** Is heard by the others, and hears nothing. */
  | { readonly type: "deaf"; readonly seats: readonly number[] }
  /** No space is left; there is some again later. */
  | { readonly type: "disk-full"; readonly seats: readonly number[] }
  /** Finds its disk read-only when it is started after a kill. */
  | { readonly type: "read-only"; readonly seats: readonly number[] }
  /** Runs the true node with a corrupted core. */
  | { readonly type: "byzantine"; readonly seats: readonly number[]; readonly adversary: string }
  /** All their connections break, and can be made anew at once. */
  | { readonly type: "reset"; readonly seats: readonly number[] }
  /** Every link gets a delay of its own up to this one, which stays until the next such fault. */
  | { readonly type: "slow"; readonly seats: readonly number[]; readonly delayMsMax: number }
  /** The committee falls into two parts that cannot hear each other, neither with a quorum. */
  | { readonly type: "split"; readonly seats: readonly number[] }
  /** Every validator is killed at the same moment. */
  | { readonly type: "power-loss"; readonly seats: readonly number[] };

export interface Scene {
  readonly faults: readonly Fault[];
  /** How long they last, at least. */
  readonly lastsMs: number;
}

export interface Plan {
  readonly validators: number;
  /** The one that runs corrupted cores when any does: nothing is promised of it in the whole run. */
  readonly byzantine: number;
  readonly scenes: readonly Scene[];
}

export interface PlanRequest {
  readonly seed: number;
  readonly validators: number;
  /** At least; never fewer than there are kinds of faults. */
  readonly scenes: number;
  /** Names of the corrupted cores: the first has a scene in any case, the others as long as there are scenes. */
  readonly adversaries: readonly string[];
  /** Whether the validators have disks of their own that can be made to fail. */
  readonly hasDisks: boolean;
  /** What a scene lasts at least, ms, from and to. */
  readonly lastsMs: readonly [number, number];
}

/** Those that trouble a few seats, so that the others must go on. */
const troubles = ["kill", "pause", "stop", "isolate", "unheard", "deaf"] as const;
const diskTroubles = ["disk-full", "read-only"] as const;

export function makePlan(request: PlanRequest): Plan {
  const random = new SeededRandom(request.seed);
  const byzantine = random.between(0, request.validators - 1);
  const [first = [], ...others] = request.adversaries.map((name) => [name]);
  const adversaries = [...first, ...shuffled(others.flat(), random)];
  const draw = new Draw(random, { ...request, adversaries }, byzantine);
  const tour = draw.tour();
  const more = Array.from({ length: Math.max(0, request.scenes - tour.length) }, (_, turn) =>
    draw.scene(turn),
  );
  return { validators: request.validators, byzantine, scenes: [...tour, ...more] };
}

/** Whether a quorum of honest validators can talk to one another in this scene, so that the chain must go on. */
export function mustGoOn({ faults }: Scene, validators: number): boolean {
  if (faults.some(({ type }) => type === "split" || type === "power-loss")) return false;
  return troubled(faults).size <= faultyMax(validators);
}

/** Those who cannot do their part. */
export function troubled(faults: readonly Fault[]): ReadonlySet<number> {
  return new Set(faults.flatMap(({ type, seats }) => (type === "reset" ? [] : seats)));
}

export function describeScene({ faults, lastsMs }: Scene): string {
  return `${faults.map(describe).join(" + ")}, ${(lastsMs / 1_000).toFixed(1)} s`;
}

function describe(fault: Fault): string {
  if (fault.type === "slow") return `slow links up to ${fault.delayMsMax} ms`;
  if (fault.type === "power-loss") return "power loss of all";
  const who = fault.seats.join(",");
  return fault.type === "byzantine" ? `${fault.adversary} at ${who}` : `${fault.type} ${who}`;
}

class Draw {
  readonly #random: SeededRandom;
  readonly #request: PlanRequest;
  readonly #byzantine: number;

  constructor(random: SeededRandom, request: PlanRequest, byzantine: number) {
    this.#random = random;
    this.#request = request;
    this.#byzantine = byzantine;
  }

  /** Every kind once. */
  tour(): readonly Scene[] {
    const { hasDisks, adversaries, validators } = this.#request;
    const kinds = [...troubles, ...(hasDisks ? diskTroubles : [])];
    const scenes = [
      ...kinds.map((type) => this.#lasting([{ type, seats: this.#seats(1, []) }])),
      ...adversaries.slice(0, 1).map((adversary) => this.#withByzantine(adversary, [this.#slow()])),
      this.#lasting([this.#split(), { type: "reset", seats: this.#seats(validators, []) }]),
      this.#lasting([this.#powerLoss()]),
    ];
    return shuffled(scenes, this.#random);
  }

  /** Several faults at a time. */
  scene(turn: number): Scene {
    const { validators, adversaries } = this.#request;
    const f = faultyMax(validators);
    if (turn % 3 === 0 && adversaries.length > 0) {
      const adversary = adversaries[(turn / 3 + 1) % adversaries.length] ?? "";
      return this.#withByzantine(adversary, this.#troubles(f - 1), this.#weather());
    }
    if (this.#random.chance(0.1)) return this.#lasting([this.#powerLoss()]);
    if (this.#random.chance(0.1)) return this.#lasting([this.#split(), ...this.#weather()]);
    return this.#lasting([...this.#troubles(f), ...this.#weather()]);
  }

  #withByzantine(adversary: string, ...others: readonly (readonly Fault[])[]): Scene {
    const seats = [this.#byzantine];
    const scene = this.#lasting([{ type: "byzantine", seats, adversary }, ...others.flat()]);
    return { ...scene, lastsMs: scene.lastsMs + byzantineMs };
  }

  /** Of one to so many different seats, one trouble each; never of the one that may run a corrupted core. */
  #troubles(most: number): readonly Fault[] {
    if (most < 1) return [];
    const seats = this.#seats(this.#random.between(1, most), [this.#byzantine]);
    if (seats.length > 1 && this.#random.chance(0.5)) return [{ type: this.#trouble(), seats }];
    return seats.map((seat) => ({ type: this.#trouble(), seats: [seat] }));
  }

  #trouble(): (typeof troubles)[number] | (typeof diskTroubles)[number] {
    return this.#random.pick([...troubles, ...(this.#request.hasDisks ? diskTroubles : [])]);
  }

  #weather(): readonly Fault[] {
    const faults: Fault[] = [];
    if (this.#random.chance(0.5)) faults.push(this.#slow());
    if (this.#random.chance(0.3))
      faults.push({ type: "reset", seats: this.#seats(this.#random.between(1, 3), []) });
    return faults;
  }

  #slow(): Fault {
    return { type: "slow", seats: [], delayMsMax: this.#random.pick([0, 5, 20, 50, 100]) };
  }

  #split(): Fault {
    return { type: "split", seats: this.#seats(Math.floor(this.#request.validators / 2), []) };
  }

  #powerLoss(): Fault {
    return { type: "power-loss", seats: this.#seats(this.#request.validators, []) };
  }

  #seats(count: number, without: readonly number[]): readonly number[] {
    const all = Array.from({ length: this.#request.validators }, (_, seat) => seat);
    const others = all.filter((seat) => !without.includes(seat));
    const chosen = shuffled(others, this.#random).slice(0, count);
    return chosen.toSorted((a, b) => a - b);
  }

  #lasting(faults: readonly Fault[]): Scene {
    return { faults, lastsMs: this.#random.between(...this.#request.lastsMs) };
  }
}

function shuffled<T>(items: readonly T[], random: SeededRandom): readonly T[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.between(0, rest.length - 1), 1)[0] as T);
}

/** What a corrupted core gets on top, to have its turn as a leader several times. */
const byzantineMs = 3_000;
