import { expect, test } from "vitest";
import { genesisState } from "../../../rollup/engine/index.ts";
import {
  buildBatch,
  type BuiltBatch,
  encodeAnchored,
  encodeDeposit,
  payloadsOf,
} from "../../../rollup/node/index.ts";
import { inlineSigners } from "../../../rollup/signatures/index.ts";
import { addressOf, type VerifiedBlock } from "../../../sdk/index.ts";
import { Height } from "../../../protocol/index.ts";
import { at, sealed } from "../../sdk/chain.ts";
import { limit, market, rollupParameters } from "../engine/world.ts";
import {
  domain,
  priceUpdate,
  reporterKeys,
  RollupChain,
  signed,
  spec,
  startSeconds,
  traderKeys,
} from "./specs.ts";

const signers = inlineSigners(domain);
const { globals } = genesisState(rollupParameters);
const startMs = startSeconds * 1_000;

test("a block's lists come with their signers, and what nobody signed executes nothing", async () => {
  const chain = new RollupChain();
  const order = { actions: [limit(true, 600_000, 5)] };
  const unsigned = signed(1, order).fill(0, -65);
  await chain.add(signed(0, order), unsigned, Uint8Array.of(9, 9), signed(2, order));
  const { batch, transactions } = await build(at(chain.blocks(), 0));
  expect(batch).toMatchObject({ number: 1, timeMs: startMs, system: [] });
  expect(batch.lists).toMatchObject([
    { account: 2, signer: addressOf(at(traderKeys, 0)), ...order },
    { account: 4, signer: addressOf(at(traderKeys, 2)), ...order },
  ]);
  expect(transactions.map(({ list }) => list?.account)).toEqual([2, undefined, undefined, 4]);
});

test("of an oracle update those reports count that their own reporters signed", async () => {
  const chain = new RollupChain();
  const stranger = [at(reporterKeys, 0), at(traderKeys, 0), at(reporterKeys, 2)];
  await chain.add(
    priceUpdate(10, 1, [0, 1, 2], stranger),
    priceUpdate(20, 2, [0, 2], [at(reporterKeys, 2), at(reporterKeys, 1), at(reporterKeys, 0)]),
    priceUpdate(30, 3, [7]),
  );
  const { batch, transactions } = await build(at(chain.blocks(), 0));
  expect(batch.system).toMatchObject([
    { type: "oracle", market, publishTimeMs: 1, reports: [{ reporter: 0 }, { reporter: 2 }] },
  ]);
  expect(transactions).toHaveLength(3);
});

test("a void transaction executes nothing", async () => {
  const chain = new RollupChain();
  await chain.add(signed(0, {}));
  chain.chain.add({ voided: Height(1) });
  const [block] = chain.blocks();
  const { batch, transactions } = await build(at([block], 0) as VerifiedBlock);
  expect(batch.lists).toEqual([]);
  expect(transactions).toMatchObject([{ list: undefined }]);
});

test("what L1 says is numbered on, and the vault's first word stands for an anchor of nothing", async () => {
  const chain = new RollupChain();
  await chain.open();
  const { batch } = await build(at(chain.blocks(), 0));
  expect(batch.system.map(({ type }) => type)).toEqual([
    "set-market",
    "deposit",
    "deposit",
    "deposit",
    "l1-info",
  ]);
  expect(batch.system.slice(0, 4)).toMatchObject([0, 1, 2, 3].map((l1Index) => ({ l1Index })));
  expect(batch.system.at(-1)).toEqual({
    type: "l1-info",
    l1TimeMs: startMs,
    anchoredBatch: 0,
    anchoredTimeMs: startMs,
  });
});

test("an anchor is the highest so far, at its own time", async () => {
  const chain = new RollupChain();
  const anchored = (batch: number): Uint8Array =>
    encodeAnchored({ batch, root: new Uint8Array(32) });
  chain.chain.add({
    inbox: [chain.message(anchored(9)), chain.message(anchored(12)), chain.message(anchored(11))],
  });
  const before = { ...globals, l1Index: 4, anchoredBatch: 10, anchoredTimeMs: 5 };
  const { batch } = await build(at(chain.blocks(), 0), before);
  expect(batch.system).toMatchObject([
    { type: "l1-info", anchoredBatch: 12, anchoredTimeMs: startMs },
  ]);
  const later = { ...before, anchoredBatch: 20 };
  const unchanged = await build(at(chain.blocks(), 0), later);
  expect(unchanged.batch.system).toMatchObject([{ anchoredBatch: 20, anchoredTimeMs: 5 }]);
});

test("only the vault speaks for L1: a deposit by anybody else is nothing, and a list by anybody is executed", async () => {
  const chain = new RollupChain();
  const stranger = new Uint8Array(20).fill(9);
  const deposit = encodeDeposit(stranger, { subId: 0, tokenAmount: 1n });
  chain.chain.add({
    inbox: [chain.message(deposit, stranger), chain.message(signed(1, {}), stranger)],
    transactions: [await sealed(signed(0, {}))],
  });
  const { batch, transactions } = await build(at(chain.blocks(), 0));
  expect(batch.system).toEqual([]);
  expect(batch.lists.map(({ account }) => account)).toEqual([3, 2]);
  expect(transactions.map(({ list }) => list?.account)).toEqual([2]);
});

async function build(block: VerifiedBlock, before = globals): Promise<BuiltBatch> {
  const signatures = await signers.recover(payloadsOf(block, spec));
  return buildBatch(block, signatures, { spec, globals: before });
}
