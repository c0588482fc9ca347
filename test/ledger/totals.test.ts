import { expect, test } from "vitest";
import { utf8 } from "../../base/index.ts";
import { isCheckpointDue } from "../../ledger/totals.ts";
import {
  batchHash,
  chainBatch,
  chainInbox,
  Height,
  Micros,
  Namespace,
  rollupsRoot,
  zeroHash,
} from "../../protocol/index.ts";
import {
  Chain,
  fee,
  funded,
  fundedChain,
  genesisOf,
  inbox,
  type MadeBlock,
  subscribed,
  transaction,
} from "./chain.ts";

test("a batch holds the messages, then the transactions, void ones in their place", () => {
  const chain = fundedChain();
  chain.open(firstOf(chain));
  const read = inbox(0, 0);
  const transactions = [
    transaction({ nonce: 1 }),
    transaction({ nonce: 2 }, { body: "void" }),
    transaction({ nonce: 3 }),
  ];
  const { batches } = chain.open(chain.add({ l1: chain.l1.add(read), transactions }));
  expect(batches).toHaveLength(1);
  expect(batches[0]).toMatchObject({ namespace: 0, height: 2, inbox: [{ index: 0 }] });
  expect(batches[0]?.transactions.map(({ payload }) => payload)).toEqual([
    utf8("do it"),
    undefined,
    utf8("do it"),
  ]);
});

test("there is a batch for each namespace that a block holds something of, and no other", () => {
  const chain = new Chain();
  const l1 = chain.l1.add(
    ...[0, 1, 2, 3].map((id) => subscribed(id)),
    ...[2, 0].map((id) => funded(id, fee)),
    inbox(3, 0),
  );
  const transactions = [2, 0].map((id) => transaction({ namespace: Namespace(id) }));
  const { batches } = chain.open(chain.add({ l1, transactions }));
  expect(batches.map(({ namespace }) => namespace)).toEqual([0, 2, 3]);
});

test("totals count batches that hold something, and chain batches and messages as L1 does", () => {
  const chain = new Chain();
  const events = [subscribed(0), subscribed(1), funded(0, 9 * fee), inbox(0, 0), inbox(0, 1)];
  const one = chain.open(chain.add({ l1: chain.l1.add(...events), transactions: [transaction()] }));
  chain.open(chain.add());
  const third = chain.add({ l1: chain.l1.add(inbox(0, 2)) });
  const { batches, checkpoint, leaves } = chain.open(third);
  const hashes = [...one.batches, ...batches].map(batchHash);
  const messages = [...one.batches, ...batches].flatMap((batch) => batch.inbox);
  expect(leaves).toEqual([
    {
      namespace: 0,
      batches: 2,
      inboxRead: 3,
      spent: fee,
      earned: 0,
      batchesHash: hashes.reduce(chainBatch, zeroHash),
      inboxHash: messages.map(({ messageHash }) => messageHash).reduce(chainInbox, zeroHash),
    },
    {
      namespace: 1,
      batches: 0,
      inboxRead: 0,
      spent: 0,
      earned: 0,
      batchesHash: zeroHash,
      inboxHash: zeroHash,
    },
  ]);
  expect(checkpoint).toEqual({
    number: 1,
    epoch: 1,
    height: 3,
    blockHash: third.hash,
    rollupsRoot: rollupsRoot(leaves),
    next: zeroHash,
  });
});

test("the totals say what a rollup was charged, once its blocks are opened and be they void", () => {
  const chain = fundedChain({}, 3 * fee - 2);
  chain.open(firstOf(chain));
  const second = chain.add({
    transactions: [
      transaction({ nonce: 1 }),
      transaction({ nonce: 2 }, { body: "void" }),
      transaction({ nonce: 3 }),
    ],
  });
  const third = chain.add();
  expect(second.drops).toEqual([undefined, undefined, "unpayable"]);
  chain.open(second);
  const [leaf] = chain.open(third).leaves;
  expect(leaf).toMatchObject({ batches: 1, spent: 2 * fee - 1, earned: 0 });
  expect(chain.ledger.namespaces()[0]?.balance).toBe(fee - 1);
});

test("a checkpoint knows the rollups of its height, even when later ones are final already", () => {
  const chain = new Chain();
  const blocks = [
    chain.add({ l1: chain.l1.add(subscribed(0)) }),
    chain.add(),
    chain.add(),
    chain.add({ l1: chain.l1.add(subscribed(1), inbox(0, 0)) }),
  ];
  const applied = blocks.map((block) => chain.open(block));
  expect(applied[2]?.leaves.map(({ namespace, inboxRead }) => [namespace, inboxRead])).toEqual([
    [0, 0],
  ]);
});

test("checkpoints are numbered without gaps, whatever the distance of their heights", () => {
  const chain = new Chain({ genesis: genesisOf({ checkpointHeights: 4, checkpointTime: 100 }) });
  const times = [50, 99, 100, 101, 250, 250, 251, 251];
  const due = times.map((time) => chain.open(chain.add({ time })).checkpoint);
  expect(due.map((checkpoint) => checkpoint?.number)).toEqual([
    undefined,
    undefined,
    1,
    2,
    3,
    undefined,
    undefined,
    4,
  ]);
});

test("a checkpoint is due by heights, by block time, or never", () => {
  const at = (
    height: number,
    parentTime: number,
    time: number,
  ): Parameters<typeof isCheckpointDue>[0] => ({
    height: Height(height),
    parentTime: Micros(parentTime),
    time: Micros(time),
  });
  const byHeight = { checkpointHeights: 5, checkpointTime: 0 };
  expect([4, 5, 6, 10].map((height) => isCheckpointDue(at(height, 1, 2), byHeight))).toEqual([
    false,
    true,
    false,
    true,
  ]);
  const byTime = { checkpointHeights: 0, checkpointTime: 10 };
  expect(isCheckpointDue(at(1, 9, 10), byTime)).toBe(true);
  expect(isCheckpointDue(at(1, 10, 19), byTime)).toBe(false);
  expect(isCheckpointDue(at(1, 0, 19), byTime)).toBe(false);
  expect(isCheckpointDue(at(5, 1, 99), { checkpointHeights: 0, checkpointTime: 0 })).toBe(false);
});

test("openings come in the order of the chain, and only of what is final", () => {
  const chain = new Chain();
  const [first, second] = [chain.add(), chain.add()] as [MadeBlock, MadeBlock];
  expect(() => chain.open(second)).toThrow("in the order of the chain");
  const other = new Chain();
  expect(() => other.open(first)).toThrow("in the order of the chain");
  const branched = new Chain();
  branched.add({ time: 5 });
  expect(() => branched.open(first)).toThrow("in the order of the chain");
});

/** The block that `fundedChain` begins with: it holds nothing. */
function firstOf(chain: Chain): MadeBlock {
  return { ...chain.propose(), ...chain.ledger.final, ordered: [] };
}

test("the closing block of an epoch has a checkpoint at any height, which says what comes next", () => {
  const chain = fundedChain();
  const nextCommittee = new Uint8Array(32).fill(8);
  chain.open(firstOf(chain));
  const closing = chain.open(chain.add({ nextCommittee }));
  expect(closing.checkpoint).toMatchObject({ height: 2, number: 1, next: nextCommittee });
  expect(closing.leaves).toHaveLength(1);
  const due = chain.open(chain.add());
  expect(due.checkpoint).toMatchObject({ height: 3, number: 2, next: zeroHash });
});
