// The ladder: as many levels as there is room for, the best ones nearest to the middle, each with what lies up to it.

import type { DepthJson, Level, MarketJson } from "../../api/index.ts";
import { byId, make, rows, show, tone } from "./dom.ts";
import { percent, steps } from "./numbers.ts";

const rowHeight = 22;

export class BookPanel {
  readonly #asks: HTMLElement = byId("asks");
  readonly #bids: HTMLElement = byId("bids");
  readonly #onPick: (ticks: number) => void;
  #lastTicks = 0;
  #direction = 0;

  constructor(onPick: (ticks: number) => void) {
    this.#onPick = onPick;
  }

  show(depth: DepthJson | undefined, market: MarketJson, own: ReadonlySet<number>): void {
    const room = Math.max(1, Math.floor(this.#asks.clientHeight / rowHeight));
    const bids = (depth?.bids ?? []).slice(0, room);
    const asks = (depth?.asks ?? []).slice(0, room);
    const most = Math.max(sumOf(bids), sumOf(asks), 1);
    this.#showSide(this.#bids, withTotals(bids), { most, market, own });
    // The best ask stands lowest.
    this.#showSide(this.#asks, withTotals(asks).reverse(), { most, market, own });
    byId("book-empty").hidden = bids.length + asks.length > 0;
    this.#showMiddle(depth, market);
  }

  #showSide(
    side: HTMLElement,
    levels: readonly (readonly [ticks: number, lots: number, total: number])[],
    scene: {
      readonly most: number;
      readonly market: MarketJson;
      readonly own: ReadonlySet<number>;
    },
  ): void {
    const { tickSize, lotSize } = scene.market;
    rows(side, levels.length, () => this.#makeRow()).forEach((row, at) => {
      const [ticks, lots, total] = levels[at] ?? [0, 0, 0];
      row.dataset["ticks"] = String(ticks);
      row.classList.toggle("own", scene.own.has(ticks));
      row.style.setProperty("--depth", `${((100 * total) / scene.most).toFixed(1)}%`);
      [steps(ticks, tickSize), steps(lots, lotSize), steps(total, lotSize)].forEach(
        (text, cell) => {
          const element = row.children[cell];
          if (element !== undefined) show(element, text);
        },
      );
    });
  }

  #makeRow(): HTMLElement {
    const row = make("div", "row num");
    row.append(make("span"), make("span"), make("span"));
    row.addEventListener("click", () => this.#onPick(Number(row.dataset["ticks"])));
    return row;
  }

  #showMiddle(depth: DepthJson | undefined, market: MarketJson): void {
    if (market.lastTicks !== this.#lastTicks) {
      this.#direction = this.#lastTicks === 0 ? 0 : market.lastTicks - this.#lastTicks;
      this.#lastTicks = market.lastTicks;
    }
    const price = byId("middle-price");
    const arrow = this.#direction > 0 ? " ↑" : this.#direction < 0 ? " ↓" : "";
    show(price, market.lastTicks === 0 ? "–" : steps(market.lastTicks, market.tickSize) + arrow);
    tone(price, this.#direction);
    const bid = depth?.bids[0]?.[0];
    const ask = depth?.asks[0]?.[0];
    const isTwoSided = bid !== undefined && ask !== undefined;
    const spread = isTwoSided ? ask - bid : 0;
    const text = `${steps(Math.abs(spread), market.tickSize)} (${percent(spread / (bid ?? 1), 3).replace("+", "")})`;
    show(byId("middle-spread"), isTwoSided ? `spread ${text}` : "");
  }
}

function withTotals(levels: readonly Level[]): [number, number, number][] {
  let total = 0;
  return levels.map(([ticks, lots]) => [ticks, lots, (total += lots)]);
}

function sumOf(levels: readonly Level[]): number {
  return levels.reduce((sum, [, lots]) => sum + lots, 0);
}
