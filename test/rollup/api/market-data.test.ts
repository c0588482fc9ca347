import { expect, test } from "vitest";
import type { Channel } from "../../../rollup/api/channels.ts";
import { parseChannel } from "../../../rollup/api/channels.ts";
import { MarketData } from "../../../rollup/api/market-data.ts";
import { type Deltas, fold, type Kind, type Wholes } from "../../../rollup/page/browser/fold.ts";
import type { State } from "../../../rollup/engine/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { type CampaignOptions, runCampaign, settings } from "../engine/campaign.ts";
import { accountOfTrader, limit, market, openWorld, type World } from "../engine/world.ts";
import { executedOf, WorldSource } from "./executed.ts";

const names = [
  "status",
  "liquidations",
  ...[3, 7].flatMap((id) => [`depth:${id}`, `trades:${id}`]),
  ...["1s", "1m", "5m", "1h"].map((span) => `candles:7:${span}`),
  ...[0, 1, 2, 3, 9].map((id) => `account:${id}`),
];

function channelOf(name: string): Channel {
  const channel = parseChannel(name);
  if (channel === undefined) throw new Error(`${name} is a channel`);
  return channel;
}

/** Who came late, and folds what every batch changed into what it was told at first. */
class Reader {
  readonly name: string;
  readonly #channel: Channel;
  readonly #data: MarketData;
  readonly #kind: Kind;
  #whole: Wholes[Kind];
  #seq: number;

  constructor(data: MarketData, name: string) {
    this.name = name;
    this.#data = data;
    this.#channel = channelOf(name);
    this.#kind = this.#channel.type;
    this.#whole = wire(data.snapshot(this.#channel)) as Wholes[Kind];
    this.#seq = data.seq;
    if (this.#channel.type === "account") {
      const account = data.account(this.#channel.account);
      if (account !== undefined) data.accounts.watch(account);
    }
  }

  read(): void {
    expect(this.#data.seq).toBe(++this.#seq);
    const delta = wire(this.#data.delta(this.#channel)) as Deltas[Kind];
    this.#whole = fold(this.#kind, this.#whole as never, delta as never);
  }

  check(): void {
    expect(this.#whole, this.name).toEqual(wire(this.#data.snapshot(this.#channel)));
  }
}

/** As it crosses the wire, so that nothing is shared. */
function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function watchCampaign(
  options: CampaignOptions,
  onBatch: (data: MarketData, world: World) => void,
): MarketData {
  let data: MarketData | undefined;
  runCampaign({
    ...options,
    onBatch: (_, world) => (data ??= new MarketData(new WorldSource(world))),
    onApplied: (world, batch) => {
      if (data === undefined || world.last === undefined) throw new Error("a batch was applied");
      data.apply(executedOf(batch, world.last));
      onBatch(data, world);
    },
  });
  if (data === undefined) throw new Error("there were batches");
  return data;
}

test.each(settings.map((setting, seed) => [seed, setting] as const))(
  "whoever comes late and folds every change has the whole of every channel: campaign %i",
  (seed, setting) => {
    const random = new SeededRandom(seed);
    const readers: Reader[] = [];
    watchCampaign({ ...setting, seed: 40 + seed, batches: 120 }, (data) => {
      for (const reader of readers) reader.read();
      if (random.chance(0.2)) for (const reader of readers) reader.check();
      if (data.seq > 2 && readers.length < 60) readers.push(new Reader(data, random.pick(names)));
    });
    expect(readers.length).toBeGreaterThan(50);
    for (const reader of readers) reader.check();
  },
);

/** The book as the state has it, made without any memory. */
function depthOf({ orders }: State, id: number, isBuy: boolean): [number, number, number][] {
  const levels = new Map<number, [number, number, number]>();
  for (const order of orders) {
    if (order === undefined || order.market !== id || order.isBuy !== isBuy) continue;
    if (order.isDormant) continue;
    const [, lots, count] = levels.get(order.priceTicks) ?? [0, 0, 0];
    levels.set(order.priceTicks, [order.priceTicks, lots + order.lots, count + 1]);
  }
  const sign = isBuy ? -1 : 1;
  return [...levels.values()].sort((a, b) => sign * (a[0] - b[0])).slice(0, 100);
}

test("the book that is shown is the state's at every batch, and every open order is its account's", () => {
  let levels = 0;
  const data = watchCampaign({ seed: 3, batches: 150 }, (shown, { state }) => {
    for (const id of [3, 7]) {
      const { bids, asks } = shown.market(id)?.depth() ?? { bids: [], asks: [] };
      expect(bids).toEqual(depthOf(state, id, true));
      expect(asks).toEqual(depthOf(state, id, false));
      levels += bids.length + asks.length;
    }
  });
  expect(levels).toBeGreaterThan(500);
  for (const account of data.state.accounts) {
    const { orders } = data.accounts.snapshot(data.reading, account);
    expect(orders).toHaveLength(account.openOrders);
  }
});

test("trades are the auctions, and every candle has in it what was traded in its time", () => {
  const data = watchCampaign({ seed: 9, batches: 200 }, () => {});
  const feed = data.market(7);
  const trades = feed?.trades(1_000) ?? [];
  expect(trades.length).toBeGreaterThan(20);
  for (const [span, ms] of [
    ["1s", 1_000],
    ["1h", 3_600_000],
  ] as const)
    for (const candle of feed?.candles(span, 500) ?? []) {
      const within = trades.filter((each) => each.timeMs - (each.timeMs % ms) === candle.startMs);
      const prices = within.map(({ priceTicks }) => priceTicks);
      expect(candle).toEqual({
        startMs: candle.startMs,
        openTicks: prices[0],
        highTicks: Math.max(...prices),
        lowTicks: Math.min(...prices),
        closeTicks: prices.at(-1),
        lots: within.reduce((sum, { lots }) => sum + lots, 0),
        trades: within.length,
      });
    }
});

test("more levels than are shown come forward when those before them go", () => {
  const world = openWorld(2, 10_000_000, { rollup: { openOrdersMax: 1_000 } });
  const data = new MarketData(new WorldSource(world));
  const run = (): void => data.apply(executedOf(...applied(world)));
  for (let at = 0; at < 150; at++) world.act(0, limit(true, 599_000 - at, 1));
  run();
  const reader = new Reader(data, `depth:${market}`);
  world.act(0, { type: "cancel", market, orderNonce: 64 }).act(1, limit(false, 598_980, 21));
  run();
  reader.read();
  reader.check();
  expect(data.market(market)?.depth().bids).toHaveLength(100);
});

function applied(world: World): Parameters<typeof executedOf> {
  const batch = world.batch();
  return [batch, world.apply(batch)];
}

test("a list's actions are told one by one: taken, refused and why, filled and what became of the rest", () => {
  const world = openWorld(2);
  const data = new MarketData(new WorldSource(world));
  const list = world.list(0, [
    limit(true, 600_000, 50),
    limit(true, 600_000, 10, { market: 99 }),
    { type: "cancel", market, orderNonce: 0 },
    limit(true, 590_000, 7, { timeInForce: 1 }),
  ]);
  const find = (): unknown => data.lists.find(hex(list.digest), world.timeMs);
  data.lists.submitted(list, new Uint8Array(32).fill(9));
  expect(find()).toMatchObject({ state: "submitted", id: `0x${"09".repeat(32)}`, batch: null });
  world.submit(list).act(1, limit(false, 600_000, 20));
  data.apply(executedOf(...applied(world)));
  const told = { state: "executed", batch: data.seq, reason: null };
  expect(find()).toMatchObject({
    ...told,
    actions: [
      { result: "accepted", filledLots: 20, restingLots: 30, removed: null },
      { result: "refused", reason: "NO_MARKET", filledLots: 0, restingLots: 0 },
      { result: "accepted", type: "cancel", number: null },
      { result: "accepted", filledLots: 0, restingLots: 0, removed: "NOT_FILLED" },
    ],
  });
  // What rested is followed on, and the same list a second time changes nothing.
  world.submit(list).act(1, limit(false, 600_000, 10));
  data.apply(executedOf(...applied(world)));
  world.act(0, { type: "cancel", market, orderNonce: 0 });
  data.apply(executedOf(...applied(world)));
  expect(find()).toMatchObject({
    ...told,
    batch: data.seq - 2,
    actions: [{ filledLots: 30, restingLots: 0, removed: "CANCELLED" }, {}, {}, {}],
  });
});

test("lists end as refused, void or expired when they do, and nothing is known of others", () => {
  const world = openWorld(1);
  const data = new MarketData(new WorldSource(world));
  const [refused, lost, late] = [1, 2, 3].map(() =>
    world.list(0, [], { validUntilMs: world.timeMs + 10_000 }),
  );
  if (refused === undefined || lost === undefined || late === undefined) throw new Error();
  [refused, lost, late].forEach((list, at) =>
    data.lists.submitted(list, new Uint8Array(32).fill(at + 1)),
  );
  world.submit({ ...refused, signer: new Uint8Array(20) });
  const executed = executedOf(...applied(world));
  const transactions = [{ id: new Uint8Array(32).fill(2), list: undefined }];
  data.apply({ ...executed, transactions });
  const stateOf = (digest: Uint8Array, ms = world.timeMs): unknown =>
    data.lists.find(hex(digest), ms)?.state;
  expect(stateOf(refused.digest)).toBe("refused");
  expect(stateOf(lost.digest)).toBe("void");
  expect(stateOf(late.digest)).toBe("submitted");
  expect(stateOf(late.digest, world.timeMs + 10_001)).toBe("expired");
  expect(stateOf(new Uint8Array(32))).toBeUndefined();
});

test("a list that somebody forged for another's account is nothing that the account hears of", () => {
  const world = openWorld(2);
  const data = new MarketData(new WorldSource(world));
  const account = data.account(2);
  if (account === undefined) throw new Error("there is an account");
  data.accounts.watch(account);
  const forged = world.list(0, [limit(true, 600_000, 5)], { signer: new Uint8Array(20) });
  const own = world.list(0, [limit(true, 600_000, 5)]);
  world.submit(forged, own);
  data.apply(executedOf(...applied(world)));
  expect(data.accounts.delta(2)?.lists).toMatchObject([{ nonce: own.nonce, state: "executed" }]);
  expect(data.lists.find(hex(forged.digest), 0)).toBeUndefined();
});

test("the root of every batch is kept by its number", () => {
  const data = watchCampaign({ seed: 1, batches: 30 }, () => {});
  expect(data.root(7)).toMatchObject({ batch: 7, height: 14 });
  expect([data.root(0), data.root(31)]).toEqual([undefined, undefined]);
  expect(data.status()).toMatchObject({ batch: 30, height: 60, root: data.root(30)?.root });
});

test("accounts are found by their owner, as they come", () => {
  const world = openWorld(1);
  const data = new MarketData(new WorldSource(world));
  const { owner } = world.state.accounts[accountOfTrader(0)] ?? { owner: new Uint8Array(20) };
  expect(data.accountsOf(owner).map(({ id }) => id)).toEqual([2]);
  world.deposit(0, 5, 9).deposit(1, 5);
  data.apply(executedOf(...applied(world)));
  expect(data.accountsOf(owner).map(({ subId }) => subId)).toEqual([0, 9]);
});

test("names that no channel has are none", () => {
  const wrong = ["", "depth", "depth:", "depth:x", "depth:07", "depth:7:1m", "candles:7"];
  const worse = ["candles:7:2m", "status:1", "account:4294967296", "depth:-1", "toString", "x:1"];
  for (const name of [...wrong, ...worse]) expect(parseChannel(name), name).toBeUndefined();
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
