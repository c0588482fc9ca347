// What traded, and what had to: the newest first.

import type { LiquidationJson, MarketJson, TradeJson } from "../../api/index.ts";
import { byId, choices, make, rows, show, tone } from "./dom.ts";
import { clock, money, steps } from "./numbers.ts";

type Tab = "trades" | "liquidations";

export interface TapeScene {
  readonly trades: readonly TradeJson[];
  readonly liquidations: readonly LiquidationJson[];
  readonly market: MarketJson;
  readonly markets: readonly MarketJson[];
}

const shownMax = 60;

export class TapePanel {
  #tab: Tab = "trades";
  #scene: TapeScene | undefined;

  constructor() {
    const names = { trades: "Trades", liquidations: "Liquidations" };
    const press = choices<Tab>(byId("tape-tabs"), names, (tab) => {
      this.#tab = tab;
      byId("tape").replaceChildren();
      this.#draw();
    });
    press("trades");
    byId("tape-tabs").lastElementChild?.append(make("span", "count"));
  }

  show(scene: TapeScene): void {
    this.#scene = scene;
    this.#draw();
  }

  #draw(): void {
    const scene = this.#scene;
    if (scene === undefined) return;
    const count = byId("tape-tabs").querySelector(".count");
    if (count !== null)
      show(count, scene.liquidations.length === 0 ? "" : String(scene.liquidations.length));
    const isTrades = this.#tab === "trades";
    const titles = isTrades ? ["Price", "Size", "Time"] : ["Time", "What", "Size"];
    rows(byId("tape-columns"), 3, () => make("span")).forEach((cell, at) =>
      show(cell, titles[at] ?? ""),
    );
    if (isTrades) this.#drawTrades(scene);
    else this.#drawLiquidations(scene);
  }

  #drawTrades({ trades, market }: TapeScene): void {
    const newest = trades.slice(-shownMax - 1).reverse();
    const shown = newest.slice(0, shownMax);
    if (this.#isEmpty(shown.length, "No trades yet")) return;
    const all = rows(byId("tape"), shown.length, makeRow);
    for (const [at, trade] of shown.entries()) {
      const row = all[at];
      if (row === undefined) return;
      const before = newest[at + 1];
      row.className = trade.liquidatedLots > 0 ? "row num liquidated" : "row num";
      fill(row, [
        steps(trade.priceTicks, market.tickSize),
        steps(trade.lots, market.lotSize),
        clock(trade.timeMs),
      ]);
      if (row.firstElementChild !== null)
        tone(
          row.firstElementChild,
          before === undefined ? 0 : trade.priceTicks - before.priceTicks,
        );
    }
  }

  #drawLiquidations({ liquidations, markets }: TapeScene): void {
    const shown = liquidations.slice(-shownMax).reverse();
    if (this.#isEmpty(shown.length, "Nobody was liquidated")) return;
    const all = rows(byId("tape"), shown.length, makeRow);
    for (const [at, each] of shown.entries()) {
      const row = all[at];
      if (row === undefined) return;
      row.className = "row num wide";
      fill(row, [clock(each.timeMs), ...describe(each, markets)]);
    }
  }

  #isEmpty(count: number, text: string): boolean {
    const tape = byId("tape");
    const isEmpty = count === 0;
    const isShown = tape.firstElementChild?.className === "empty";
    if (isEmpty && !isShown) tape.replaceChildren(make("p", "empty", text));
    if (!isEmpty && isShown) tape.replaceChildren();
    return isEmpty;
  }
}

function describe(each: LiquidationJson, markets: readonly MarketJson[]): [string, string] {
  if (each.type === "takeover")
    return [`#${each.account} taken over`, `${money(each.equity)} USDC`];
  const market = markets.find(({ id }) => id === each.market);
  const size = steps(each.lots, market?.lotSize ?? "1");
  if (each.type === "deleveraged")
    return [`#${each.against} deleveraged, ${market?.name ?? each.market}`, size];
  const price = steps(each.priceTicks, market?.tickSize ?? "1");
  return [`#${each.account} ${each.isBuy ? "bought" : "sold"} at ${price}`, size];
}

function makeRow(): HTMLElement {
  const row = make("div", "row num");
  row.append(make("span"), make("span"), make("span"));
  return row;
}

function fill(row: HTMLElement, texts: readonly string[]): void {
  texts.forEach((text, at) => {
    const cell = row.children[at];
    if (cell !== undefined) show(cell, text);
  });
}
