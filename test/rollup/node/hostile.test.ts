// What anybody may put into a block or into the inbox: bytes of any kind, and lists that are signed and mean nothing good. Nothing
// of it stops a node, and two nodes that are given it go on with one root.

import fc from "fast-check";
import { expect, test } from "vitest";
import { genesisState } from "../../../rollup/engine/index.ts";
import {
  encodeAnchored,
  encodeDeposit,
  encodeSetMarket,
  encodeSetRollup,
  Executor,
  noProgress,
} from "../../../rollup/node/index.ts";
import { inlineSigners } from "../../../rollup/signatures/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import { addressOf, toHex, type VerifiedBlock } from "../../../sdk/index.ts";
import { at } from "../../sdk/chain.ts";
import { limit, market, marketParameters, rollupParameters } from "../engine/world.ts";
import { anyAction, anyList } from "../lists.ts";
import { blockOf, messageOf } from "./blocks.ts";
import { domain, priceUpdate, signed, spec, startSeconds, traderKeys } from "./specs.ts";

const signers = inlineSigners(domain);
const noStore = { commit: () => Promise.resolve(), move: () => Promise.resolve() };

function executor(): Executor {
  const state = genesisState(rollupParameters);
  const trees = new StateTrees(spec.rollupId, state, []);
  return new Executor({ state, trees, progress: noProgress }, { spec, signers, store: noStore });
}

/** A market with money and a price, and what rests in it. */
const opening: readonly VerifiedBlock[] = [
  blockOf(
    1,
    [priceUpdate(600_000, startSeconds * 1_000)],
    [
      encodeSetMarket(market, marketParameters),
      ...traderKeys.map((key) =>
        encodeDeposit(addressOf(key), { subId: 0, tokenAmount: 10n ** 12n }),
      ),
    ].map((data, i) => messageOf(i, data)),
  ),
  blockOf(2, [signed(0, { actions: [limit(true, 599_000, 9), limit(false, 601_000, 9)] })]),
];

const anyTrader = fc.nat(traderKeys.length - 1);
/** Properly signed by one of the traders, with any fields but for who it is. */
const anySigned = fc
  .tuple(
    anyTrader,
    anyList,
    fc.integer({ min: 2, max: 2_000 }),
    fc.array(anyAction, { maxLength: 4 }),
  )
  .map(([trader, list, nonce, actions]) =>
    signed(trader, { ...list, account: 2 + trader, key: 0, nonce, actions }),
  );
const anyBytes = fc.uint8Array({ maxLength: 300 });
/** A payload with one byte changed. */
const anyDamaged = fc
  .tuple(
    fc.oneof(anySigned, fc.constant(priceUpdate(600_100, startSeconds * 1_000))),
    fc.nat(),
    fc.nat(255),
  )
  .map(([payload, place, mask]) => {
    const bytes = Uint8Array.from(payload);
    const offset = place % bytes.length;
    bytes[offset] = (bytes[offset] ?? 0) ^ mask;
    return bytes;
  });
const anyPayload = fc.oneof(
  anySigned,
  anyDamaged,
  anyBytes,
  anyBytes.map((bytes) => Uint8Array.of(1, ...bytes)),
  anyBytes.map((bytes) => Uint8Array.of(2, ...bytes)),
);
const anyVaultMessage = fc.oneof(
  anyBytes,
  fc.tuple(fc.nat(4), anyBytes).map(([tag, bytes]) => Uint8Array.of(tag, ...bytes)),
  fc.maxSafeNat().map((batch) => encodeAnchored({ batch, root: new Uint8Array(32) })),
  fc
    .nat(1_000_000)
    .map((ppm) => encodeSetMarket(market, { ...marketParameters, takerFeePpm: ppm, bandPpm: ppm })),
  fc.nat(200_000).map((openOrdersMax) => encodeSetRollup({ ...rollupParameters, openOrdersMax })),
  fc
    .bigInt({ min: 0n, max: 2n ** 96n - 1n })
    .map((tokenAmount) => encodeDeposit(new Uint8Array(20).fill(3), { subId: 1, tokenAmount })),
);

test("whatever is in a block, a node goes on, and another one goes on with the same root", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyPayload, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(anyVaultMessage, fc.boolean()), { maxLength: 3 }),
      async (blocks, messages) => {
        const inbox = messages.map(([data, isVault], i) =>
          messageOf(4 + i, data, isVault ? spec.vault : new Uint8Array(20).fill(8)),
        );
        const hostile = blocks.map((payloads, i) => blockOf(3 + i, payloads, i === 0 ? inbox : []));
        const nodes = [executor(), executor()];
        for (const node of nodes)
          for (const block of [...opening, ...hostile]) await node.apply(block);
        expect(at(nodes, 0).root).toEqual(at(nodes, 1).root);
        // The trees have followed every change that the engine made.
        const { state, root } = at(nodes, 0);
        if (at(nodes, 0).trees.outbox.count === 0)
          expect(toHex(new StateTrees(spec.rollupId, state, []).root)).toBe(toHex(root));
      },
    ),
    { numRuns: 100 },
  );
});

test("a list that is forced through the inbox and sequenced as well is executed once", async () => {
  const node = executor();
  for (const block of opening) await node.apply(block);
  const list = signed(1, { nonce: 5, actions: [limit(true, 598_000, 3)] });
  const stranger = new Uint8Array(20).fill(8);
  await node.apply(blockOf(3, [list, list], [messageOf(4, list, stranger)]));
  await node.apply(blockOf(4, [list], [messageOf(5, list, stranger)]));
  expect(node.state.accounts[3]?.openOrders).toBe(1);
  expect(node.progress).toMatchObject({ lists: 2, transactions: 5, inboxRead: 6 });
});

test("what the vault has counted and nobody can read takes its number, so that the next deposit has its own", async () => {
  const node = executor();
  for (const block of opening) await node.apply(block);
  const deposit = encodeDeposit(new Uint8Array(20).fill(3), { subId: 0, tokenAmount: 5n });
  const unreadable = [Uint8Array.of(0), Uint8Array.of(1, 2), Uint8Array.of(2)];
  const inbox = [...unreadable, Uint8Array.of(9), deposit].map((data, i) => messageOf(4 + i, data));
  await node.apply(blockOf(3, [], inbox));
  expect(node.state.globals.l1Index).toBe(4 + unreadable.length + 1);
  expect(node.state.accounts.at(-1)).toMatchObject({ subId: 0, cash: 5_000_000n });
});

test("a root that was proposed in the same block of L1 as what was read before counts, and an older one does not", async () => {
  const node = executor();
  for (const block of opening) await node.apply(block);
  const root = new Uint8Array(32);
  await node.apply(blockOf(3, [], [messageOf(4, encodeAnchored({ batch: 2, root }))]));
  expect(node.state.globals).toMatchObject({ anchoredBatch: 2, l1TimeMs: startSeconds * 1_000 });
  const heardMs = node.state.globals.l1HeardMs;
  await node.apply(blockOf(4, [], [messageOf(5, encodeAnchored({ batch: 1, root }))]));
  expect(node.state.globals).toMatchObject({ anchoredBatch: 2, l1HeardMs: heardMs });
});

test("a batch that breaks the books stops the node before anything of it is kept or heard of", async () => {
  const kept: number[] = [];
  const state = genesisState(rollupParameters);
  const trees = new StateTrees(spec.rollupId, state, []);
  const store = {
    commit: () => Promise.resolve(void kept.push(state.globals.batch)),
    move: () => Promise.resolve(),
  };
  const node = new Executor({ state, trees, progress: noProgress }, { spec, signers, store });
  const heard: number[] = [];
  node.subscribe(({ batch }) => heard.push(batch.number));
  for (const block of opening) await node.apply(block);
  // As a bug would: money from nowhere.
  const account = at(state.accounts, 2);
  account.cash += 1n;
  await expect(node.apply(blockOf(3, [Uint8Array.of(1)]))).rejects.toMatchObject({
    code: "INVARIANT_BREACH",
    details: { invariant: "CASH_IS_CONSERVED", batch: 3, height: 3 },
  });
  expect(kept).toEqual([1, 2]);
  expect(heard).toEqual([1, 2]);
  expect(node.progress.anchor?.height).toBe(2);
});
