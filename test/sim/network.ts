// Links between processes that lose, delay, repeat and reorder what they carry, and are cut in either direction.

import type { SeededRandom } from "./random.ts";
import type { World } from "./world.ts";

/** How bad the links are; times in µs. */
export interface Weather {
  readonly latencyMin: number;
  readonly latencyMax: number;
  readonly lossRate: number;
  readonly repeatRate: number;
  /** Now and then a message is held up for this long. */
  readonly holdUpRate: number;
  readonly holdUpMax: number;
}

export const fairWeather: Weather = {
  latencyMin: 1_000,
  latencyMax: 12_000,
  lossRate: 0,
  repeatRate: 0,
  holdUpRate: 0,
  holdUpMax: 0,
};

export class Network<Message> {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #deliver: (from: number, to: number, message: Message) => void;
  #weather: Weather = fairWeather;
  #isCut: (from: number, to: number) => boolean = () => false;
  #slowness: (from: number, to: number) => number = () => 0;
  messages = 0;

  constructor(
    world: World,
    random: SeededRandom,
    deliver: (from: number, to: number, message: Message) => void,
  ) {
    this.#world = world;
    this.#random = random;
    this.#deliver = deliver;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
  }

  /** Which links carry nothing, from process to process: a cut may be one-sided. */
  set cut(isCut: (from: number, to: number) => boolean) {
    this.#isCut = isCut;
  }

  /** What a link adds to the delay of all that it carries, µs. */
  set slowness(slowness: (from: number, to: number) => number) {
    this.#slowness = slowness;
  }

  send(from: number, to: number, message: Message): void {
    const { lossRate, repeatRate } = this.#weather;
    this.messages += 1;
    if (this.#isCut(from, to) || this.#random.chance(lossRate)) return;
    const copies = this.#random.chance(repeatRate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      this.#world.after(this.#delay() + this.#slowness(from, to), () => {
        // A cut also takes what is under way.
        if (!this.#isCut(from, to)) this.#deliver(from, to, message);
      });
  }

  #delay(): number {
    const { latencyMin, latencyMax, holdUpRate, holdUpMax } = this.#weather;
    const heldUp = this.#random.chance(holdUpRate) ? this.#random.between(0, holdUpMax) : 0;
    return this.#random.between(latencyMin, latencyMax) + heldUp;
  }
}
