// The trading page: what the stream tells, drawn once a frame; and what the trader asks for, signed here and sent.

import { fromHex } from "../../../sdk/index.ts";
import type { Action, Order } from "../../actions.ts";
import type {
  AccountDeltaJson,
  AccountJson,
  AccountSnapshotJson,
  CandleJson,
  ListJson,
  MarketJson,
} from "../../api/index.ts";
import type { RollupDomain } from "../../intents.ts";
import { AccountPanel } from "./account-panel.ts";
import { BookPanel } from "./book.ts";
import { Chart } from "./chart.ts";
import { Connection, type LinkState } from "./connection.ts";
import { DeskPanel } from "./desk.ts";
import { byId, choices, element, show, tone } from "./dom.ts";
import { Latency, stages } from "./latency.ts";
import { countdown, milliseconds, percent, ratePercent, steps } from "./numbers.ts";
import { explain } from "./refusals.ts";
import { TapePanel } from "./tape.ts";
import { Ticket } from "./ticket.ts";
import { Refused, type Sent, Wallet } from "./wallet.ts";

const spans = { "1s": 1_000, "1m": 60_000, "5m": 300_000, "1h": 3_600_000 };
type Span = keyof typeof spans;

const accountPollMs = 2_000;
const everyMarket = 0xffff_ffff;

class Page {
  readonly #connection: Connection;
  readonly #wallet: Wallet;
  readonly #latency: Latency = new Latency();
  readonly #chart: Chart;
  readonly #book: BookPanel;
  readonly #tape: TapePanel = new TapePanel();
  readonly #desk: DeskPanel;
  readonly #ticket: Ticket;
  readonly #accountPanel: AccountPanel;
  #marketId: number | undefined;
  #span: Span = "1m";
  #accountId: number | undefined;
  #isEnabling = false;
  #isDrawn = true;

  constructor(domain: RollupDomain) {
    this.#connection = new Connection({
      onChannel: (channel, delta) => this.#onChannel(channel, delta),
      onLink: (state) => this.#onLink(state),
    });
    this.#wallet = new Wallet(domain, localStorage, () => this.#nowMs());
    this.#chart = new Chart(element("chart", HTMLCanvasElement), (candle) =>
      this.#showOhlc(candle),
    );
    this.#ticket = new Ticket((order) => this.#place(order));
    this.#book = new BookPanel((ticks) => this.#ticket.pick(ticks));
    this.#desk = new DeskPanel({
      close: ({ market, lots }) => this.#close(market, lots),
      cancel: ({ market, number }) => this.#act([{ type: "cancel", market, orderNonce: number }]),
      cancelAll: () => this.#act([{ type: "cancel", market: everyMarket, orderNonce: 0 }]),
    });
    this.#accountPanel = new AccountPanel(this.#wallet, {
      onKey: () => void this.#findAccount(),
      enable: () => this.#enable(),
      forget: () => this.#forget(),
    });
    choices<Span>(byId("spans"), { "1s": "1s", "1m": "1m", "5m": "5m", "1h": "1h" }, (span) =>
      this.#watch({ span }),
    )("1m");
    byId("market").addEventListener("change", () =>
      this.#watch({ market: Number(element("market", HTMLSelectElement).value) }),
    );
    this.#connection.subscribe("status");
    this.#connection.subscribe("liquidations");
    setInterval(() => this.#redraw(), 1_000);
    setInterval(() => void this.#findAccount(), accountPollMs);
    void this.#findAccount();
    this.#redraw();
  }

  #nowMs(): number {
    return this.#connection.nowMs === 0 ? Date.now() : this.#connection.nowMs;
  }

  get #markets(): readonly MarketJson[] {
    return this.#connection.whole<"status">("status")?.markets ?? [];
  }

  get #market(): MarketJson | undefined {
    return this.#markets.find(({ id }) => id === this.#marketId);
  }

  get #snapshot(): AccountSnapshotJson | undefined {
    if (this.#accountId === undefined) return undefined;
    return this.#connection.whole<"account">(`account:${this.#accountId}`);
  }

  #watch({ market, span }: { readonly market?: number; readonly span?: Span }): void {
    for (const channel of this.#marketChannels()) this.#connection.unsubscribe(channel);
    this.#marketId = market ?? this.#marketId;
    this.#span = span ?? this.#span;
    for (const channel of this.#marketChannels()) this.#connection.subscribe(channel);
    this.#redraw();
  }

  #marketChannels(): string[] {
    const id = this.#marketId;
    if (id === undefined) return [];
    return [`depth:${id}`, `trades:${id}`, `candles:${id}:${this.#span}`];
  }

  #onLink(state: LinkState): void {
    document.body.dataset["link"] = state;
    show(byId("link-text"), state === "lost" ? "reconnecting" : state);
  }

  #onChannel(channel: string, delta: unknown): void {
    if (channel === "status") this.#chooseMarket();
    if (channel.startsWith("account:") && delta !== undefined)
      for (const list of (delta as AccountDeltaJson).lists) this.#onList(list);
    this.#redraw();
  }

  #chooseMarket(): void {
    const pick = element("market", HTMLSelectElement);
    const names = this.#markets.map(({ name }) => name).join();
    if (pick.dataset["names"] !== names) {
      pick.dataset["names"] = names;
      pick.replaceChildren(...this.#markets.map(({ id, name }) => new Option(name, String(id))));
      if (this.#marketId !== undefined) pick.value = String(this.#marketId);
    }
    const [first] = this.#markets;
    if (this.#marketId === undefined && first !== undefined) this.#watch({ market: first.id });
  }

  async #findAccount(): Promise<void> {
    const owner = this.#wallet.address;
    if (owner !== undefined && this.#accountId === undefined) {
      const response = await fetch(`/v1/accounts?owner=${owner}`).catch(() => undefined);
      const answer = response?.ok === true ? ((await response.json()) as unknown) : undefined;
      const [account] = (answer as { accounts: AccountJson[] } | undefined)?.accounts ?? [];
      if (account !== undefined) {
        this.#accountId = account.id;
        this.#connection.subscribe(`account:${account.id}`);
      }
    }
    this.#redraw();
  }

  #forget(): void {
    if (this.#accountId !== undefined) this.#connection.unsubscribe(`account:${this.#accountId}`);
    this.#accountId = undefined;
    this.#isEnabling = false;
    this.#wallet.forget();
    this.#redraw();
  }

  #enable(): void {
    const account = this.#snapshot?.account;
    if (account === undefined) return;
    this.#isEnabling = true;
    this.#follow(() => this.#wallet.enable(account));
  }

  #place(order: Order): void {
    this.#act([order]);
  }

  /** Against the whole position, at whatever is there within a hundredth of the mark. */
  #close(id: number, lots: number): void {
    const market = this.#markets.find((each) => each.id === id);
    if (market === undefined) return;
    const isBuy = lots < 0;
    const reach = Math.floor(market.markTicks / 100);
    const priceTicks = isBuy
      ? Math.min(market.highTicks, market.markTicks + reach)
      : Math.max(market.lowTicks, market.markTicks - reach);
    this.#place({
      type: "order",
      market: id,
      isBuy,
      priceTicks,
      lots: Math.abs(lots),
      timeInForce: 1,
      flags: 2,
      validUntilMs: 0,
      clientId: 0,
      guard: undefined,
    });
  }

  #act(actions: readonly Action[]): void {
    const account = this.#snapshot?.account;
    if (account !== undefined) this.#follow(() => this.#wallet.act(account, actions));
  }

  /** From the click on: signing counts as well. */
  #follow(send: () => Sent): void {
    const from = performance.now();
    const { digest, answer } = send();
    this.#latency.sent(digest, from);
    this.#say("Sent …", "");
    answer.then(
      () => {
        this.#latency.accepted(performance.now() - from);
        this.#redraw();
      },
      (error: unknown) => {
        this.#isEnabling = false;
        const code = error instanceof Refused ? error.code : "NOT_SUBMITTED";
        this.#say(`Refused: ${explain(code)}`, "bad");
        this.#redraw();
      },
    );
  }

  #onList(list: ListJson): void {
    const filled = list.actions.reduce((sum, { filledLots }) => sum + filledLots, 0);
    const tookMs = this.#latency.executed(list.digest, performance.now(), filled);
    // Another page, or a program, of the same account.
    if (tookMs === undefined) return;
    if (list.key === 0) this.#isEnabling = false;
    const took = milliseconds(tookMs);
    const refused = list.actions.find(({ result }) => result === "refused");
    const reason = list.reason ?? refused?.reason ?? null;
    if (reason !== null) return this.#say(`Refused: ${explain(reason)}`, "bad");
    const [action] = list.actions;
    const size = steps(filled, this.#market?.lotSize ?? "1");
    if (filled > 0) return this.#say(`Filled ${size} in ${took}`, "good");
    if (action?.removed === "NOT_FILLED")
      return this.#say(`Not filled: ${explain("NOT_FILLED")}`, "");
    if (action?.type === "order") return this.#say(`In the book after ${took}`, "good");
    this.#say(`Done in ${took}`, "good");
  }

  #say(text: string, kind: "" | "good" | "bad"): void {
    const say = byId("say");
    say.className = `say ${kind}`;
    show(say, text);
  }

  /** At most once a frame, whatever comes. */
  #redraw(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    // A page in the background draws nothing, but is up to date when it is looked at.
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      this.#draw();
    });
  }

  #draw(): void {
    this.#drawTop();
    this.#drawLatency();
    const snapshot = this.#snapshot;
    const account = snapshot?.account;
    this.#accountPanel.show(account, this.#isEnabling);
    this.#desk.show(snapshot, this.#markets);
    const market = this.#market;
    if (market === undefined) return;
    const own = new Set(
      snapshot?.orders.filter((each) => each.market === market.id).map((each) => each.priceTicks),
    );
    this.#book.show(this.#connection.whole<"depth">(`depth:${market.id}`), market, own);
    const liquidations = this.#connection.whole<"liquidations">("liquidations")?.liquidations ?? [];
    const trades = this.#connection.whole<"trades">(`trades:${market.id}`)?.trades ?? [];
    this.#tape.show({ trades, liquidations, market, markets: this.#markets });
    const canTrade = account !== undefined && this.#wallet.sessionPlace(account) !== undefined;
    this.#ticket.show({ market, account, canTrade });
    const channel = `candles:${market.id}:${this.#span}` as const;
    const candles = this.#connection.whole<"candles">(channel)?.candles ?? [];
    byId("chart-empty").hidden = candles.length > 0;
    this.#chart.show({ candles, spanMs: spans[this.#span], market });
  }

  #drawTop(): void {
    const status = this.#connection.whole<"status">("status");
    const market = this.#market;
    if (status === undefined || market === undefined) return;
    const { tickSize, lotSize, lastTicks, dayOpenTicks } = market;
    const change = dayOpenTicks === null ? undefined : lastTicks / dayOpenTicks - 1;
    const price = (ticks: number): string => (ticks === 0 ? "–" : steps(ticks, tickSize));
    show(byId("last"), price(lastTicks));
    tone(byId("last"), change ?? 0);
    show(byId("mark"), price(market.markTicks));
    show(byId("index"), price(market.indexTicks));
    show(byId("change"), change === undefined ? "–" : percent(change));
    tone(byId("change"), change ?? 0);
    const asset = market.name.split("-")[0] ?? "";
    show(byId("volume"), `${steps(market.dayLots, lotSize)} ${asset}`);
    show(byId("open-interest"), `${steps(market.openLots, lotSize)} ${asset}`);
    show(byId("funding"), ratePercent(market.fundingRatePpb));
    tone(byId("funding"), market.fundingRatePpb ?? 0);
    show(byId("funding-in"), countdown(market.nextFundingMs - this.#nowMs()));
    const state = byId("market-state");
    show(state, market.state);
    state.className = `pill ${market.state === "open" ? "good" : market.state === "halted" ? "bad" : "warn"}`;
    show(byId("link-batch"), `batch ${status.batch.toLocaleString("en-US")}`);
    document.title = `${price(lastTicks)} ${market.name} – Conclave`;
  }

  #drawLatency(): void {
    for (const stage of stages) {
      const { last, p50, p99 } = this.#latency.figures(stage);
      show(byId(`${stage}-last`), milliseconds(last));
      show(byId(`${stage}-p50`), milliseconds(p50));
      show(byId(`${stage}-p99`), milliseconds(p99));
    }
    const { count } = this.#latency.figures("executed");
    show(byId("latency-count"), count === 0 ? "this session" : `${count} this session`);
  }

  #showOhlc(candle: CandleJson | undefined): void {
    const market = this.#market;
    if (market === undefined || candle === undefined) return show(byId("ohlc"), "");
    const { openTicks, highTicks, lowTicks, closeTicks, lots } = candle;
    const [open, high, low, close] = [openTicks, highTicks, lowTicks, closeTicks].map((ticks) =>
      steps(ticks, market.tickSize),
    );
    const volume = steps(lots, market.lotSize);
    show(byId("ohlc"), `O ${open}  H ${high}  L ${low}  C ${close}  V ${volume}`);
  }
}

async function start(): Promise<void> {
  const response = await fetch("/v1/domain");
  const domain = (await response.json()) as {
    chainId: number;
    settlement: string;
    rollupId: number;
  };
  const settlement = fromHex(domain.settlement) ?? new Uint8Array(20);
  new Page({ ...domain, settlement });
}

void start().catch(() => {
  document.body.dataset["link"] = "lost";
  byId("link-text").textContent = "the node does not answer: reload";
});
