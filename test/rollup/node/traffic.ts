// Payloads of traders who quote, trade, cancel, pay each other and withdraw; of some that are brought twice, and of noise.

import type { Action } from "../../../rollup/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { limit, market } from "../engine/world.ts";
import { priceUpdate, signed, traderKeys } from "./specs.ts";

export class Traffic {
  readonly #random: SeededRandom;
  readonly #nonces = traderKeys.map(() => 0);
  readonly #sent: Uint8Array[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** For one block at this time. */
  block(timeMs: number): Uint8Array[] {
    const random = this.#random;
    const payloads = Array.from({ length: random.between(1, 5) }, () => this.#list());
    if (random.chance(0.5)) payloads.push(priceUpdate(600_000 + random.between(-400, 400), timeMs));
    if (random.chance(0.3)) payloads.push(random.pick(this.#sent));
    if (random.chance(0.3)) payloads.push(Uint8Array.of(1, ...random.pick(this.#sent).slice(2)));
    return payloads;
  }

  #list(): Uint8Array {
    const trader = this.#random.between(0, traderKeys.length - 1);
    const nonce = (this.#nonces[trader] ?? 0) + 1;
    this.#nonces[trader] = nonce;
    const actions = Array.from({ length: this.#random.between(1, 3) }, () => this.#action(trader));
    const list = signed(trader, { nonce, actions });
    this.#sent.push(list);
    return list;
  }

  #action(trader: number): Action {
    const random = this.#random;
    const kind = random.fraction();
    if (kind < 0.1) return { type: "cancel", market, orderNonce: 0 };
    if (kind < 0.15) return { type: "transfer", to: 2 + ((trader + 1) % 3), quanta: 10n ** 12n };
    if (kind < 0.2)
      return { type: "withdraw", tokenAmount: 1_000_000n, to: new Uint8Array(20).fill(7) };
    const ticks = 600_000 + random.between(-300, 300);
    return limit(random.chance(0.5), ticks, random.between(1, 50), { flags: 8 });
  }
}
