// A market day from a seed: traders of every kind, prices that leap, L1 that stalls. What the engine checks of itself it
// checks in every batch; what it cannot see from inside is for the tests.

import {
  type AuthorizeKey,
  type EngineAction,
  type EngineBatch,
  MarketId,
  type MarketParameters,
  orderNumber,
  type RollupParameters,
  scopes,
  type SignedList,
} from "../../../rollup/engine/index.ts";
import { SeededRandom } from "../../sim/random.ts";
import { Wilderness } from "./wilderness.ts";
import {
  accountOfTrader,
  addressOfTrader,
  type EngineClass,
  limit,
  marketParameters,
  World,
} from "./world.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly batches: number;
  readonly traders?: number;
  readonly tokens?: number;
  /** How far a price leaps at most, in millionths, and how often. */
  readonly jumpPpm?: number;
  readonly jumpChance?: number;
  readonly parameters?: Partial<MarketParameters>;
  readonly rollup?: Partial<RollupParameters>;
  /** Parameters, keys, tips, replays and silences of every kind, drawn from the seed as well. */
  readonly isWild?: boolean;
  readonly engineClass?: EngineClass;
  /** Called with each batch before it is applied. */
  readonly onBatch?: (batch: EngineBatch, world: World) => void;
  readonly onApplied?: (world: World, batch: EngineBatch) => void;
}

const usdc = 10n ** 12n;

/** Rules of every kind: with and without buffers, restarts, caps that bind, wide bands, heavy fees, worse leaps. */
export const settings: readonly Partial<CampaignOptions>[] = [
  {},
  { parameters: { bufferMode: "delever" } },
  { parameters: { bufferMode: "delever", jumpPpmMin: 30_000 }, rollup: { restartBatches: 3 } },
  { parameters: { bufferMode: "restrict", takeoverNotionalMax: 1_000n * usdc } },
  { rollup: { takeoverPerDayMax: 200n * usdc, deleveragedMax: 1 } },
  {
    parameters: {
      bandPpm: 300_000,
      liquidationSpreadPpm: 200_000,
      openLotsScale: 2_000,
      auctionEvery: 3,
      makerFeePpm: 2_000,
      takerFeePpm: 3_000,
    },
  },
  { jumpPpm: 400_000, jumpChance: 0.1, tokens: 500 },
];

export interface Tally {
  fills: number;
  liquidations: number;
  takeovers: number;
  deleveraged: number;
  readonly refused: Map<string, number>;
  readonly removed: Map<string, number>;
}

export function runCampaign(options: CampaignOptions): { world: World; tally: Tally } {
  const {
    seed,
    batches,
    traders = 12,
    tokens = 2_000,
    jumpPpm = 150_000,
    jumpChance = 0.04,
    isWild = false,
  } = options;
  const random = new SeededRandom(seed);
  const wild = new Wilderness(new SeededRandom(seed, 2), isWild);
  const parameters = { ...marketParameters, ...wild.parameters(), ...options.parameters };
  const ids = [MarketId(3), MarketId(7)];
  const world = new World({
    markets: ids.map((id) => [id, parameters]),
    rollup: { ...wild.rollup(), ...options.rollup },
    ...(options.engineClass === undefined ? {} : { engineClass: options.engineClass }),
  });
  world.timeMs = wild.startMs();
  const prices = new Map(ids.map((id) => [id, 600_000]));
  const tally: Tally = {
    fills: 0,
    liquidations: 0,
    takeovers: 0,
    deleveraged: 0,
    refused: new Map(),
    removed: new Map(),
  };
  for (let trader = 0; trader < traders; trader++) world.deposit(trader, tokens);
  for (let at = 0; at < batches; at++) {
    for (const id of ids) {
      const before = prices.get(id) ?? 0;
      const reach = random.chance(jumpChance) ? jumpPpm : 1_500;
      const after = before + Math.floor((before * random.between(-reach, reach)) / 1_000_000);
      prices.set(id, Math.min(5_000_000, Math.max(50_000, after)));
      const isPriced = at === 0 || random.chance(0.9);
      if (isPriced && !wild.isSilent("oracle", at)) world.price(prices.get(id) ?? 1, id);
    }
    if ((at === 0 || random.chance(0.5)) && !wild.isSilent("l1", at)) world.anchored();
    wild.disturb(world, { at, ids, parameters, prices });
    if (random.chance(0.1))
      world.deposit(random.between(0, traders - 1), random.between(1, tokens));
    if (at === 1)
      for (let trader = 0; trader < traders; trader += 2)
        world.act(trader, { ...giveKey(trader), ...wild.keyLimits(ids, world.timeMs) });
    if (at > 1)
      for (let count = random.between(0, 8); count > 0; count--) {
        const trader = random.between(0, traders - 1);
        const own = world.nextNonce();
        // A session key counts for itself: its orders may have the numbers of the owner's.
        const bySession = trader % 2 === 0 && random.chance(0.3);
        const nonce = bySession ? Math.max(1, own - random.between(0, 3)) : own;
        const actions = Array.from({ length: random.between(1, 4) }, () =>
          anyAction(random, { prices, trader, traders, nonce }),
        );
        const by = bySession ? { key: 1, signer: addressOfTrader(1_000 + trader) } : {};
        world.submit(
          wild.list(world.list(trader, actions, { nonce, ...by }), {
            traders,
            timeMs: world.timeMs,
          }),
        );
      }
    const batch = world.batch();
    options.onBatch?.(batch, world);
    const passMs = random.chance(0.01) ? 3_600_000 / 4 : wild.passMs();
    const { events } = world.apply(batch, passMs);
    options.onApplied?.(world, batch);
    for (const event of events) {
      if (event.type === "fill") {
        tally.fills++;
        if (event.isLiquidation) tally.liquidations++;
      }
      if (event.type === "takeover") tally.takeovers++;
      if (event.type === "deleveraged") tally.deleveraged++;
      if (event.type === "refused") count(tally.refused, event.reason);
      if (event.type === "removed") count(tally.removed, event.reason);
    }
  }
  return { world, tally };
}

function giveKey(trader: number): AuthorizeKey {
  return {
    type: "authorize",
    key: 1,
    address: addressOfTrader(1_000 + trader),
    scopes: scopes.trade | scopes.cancel,
    markets: [],
    expiryMs: Number.MAX_SAFE_INTEGER,
    maxNotional: 0n,
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

interface Scene {
  readonly prices: ReadonlyMap<MarketId, number>;
  readonly trader: number;
  readonly traders: number;
  readonly nonce: number;
}

function anyAction(random: SeededRandom, { prices, traders, nonce }: Scene): EngineAction {
  const id = random.pick([...prices.keys()]);
  const price = prices.get(id) ?? 1;
  const kind = random.fraction();
  const number = orderNumber(Math.max(1, nonce - random.between(0, 30)), random.between(0, 3));
  if (kind < 0.08)
    return { type: "cancel", market: id, orderNonce: random.chance(0.3) ? 0 : number };
  if (kind < 0.1)
    return {
      type: "transfer",
      to: accountOfTrader(random.between(0, traders - 1)) as never,
      quanta: BigInt(random.between(1, 1e9)) * 1_000n,
    };
  if (kind < 0.12)
    return {
      type: "withdraw",
      tokenAmount: BigInt(random.between(1, 100_000_000)),
      to: new Uint8Array(20),
    };
  const isBuy = random.chance(0.5);
  const ticks = Math.max(
    1,
    price + Math.floor((price * random.between(-40_000, 40_000)) / 1_000_000),
  );
  const lots = random.chance(0.1) ? 1 : random.between(1, 600) * random.pick([1, 1, 10]);
  const flags = random.pick([0, 0, 0, 0, 1, 2, 2, 8, 4, 6]);
  const order = limit(isBuy, ticks, lots, {
    market: id,
    flags,
    timeInForce: flags === 1 ? 0 : random.pick([0, 0, 0, 1, 2]),
    guard:
      (flags & 4) !== 0 || random.chance(0.05)
        ? { market: id, op: random.pick([1, 2, 3, 4]), priceTicks: ticks, maxAgeMs: 10_000 }
        : undefined,
  });
  return kind < 0.2 ? { type: "replace", orderNonce: number, order } : order;
}

/** The same lists in another order, some of them twice. */
export function shuffled(lists: readonly SignedList[], random: SeededRandom): SignedList[] {
  const all = [...lists, ...lists.filter(() => random.chance(0.3))];
  for (let at = all.length - 1; at > 0; at--) {
    const other = random.between(0, at);
    const item = all[at] as SignedList;
    all[at] = all[other] as SignedList;
    all[other] = item;
  }
  return all;
}
