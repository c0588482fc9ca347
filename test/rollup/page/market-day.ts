// A house in which something happens: makers that quote around a price that wanders, takers, and now and then a fall that
// liquidates who has borrowed too much. From a seed.

import { SeededRandom } from "../../sim/random.ts";
import type { House } from "../api/house.ts";
import { limit, market } from "../engine/world.ts";

const makers = [2, 3, 4];
const takers = [5, 6, 7, 8];
const gambler = 9;

export class MarketDay {
  readonly house: House;
  readonly #random: SeededRandom;
  price = 600_000;

  constructor(house: House, seed: number) {
    this.house = house;
    this.#random = new SeededRandom(seed);
    for (const trader of [...makers, ...takers]) house.world.deposit(trader, 1_000_000);
    // All of it in one position, close to where it must be closed.
    house.world.deposit(gambler, 400);
    house.run(this.price);
    this.#quote();
    house.run(this.price);
    house.world.act(gambler, limit(true, this.price + 3_000, 120, { timeInForce: 1 }));
    house.run(this.price);
  }

  /** One batch. */
  step(fall = 0): void {
    const random = this.#random;
    this.price += random.between(-220, 230) - fall;
    this.#quote();
    for (const taker of takers) {
      if (!random.chance(0.35)) continue;
      const isBuy = random.chance(0.5);
      const ticks = this.price + (isBuy ? 600 : -600);
      this.house.world.act(taker, limit(isBuy, ticks, random.between(1, 400), { timeInForce: 1 }));
    }
    this.house.run(this.price);
  }

  #quote(): void {
    const random = this.#random;
    for (const maker of makers) {
      if (!random.chance(0.7)) continue;
      const quotes = [1, 2, 3, 4, 5, 6].flatMap((level) => {
        const away = level * 90 + random.between(0, 8) * 10;
        const lots = random.between(20, 260) * level;
        return [limit(true, this.price - away, lots), limit(false, this.price + away, lots)];
      });
      this.house.world.act(maker, { type: "cancel", market, orderNonce: 0 }, ...quotes);
    }
  }
}
