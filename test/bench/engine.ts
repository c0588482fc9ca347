import {
  type CancelOrder,
  type PlaceOrder,
  readAccount,
  readingOf,
} from "../../rollup/engine/index.ts";
import { type RollupDomain, signActions, signerOfActions } from "../../rollup/index.ts";
import { nativeSenderSignatures } from "../../sequencer/crypto/index.ts";
import { limit, market, marketParameters, World } from "../rollup/engine/world.ts";
import { SeededRandom } from "../sim/random.ts";
import { benchAuctionBook } from "./auction-book.ts";
import { cpuMs, type Figure } from "./harness.ts";
import { benchSignatures } from "./signatures.ts";
import { benchStateTree } from "./state-tree.ts";

const traders = 1_000;
const rounds = 15;

/**
 * What one core does of the engine, with all its checks; what recovering a signature costs, which other threads do; and
 * the auction book beside a book from npm.
 */
export async function benchEngine(seed: number): Promise<Figure[]> {
  const single = enginePerSecond(seed, { actions: 1, lists: 2_500 });
  const lists32 = enginePerSecond(seed, { actions: 32, lists: 400 });
  const recovered1 = recoveriesPerSecond(1);
  const recovered32 = recoveriesPerSecond(32);
  const figure = (name: string, value: number): Figure => ({ name, value, unit: "actions/s" });
  return [
    figure("engine/single-signed/actions-per-s", single),
    figure("engine/lists32/actions-per-s", lists32),
    figure("engine/signatures/single-signed/actions-per-s", recovered1),
    figure("engine/signatures/lists32/actions-per-s", recovered32),
    figure("engine/one-core-for-all/single-signed/actions-per-s", together(single, recovered1)),
    figure("engine/one-core-for-all/lists32/actions-per-s", together(lists32, recovered32)),
    { name: "engine/margin-checks-per-s", value: marginChecksPerSecond(seed), unit: "checks/s" },
    { name: "engine/scans/50k-accounts/ms-per-batch", value: scanMs(50_000), unit: "ms" },
    ...(await benchStateTree(seed)),
    ...(await benchSignatures(seed)),
    ...benchAuctionBook(seed),
  ];
}

function together(a: number, b: number): number {
  return 1 / (1 / a + 1 / b);
}

/** A market in which quotes are swept and set anew, and a part of the orders trades. The median batch counts. */
function enginePerSecond(
  seed: number,
  { actions, lists }: { readonly actions: number; readonly lists: number },
): number {
  const random = new SeededRandom(seed);
  const world = manyTraders(traders);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    world.price(600_000 + random.between(-300, 300)).anchored();
    for (let list = 0; list < lists; list++)
      world.act(random.between(0, traders - 1), ...anyActions(random, actions));
    const batch = world.batch();
    const before = process.cpuUsage();
    world.apply(batch);
    const { user, system } = process.cpuUsage(before);
    // The first rounds are the compiler's.
    if (round >= 5) times.push((user + system) / 1_000);
    world.log.length = 0;
  }
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  return (actions * lists * 1_000) / median;
}

function manyTraders(count: number): World {
  const world = new World({
    markets: [[market, { ...marketParameters, bufferMode: "restrict" }]],
    rollup: { openOrdersMax: 256 },
  });
  for (let trader = 0; trader < count; trader++) world.deposit(trader, 10_000_000);
  world.price(600_000).anchored().run();
  return world;
}

function anyActions(random: SeededRandom, count: number): (CancelOrder | PlaceOrder)[] {
  return Array.from({ length: count }, (_, at) => {
    const sweeps = at === 0 && (count > 1 || random.chance(0.3));
    if (sweeps) return { type: "cancel", market, orderNonce: 0 };
    const ticks = 600_000 + random.between(-3_000, 3_000);
    return limit(random.chance(0.5), ticks, random.between(1, 50), { flags: 8 });
  });
}

/** What an account is worth and must be worth: for a position, and for the worst that ten open orders could make of it. */
function marginChecksPerSecond(seed: number): number {
  const random = new SeededRandom(seed);
  const world = manyTraders(traders);
  for (let trader = 0; trader < traders; trader++)
    world.act(trader, limit(trader % 2 === 0, 600_000, 10));
  world.run();
  // A price that has moved, or the buffers would cost nothing.
  for (const price of [601_000, 599_000, 600_000]) world.price(price).anchored().run(1_000);
  for (let trader = 0; trader < traders; trader++) {
    const quotes = Array.from({ length: 10 }, (_, at) => {
      const away = random.between(100, 3_000);
      return limit(at % 2 === 0, 600_000 + (at % 2 === 0 ? -away : away), random.between(1, 50));
    });
    world.act(trader, ...quotes);
  }
  world.run();
  const { state } = world;
  const open = state.orders.filter((order) => order !== undefined).length;
  if (open < 9 * traders) throw new Error("the orders do not rest");
  const repeats = 20;
  const ms = cpuMs(() => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const reading = readingOf(state);
      for (const account of state.accounts) readAccount(reading, account);
    }
  });
  return (repeats * state.accounts.length * 1_000) / ms;
}

/** On one thread, by the native library where it is there. */
function recoveriesPerSecond(actions: number): number {
  const domain: RollupDomain = { chainId: 1, settlement: new Uint8Array(20), rollupId: 7 };
  const random = new SeededRandom(1);
  const count = actions === 1 ? 400 : 40;
  const signed = Array.from({ length: count }, (_, nonce) =>
    signActions(
      domain,
      {
        account: 2,
        key: 0,
        nonce,
        validUntilMs: 0,
        relayTip: 0n,
        relayer: new Uint8Array(20),
        actions: anyActions(random, actions),
      },
      new Uint8Array(32).fill(5),
      nativeSenderSignatures,
    ),
  );
  const ms = cpuMs(() => {
    for (const each of signed) signerOfActions(domain, each, nativeSenderSignatures);
  });
  return (count * actions * 1_000) / ms;
}

/** A batch in which nobody acts and the price moves: every account with a position is looked at. */
function scanMs(count: number): number {
  const world = manyTraders(count);
  for (let trader = 0; trader < count; trader += 1)
    world.act(trader, limit(trader % 2 === 0, 600_000, 10));
  world.run();
  let price = 600_000;
  return cpuMs(() => {
    price += 1;
    world.price(price).anchored().run();
  });
}
