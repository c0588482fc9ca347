// Positions, open orders and fills of the account. A row stays the same element for as long as what it is about is there, so
// that a click never lands on another's.

import type {
  AccountSnapshotJson,
  FillJson,
  MarketJson,
  OrderJson,
  PositionJson,
} from "../../api/index.ts";
import { button, byId, choices, make, show, tone } from "./dom.ts";
import { approx, clock, money, percent, signed, steps } from "./numbers.ts";

type Tab = "positions" | "orders" | "fills";

export interface DeskActions {
  readonly close: (position: PositionJson) => void;
  readonly cancel: (order: OrderJson) => void;
  readonly cancelAll: () => void;
}

interface Cell {
  readonly text: string;
  readonly tone?: number;
}

interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly action?: readonly [text: string, run: () => void];
}

const columns: Readonly<Record<Tab, readonly string[]>> = {
  positions: ["Market", "Size", "Entry", "Mark", "Liquidation", "Value", "PnL", "Funding", ""],
  orders: ["Market", "Side", "Price", "Left", "Kind", "Since batch", ""],
  fills: ["Market", "Side", "Price", "Size", "Fee", "Role", "Time"],
};
const emptyTexts: Readonly<Record<Tab, string>> = {
  positions: "No open positions",
  orders: "No open orders",
  fills: "No fills since this node started",
};

export class DeskPanel {
  readonly #actions: DeskActions;
  readonly #rows: Map<string, HTMLTableRowElement> = new Map();
  #tab: Tab = "positions";
  #shown: Tab | undefined;
  #snapshot: AccountSnapshotJson | undefined;
  #markets: readonly MarketJson[] = [];

  constructor(actions: DeskActions) {
    this.#actions = actions;
    const names = { positions: "Positions", orders: "Open orders", fills: "Fills" };
    const press = choices<Tab>(byId("desk-tabs"), names, (tab) => {
      this.#tab = tab;
      this.#draw();
    });
    press("positions");
    for (const each of byId("desk-tabs").children) each.append(make("span", "count"));
    byId("cancel-all").addEventListener("click", () => actions.cancelAll());
  }

  show(snapshot: AccountSnapshotJson | undefined, markets: readonly MarketJson[]): void {
    this.#snapshot = snapshot;
    this.#markets = markets;
    this.#draw();
  }

  #draw(): void {
    const snapshot = this.#snapshot;
    const { orders = [], fills = [] } = snapshot ?? {};
    const positions = snapshot?.account.positions ?? [];
    const counts = [positions.length, orders.length, 0];
    [...byId("desk-tabs").querySelectorAll(".count")].forEach((count, at) =>
      show(count, counts[at] === 0 ? "" : String(counts[at])),
    );
    byId("cancel-all").hidden = orders.length === 0;
    const all: Readonly<Record<Tab, () => Row[]>> = {
      positions: () => positions.map((each) => this.#position(each)),
      orders: () => orders.map((each) => this.#order(each)).reverse(),
      fills: () => fills.map((each, at) => this.#fill(each, at)).reverse(),
    };
    this.#drawTable(all[this.#tab](), snapshot === undefined);
  }

  #drawTable(shown: readonly Row[], isStranger: boolean): void {
    const desk = byId("desk");
    if (shown.length === 0) {
      const text = isStranger ? "Connect a key to see your account" : emptyTexts[this.#tab];
      if (desk.textContent !== text) desk.replaceChildren(make("p", "empty", text));
      this.#shown = undefined;
      this.#rows.clear();
      return;
    }
    if (this.#shown !== this.#tab) {
      this.#shown = this.#tab;
      this.#rows.clear();
      desk.replaceChildren(makeTable(columns[this.#tab]));
    }
    const body = desk.querySelector("tbody");
    if (body === null) return;
    const names = new Set(shown.map(({ name }) => name));
    for (const [name, element] of this.#rows)
      if (!names.has(name)) {
        element.remove();
        this.#rows.delete(name);
      }
    shown.forEach((row, at) => {
      const element = this.#rows.get(row.name) ?? makeRow(row);
      this.#rows.set(row.name, element);
      if (body.children[at] !== element) body.insertBefore(element, body.children[at] ?? null);
      row.cells.forEach(({ text, tone: value = 0 }, cell) => {
        const target = element.children[cell];
        if (target === undefined) return;
        show(target, text);
        tone(target, value);
      });
    });
  }

  #market(id: number): MarketJson | undefined {
    return this.#markets.find((each) => each.id === id);
  }

  #position(position: PositionJson): Row {
    const market = this.#market(position.market);
    const { tickSize = "1", lotSize = "1" } = market ?? {};
    const gain = approx(position.unrealised);
    const share = gain / Math.max(approx(position.entryQuote), 1e-12);
    const liquidation = position.liquidationTicks;
    return {
      name: `position ${position.market}`,
      cells: [
        { text: market?.name ?? String(position.market) },
        { text: steps(position.lots, lotSize), tone: position.lots },
        { text: steps(Math.round(Number(position.entryTicks)), tickSize) },
        { text: market === undefined ? "–" : steps(market.markTicks, tickSize) },
        { text: liquidation === null ? "–" : steps(liquidation, tickSize) },
        { text: money(position.notional) },
        { text: `${signed(position.unrealised)} (${percent(share)})`, tone: gain },
        { text: signed(negated(position.fundingOwed), 4) },
      ],
      action: ["Close", () => this.#actions.close(position)],
    };
  }

  #order(order: OrderJson): Row {
    const market = this.#market(order.market);
    return {
      name: `order ${order.key}/${order.number}`,
      cells: [
        { text: market?.name ?? String(order.market) },
        { text: order.isBuy ? "Buy" : "Sell", tone: order.isBuy ? 1 : -1 },
        { text: steps(order.priceTicks, market?.tickSize ?? "1") },
        { text: steps(order.lots, market?.lotSize ?? "1") },
        { text: kindOf(order) },
        { text: String(order.batch) },
      ],
      action: ["Cancel", () => this.#actions.cancel(order)],
    };
  }

  #fill(fill: FillJson, at: number): Row {
    const market = this.#market(fill.market);
    return {
      name: `fill ${fill.batch}/${fill.key}/${fill.number}/${at}`,
      cells: [
        { text: market?.name ?? String(fill.market) },
        { text: fill.isBuy ? "Buy" : "Sell", tone: fill.isBuy ? 1 : -1 },
        { text: steps(fill.priceTicks, market?.tickSize ?? "1") },
        { text: steps(fill.lots, market?.lotSize ?? "1") },
        { text: money(fill.fee, 4) },
        { text: fill.isLiquidation ? "Liquidation" : fill.isMaker ? "Maker" : "Taker" },
        { text: clock(fill.timeMs) },
      ],
    };
  }
}

function kindOf({ flags, isDormant }: OrderJson): string {
  const names = [
    ...(isDormant ? ["Waiting"] : []),
    ...((flags & 1) !== 0 ? ["Post only"] : []),
    ...((flags & 2) !== 0 ? ["Reduce only"] : []),
  ];
  return names.length === 0 ? "Limit" : names.join(", ");
}

function negated(text: string): string {
  return text.startsWith("-") ? text.slice(1) : `-${text}`;
}

function makeTable(titles: readonly string[]): HTMLElement {
  const table = make("table", "num");
  const head = make("thead");
  const row = make("tr");
  row.append(...titles.map((title) => make("th", "", title)));
  head.append(row);
  table.append(head, make("tbody"));
  return table;
}

function makeRow({ cells, action }: Row): HTMLTableRowElement {
  const row = make("tr");
  row.append(...cells.map(() => make("td")));
  if (action === undefined) return row;
  const [text, run] = action;
  const cell = make("td");
  cell.append(button(text, run));
  row.append(cell);
  return row;
}
