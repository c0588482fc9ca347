import { expect, test } from "vitest";
import { feesId, genesisState, insuranceId } from "../../../rollup/engine/index.ts";
import {
  type BatchStore,
  type ExecutedBatch,
  Executor,
  noProgress,
} from "../../../rollup/node/index.ts";
import { inlineSigners, startSigners } from "../../../rollup/signatures/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { toHex, type VerifiedBlock } from "../../../sdk/index.ts";
import { Height } from "../../../protocol/index.ts";
import { at } from "../../sdk/chain.ts";
import { limit, market, rollupParameters } from "../engine/world.ts";
import { domain, priceUpdate, RollupChain, signed, spec } from "./specs.ts";

const inline = inlineSigners(domain);
const noStore: BatchStore = { commit: () => Promise.resolve(), move: () => Promise.resolve() };

function executor(store: BatchStore = noStore, signers = inline): Executor {
  const state = genesisState(rollupParameters);
  const start = { state, trees: new StateTrees(spec.rollupId, state, []), progress: noProgress };
  return new Executor(start, { spec, signers, store });
}

function quoteOf(nonce: number): Uint8Array {
  return signed(0, { nonce, actions: [limit(true, 599_900, 50), limit(false, 600_100, 50)] });
}

/** A little market: quotes, trades, a cancel, a withdrawal, a session key, duplicates and noise. */
async function busyChain(): Promise<RollupChain> {
  const chain = await new RollupChain().open();
  const quote = quoteOf(1);
  await chain.add(quote, quote, Uint8Array.of(1, 2, 3));
  await chain.add(
    signed(1, { actions: [limit(true, 600_200, 30, { timeInForce: 1 })] }),
    priceUpdate(600_050, chain.timeMs),
  );
  chain.chain.add();
  await chain.add(
    signed(0, { nonce: 2, actions: [{ type: "cancel", market, orderNonce: 0 }] }),
    signed(2, {
      actions: [
        { type: "transfer", to: 3, quanta: 10n ** 12n },
        { type: "withdraw", tokenAmount: 5_000_000n, to: new Uint8Array(20).fill(4) },
      ],
    }),
    quote,
  );
  return chain;
}

test("two executors that are given the same blocks have the same root after every batch", async () => {
  const threads = startSigners(domain, 2);
  const [one, two] = [executor(), executor(noStore, threads)];
  const roots = new Set<string>();
  for (const block of (await busyChain()).blocks()) {
    const [a, b] = [await one.apply(block), await two.apply(block)];
    expect(a?.root).toEqual(b?.root);
    expect(one.root).toEqual(two.root);
    if (a !== undefined) roots.add(toHex(a.root));
  }
  // Every batch has moved it, so that equal roots say something.
  expect(roots.size).toBe(5);
  await threads.close();
});

test("what was signed is done, once, and everybody hears of it after it is on disk", async () => {
  const order: string[] = [];
  const store: BatchStore = {
    commit: ({ state }) => Promise.resolve(void order.push(`disk ${state.globals.batch}`)),
    move: () => Promise.resolve(),
  };
  const node = executor(store);
  const heard: ExecutedBatch[] = [];
  node.subscribe((executed) => {
    order.push(`heard ${executed.batch.number}`);
    heard.push(executed);
  });
  for (const block of (await busyChain()).blocks()) await node.apply(block);
  expect(order).toEqual([1, 2, 3, 4, 5].flatMap((n) => [`disk ${n}`, `heard ${n}`]));
  const events = heard.flatMap(({ outcome }) => outcome.events);
  const fills = events.filter((event) => event.type === "fill");
  expect(new Set(fills.map(({ lots, isBuy }) => `${lots} ${isBuy}`))).toEqual(
    new Set(["30 false", "30 true"]),
  );
  expect(fills).toHaveLength(2);
  expect(events.filter((event) => event.type === "refused").map(({ reason }) => reason)).toEqual([
    "NONCE_USED",
    "NONCE_USED",
  ]);
  expect(heard.flatMap(({ outcome }) => outcome.withdrawals)).toMatchObject([
    { account: 4, tokenAmount: 5_000_000n },
  ]);
  expect(node.progress).toMatchObject({ inboxRead: 4, transactions: 9, lists: 4 });
  expect(at(node.state.accounts, 3).exposures[0]?.lots).toBe(30);
  expect(at(node.state.accounts, feesId).cash).toBeGreaterThan(0n);
  expect(at(node.state.accounts, insuranceId).cash).toBe(0n);
  const [list, twin, noise] = at(heard, 2).transactions.map((each) => each.list);
  expect([list?.nonce, twin?.nonce, noise]).toEqual([1, 1, undefined]);
  expect(list && node.signatureOf(list)).toEqual(quoteOf(1).subarray(-65));
});

test("a batch whose transactions are void executes nothing, and one voided after it was executed stops the node", async () => {
  const chain = await new RollupChain().open();
  await chain.add(signed(0, { actions: [limit(true, 599_900, 5)] }));
  const before = chain.blocks();
  chain.chain.add({ voided: Height(3) });
  const [, , voided, voiding] = chain.blocks() as [unknown, unknown, VerifiedBlock, VerifiedBlock];

  const late = executor();
  for (const block of before.slice(0, 2)) await late.apply(block);
  await late.apply(voided);
  expect(late.state.orders).toEqual([]);
  await late.apply(voiding);

  const early = executor();
  for (const block of before) await early.apply(block);
  expect(early.state.orders).toHaveLength(1);
  await expect(early.apply(voiding)).rejects.toMatchObject({
    code: "VOIDED_LATER",
    details: { height: 3 },
  });
});

test("a disk that fails is heard of, and nobody hears of the batch", async () => {
  const failing: BatchStore = {
    ...noStore,
    commit: () => Promise.reject(new Error("the disk is full")),
  };
  const node = executor(failing);
  let heard = 0;
  node.subscribe(() => void heard++);
  const [first] = (await new RollupChain().open()).blocks();
  await expect(node.apply(at([first], 0) as VerifiedBlock)).rejects.toThrow("the disk is full");
  expect(heard).toBe(0);
});

test("where it stands is written now and then while nothing happens, and when it is asked to", async () => {
  const moves: number[] = [];
  const node = executor({
    ...noStore,
    move: ({ anchor }) => Promise.resolve(void moves.push(anchor?.height ?? 0)),
  });
  const chain = new RollupChain();
  for (let i = 0; i < 300; i++) chain.chain.add();
  for (const block of chain.blocks()) await node.apply(block);
  expect(moves).toEqual([256]);
  await node.flush();
  await node.flush();
  expect(moves).toEqual([256, 300]);
});
