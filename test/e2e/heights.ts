// Where each validator stands, asked again and again, of each by itself: one that stands still holds up no other.

import { setTimeout as sleep } from "node:timers/promises";
import type { Validator } from "../../deploy/devnet/validators.ts";

export interface Standing {
  readonly final: number;
  /** Opened, with all before it. */
  readonly opened: number;
  /** When it answered, on the clock of `performance.now`. */
  readonly at: number;
}

const everyMs = 200;
/** Far beyond what an answer takes: one that does not come is asked for again. */
const patienceMs = 2_000;

export class Heights {
  readonly #standings = new Map<number, Standing>();

  /** Until the signal says so. */
  async run(validators: readonly Validator[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      validators.map(async (validator) => {
        while (!signal.aborted) {
          await this.#ask(validator);
          await sleep(everyMs);
        }
      }),
    );
  }

  /** What it said last. */
  of(seat: number): Standing | undefined {
    return this.#standings.get(seat);
  }

  /** The greatest height that one of these says is final. */
  final(seats: readonly number[]): number {
    return Math.max(0, ...seats.map((seat) => this.#standings.get(seat)?.final ?? 0));
  }

  async #ask({ index, api }: Validator): Promise<void> {
    const asked = performance.now();
    const answer = await Promise.race([
      api.status().catch(() => undefined),
      sleep(patienceMs, undefined),
    ]);
    if (answer === undefined) return;
    const { final, opened } = answer;
    // What was asked before something happened says nothing of what came after it.
    this.#standings.set(index, { final, opened, at: asked });
  }
}
