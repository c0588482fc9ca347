// Where an order is written. Every change says at once what the order would be worth, cost, and need.

import type { Order } from "../../actions.ts";
import type { AccountJson, MarketJson } from "../../api/index.ts";
import { button, byId, element, show } from "./dom.ts";
import { approx, steps, toSteps } from "./numbers.ts";

const flagBits = { postOnly: 1, reduceOnly: 2 };
/** How far beyond the mark a market order reaches at most. */
const slippagePpm = 10_000;

export interface TicketScene {
  readonly market: MarketJson;
  readonly account: AccountJson | undefined;
  readonly canTrade: boolean;
}

export class Ticket {
  readonly #form: HTMLFormElement = element("ticket", HTMLFormElement);
  readonly #price: HTMLInputElement = element("price", HTMLInputElement);
  readonly #size: HTMLInputElement = element("size", HTMLInputElement);
  readonly #postOnly: HTMLInputElement = element("post-only", HTMLInputElement);
  readonly #reduceOnly: HTMLInputElement = element("reduce-only", HTMLInputElement);
  readonly #immediate: HTMLInputElement = element("immediate", HTMLInputElement);
  #isBuy = true;
  #isMarket = false;
  #scene: TicketScene | undefined;

  constructor(onOrder: (order: Order) => void) {
    this.#press("side", (name) => (this.#isBuy = name === "buy"));
    this.#press("kind", (name) => (this.#isMarket = name === "market"));
    for (const percent of [25, 50, 75, 100])
      byId("shares").append(button(`${percent} %`, () => this.#take(percent / 100), ""));
    this.#form.addEventListener("input", () => this.#draw());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const order = this.#order();
      if (order !== undefined && this.#scene?.canTrade === true) onOrder(order);
    });
  }

  show(scene: TicketScene): void {
    const isOther = scene.market.id !== this.#scene?.market.id;
    this.#scene = scene;
    if (isOther) this.#price.value = "";
    if (
      this.#price.value === "" &&
      document.activeElement !== this.#price &&
      scene.market.markTicks > 0
    )
      this.pick(scene.market.lastTicks === 0 ? scene.market.markTicks : scene.market.lastTicks);
    this.#draw();
  }

  pick(ticks: number): void {
    if (this.#scene === undefined) return;
    this.#price.value = steps(ticks, this.#scene.market.tickSize).replaceAll(",", "");
    this.#draw();
  }

  #press(group: "side" | "kind", onPress: (name: string) => void): void {
    const buttons = [...this.#form.querySelectorAll<HTMLButtonElement>(`[data-${group}]`)];
    for (const each of buttons)
      each.addEventListener("click", () => {
        onPress(each.dataset[group] ?? "");
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === each));
        this.#draw();
      });
  }

  /** As much as that part of what is free allows. */
  #take(share: number): void {
    const { market, account } = this.#scene ?? {};
    const ticks = this.#ticks();
    if (market === undefined || account === undefined || ticks === undefined) return;
    const perLot = ticks * approx(market.unit);
    const needed = perLot * ((market.initialPpm + market.takerFeePpm) / 1e6);
    const lots = Math.floor((approx(account.free) * share * 0.98) / needed);
    this.#size.value = lots > 0 ? steps(lots, market.lotSize).replaceAll(",", "") : "";
    this.#draw();
  }

  /** What a market order bids at most, or what was typed. */
  #ticks(): number | undefined {
    const market = this.#scene?.market;
    if (market === undefined) return undefined;
    if (!this.#isMarket) return toSteps(this.#price.value, market.tickSize);
    const reach = Math.floor((market.markTicks * slippagePpm) / 1e6);
    return this.#isBuy
      ? Math.min(market.highTicks, market.markTicks + reach)
      : Math.max(market.lowTicks, market.markTicks - reach);
  }

  #order(): Order | undefined {
    const market = this.#scene?.market;
    const ticks = this.#ticks();
    const lots = market && toSteps(this.#size.value, market.lotSize);
    if (market === undefined || ticks === undefined || lots === undefined) return undefined;
    const isImmediate = this.#isMarket || this.#immediate.checked;
    return {
      type: "order",
      market: market.id,
      isBuy: this.#isBuy,
      priceTicks: ticks,
      lots,
      timeInForce: isImmediate ? 1 : 0,
      flags:
        (this.#postOnly.checked && !isImmediate ? flagBits.postOnly : 0) |
        (this.#reduceOnly.checked ? flagBits.reduceOnly : 0),
      validUntilMs: 0,
      clientId: 0,
      guard: undefined,
    };
  }

  #draw(): void {
    const scene = this.#scene;
    if (scene === undefined) return;
    const { market, canTrade } = scene;
    const asset = market.name.split("-")[0] ?? "";
    show(byId("size-unit"), asset);
    this.#price.disabled = this.#isMarket;
    this.#postOnly.disabled = this.#isMarket || this.#immediate.checked;
    this.#immediate.disabled = this.#isMarket;
    const order = this.#order();
    const value =
      order === undefined ? undefined : order.priceTicks * order.lots * approx(market.unit);
    const part = (ppm: number): string => (value === undefined ? "–" : usdc((value * ppm) / 1e6));
    show(byId("order-value"), part(1e6));
    show(byId("order-margin"), this.#reduceOnly.checked ? "none" : part(market.initialPpm));
    show(byId("order-fee"), part(market.takerFeePpm));
    const place = element("place", HTMLButtonElement);
    place.disabled = !canTrade || order === undefined || market.state === "halted";
    place.className = `place ${this.#isBuy ? "buy" : "sell"}`;
    show(
      place,
      !canTrade
        ? "Connect a key to trade"
        : market.state === "halted"
          ? "The market is halted"
          : `${this.#isBuy ? "Buy" : "Sell"} ${asset}`,
    );
  }
}

function usdc(value: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
