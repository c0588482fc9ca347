// An engine with a market or two and traders, and short ways to say what they do.

import {
  type Account,
  AccountId,
  Engine,
  type EngineAction,
  type EngineBatch,
  type EngineEvent,
  genesisState,
  MarketId,
  type MarketParameters,
  type Outcome,
  type PlaceOrder,
  type RollupParameters,
  type SignedList,
  type State,
  type SystemMessage,
} from "../../../rollup/engine/index.ts";
import { keccak256, toHex, u64Bytes, utf8 } from "../../../sdk/index.ts";

export const rollupParameters: RollupParameters = {
  batchIntervalMs: 250,
  openOrdersMax: 128,
  anchorGraceMs: 120_000,
  anchorSoftMs: 600_000,
  anchorHardMs: 1_800_000,
  restartBatches: 0,
  withdrawalGateBatches: 4,
  outflowWindowMs: 3_600_000,
  outflowMax: 10n ** 24n,
  takeoverPerDayMax: 10n ** 24n,
  deleveragedMax: 1_000,
};

/** A tick is 0.1 USDC, a lot 0.001: what one lot gains by a tick is 1e-4 USDC. */
export const marketParameters: MarketParameters = {
  unit: 100_000_000n,
  bandPpm: 50_000,
  moveCapPpm: 400_000,
  takerFeePpm: 500,
  makerFeePpm: 100,
  liquidationFeePpm: 2_000,
  auctionEvery: 1,
  orderLotsMin: 1,
  positionLotsMax: 2 ** 36,
  openLotsMax: 2 ** 38,
  openLotsScale: 2 ** 38,
  tiers: [
    { notionalMax: 10n ** 18n, initialPpm: 50_000, maintenancePpm: 25_000 },
    { notionalMax: 10n ** 30n, initialPpm: 100_000, maintenancePpm: 50_000 },
  ],
  bufferMode: "off",
  bufferMilliSigmas: 3_000,
  bufferPpmMax: 200_000,
  participationPpm: 250_000,
  depthLotsMin: 1_000,
  smallNotional: 10n ** 12n,
  liquidationSpreadPpm: 20_000,
  interestPpb: 0,
  fundingCapPpb: 40_000_000,
  reporters: 3,
  reporterQuorum: 2,
  jumpPpmMin: 400_000,
  takeoverNotionalMax: 10n ** 24n,
};

export const market: MarketId = MarketId(7);
/** The first trader's account. */
export const firstTrader = 2;

export function addressOfTrader(trader: number): Uint8Array {
  return keccak256(utf8(`trader ${trader}`)).slice(12);
}

/** Traders are numbered from 0; their accounts follow those of the house. */
export function accountOfTrader(trader: number): number {
  return firstTrader + trader;
}

export function traderId(trader: number): AccountId {
  return AccountId(accountOfTrader(trader));
}

export function limit(
  isBuy: boolean,
  priceTicks: number,
  lots: number,
  changes: Partial<PlaceOrder> = {},
): PlaceOrder {
  return {
    type: "order",
    market,
    isBuy,
    priceTicks,
    lots,
    timeInForce: 0,
    flags: 0,
    validUntilMs: 0,
    clientId: 0,
    guard: undefined,
    ...changes,
  };
}

export type EngineClass = new (state: State) => Pick<Engine, "state" | "apply">;

export class World {
  readonly engine: Pick<Engine, "state" | "apply">;
  timeMs = 1_000_000;
  #l1Index = 0;
  #nonce = 0;
  #system: SystemMessage[] = [];
  #lists: SignedList[] = [];
  readonly log: EngineEvent[] = [];
  last: Outcome | undefined;

  constructor(
    changes: {
      readonly markets?: readonly (readonly [MarketId, MarketParameters])[];
      readonly rollup?: Partial<RollupParameters>;
      /** Another than the true one, to see whether it is told apart. */
      readonly engineClass?: EngineClass;
    } = {},
  ) {
    const { engineClass = Engine } = changes;
    this.engine = new engineClass(genesisState({ ...rollupParameters, ...changes.rollup }));
    for (const [id, parameters] of changes.markets ?? [[market, marketParameters]])
      this.l1({ type: "set-market", market: id, parameters });
  }

  get state(): State {
    return this.engine.state;
  }

  l1(message: Record<string, unknown> & { readonly type: string }): this {
    this.#system.push({ ...message, l1Index: this.#l1Index++ } as unknown as SystemMessage);
    return this;
  }

  deposit(trader: number, tokens: number, subId = 0): this {
    const tokenAmount = BigInt(tokens) * 1_000_000n;
    return this.l1({ type: "deposit", owner: addressOfTrader(trader), subId, tokenAmount });
  }

  system(message: SystemMessage): this {
    this.#system.push(message);
    return this;
  }

  price(priceTicks: number, id: MarketId = market, publishTimeMs: number = this.timeMs): this {
    const reports = [0, 1, 2].map((reporter) => ({ reporter, priceTicks, confidencePpm: 100 }));
    return this.system({ type: "oracle", market: id, publishTimeMs, reports });
  }

  /** L1 is there, and has the batch before. */
  anchored(): this {
    return this.system({
      type: "l1-info",
      l1TimeMs: this.timeMs,
      anchoredBatch: this.state.globals.batch,
      anchoredTimeMs: this.timeMs,
    });
  }

  list(
    trader: number,
    actions: readonly EngineAction[],
    changes: Partial<SignedList> = {},
  ): SignedList {
    const nonce = changes.nonce ?? this.nextNonce();
    return {
      signer: addressOfTrader(trader),
      digest: keccak256(utf8(plain(actions)), u64Bytes(changes.key ?? 0), u64Bytes(nonce)),
      account: accountOfTrader(trader),
      key: 0,
      nonce,
      validUntilMs: Number.MAX_SAFE_INTEGER,
      relayTip: 0n,
      relayer: new Uint8Array(20),
      actions,
      ...changes,
    };
  }

  nextNonce(): number {
    return ++this.#nonce;
  }

  submit(...lists: readonly SignedList[]): this {
    this.#lists.push(...lists);
    return this;
  }

  act(trader: number, ...actions: readonly EngineAction[]): this {
    return this.submit(this.list(trader, actions));
  }

  batch(): EngineBatch {
    const number = this.state.globals.batch + 1;
    const batch = {
      number,
      timeMs: this.timeMs,
      seed: keccak256(u64Bytes(number)),
      system: this.#system,
      lists: this.#lists,
    };
    this.#system = [];
    this.#lists = [];
    return batch;
  }

  /** One batch with what was said since the last, and then its time. */
  run(passMs = 250): Outcome {
    return this.apply(this.batch(), passMs);
  }

  apply(batch: EngineBatch, passMs = 250): Outcome {
    const outcome = this.engine.apply(batch);
    this.last = outcome;
    this.log.push(...outcome.events);
    this.timeMs += passMs;
    return outcome;
  }

  lots(trader: number, id: MarketId = market): number {
    const account = this.state.accounts[accountOfTrader(trader)];
    return account?.exposures.find((each) => each.market === id)?.lots ?? 0;
  }

  cash(trader: number): bigint {
    return this.state.accounts[accountOfTrader(trader)]?.cash ?? 0n;
  }

  openOrders(trader: number): number {
    return this.state.accounts[accountOfTrader(trader)]?.openOrders ?? 0;
  }

  reasons(): string[] {
    return (this.last?.events ?? []).flatMap((event) =>
      event.type === "refused" ? [event.reason] : [],
    );
  }

  removals(): string[] {
    return (this.last?.events ?? []).flatMap((event) =>
      event.type === "removed" ? [event.reason] : [],
    );
  }
}

/** With that many funded traders, a price, and L1 in sight. */
export function openWorld(
  traders: number,
  tokens = 100_000,
  changes: ConstructorParameters<typeof World>[0] = {},
): World {
  const world = new World(changes);
  for (let trader = 0; trader < traders; trader++) world.deposit(trader, tokens);
  for (const [id] of changes.markets ?? [[market]]) world.price(600_000, id);
  world.anchored().run();
  return world;
}

/** All of the state that counts, in one word: what is derived from it is left out. */
export function fingerprint(state: State): string {
  return toHex(keccak256(utf8(plain({ ...state, accounts: state.accounts.map(plainAccount) }))));
}

function plain(value: unknown): string {
  return JSON.stringify(value, (name, each: unknown) => {
    if (name === "live" || name === "at" || name === "openOrders") return undefined;
    if (typeof each === "bigint") return `${each}n`;
    if (each instanceof Map) return [...each.entries()].sort(([a], [b]) => a - b);
    return each instanceof Uint8Array ? toHex(each) : each;
  });
}

function plainAccount(account: Account): unknown {
  const held = account.exposures.filter(({ lots }) => lots !== 0);
  const exposures = held.map(({ market, lots, fundingIndex, entryQuote }) => ({
    market,
    lots,
    fundingIndex,
    entryQuote,
  }));
  return { ...account, exposures };
}

/** The state as it would be read from a disk: a copy without anything shared or derived, for an engine of its own. */
export function copyOf(state: State): State {
  const copy = structuredClone(state);
  for (const { exposures } of copy.accounts) {
    for (const exposure of exposures) exposure.orders.length = 0;
    exposures.splice(0, exposures.length, ...exposures.filter(({ lots }) => lots !== 0));
  }
  return copy;
}
