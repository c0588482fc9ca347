import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes } from "../../base/index.ts";
import { Height, limits, type SealedTransaction, zeroHash } from "../../protocol/index.ts";
import type { BlockContext } from "../../ledger/index.ts";
import {
  bytes,
  Chain,
  fee,
  funded,
  fundedChain,
  inbox,
  L1Log,
  type MadeBlock,
  snapshotOf,
  subscribed,
  transaction,
} from "./chain.ts";

test("the chain begins at genesis, before the L1 block that genesis names", () => {
  const { final, openedHeight } = new Chain().ledger;
  expect(final).toMatchObject({ height: 0, time: 0, l1: { number: 4, hash: zeroHash } });
  expect(openedHeight).toBe(0);
});

test("a block stands one above its parent, and on nothing that is unknown", () => {
  const { ledger } = new Chain();
  const context: BlockContext = {
    parent: ledger.final.hash,
    height: Height(1),
    l1: ledger.final.l1,
  };
  expect(typeof ledger.open(context)).toBe("object");
  expect(ledger.open({ ...context, height: Height(2) })).toBe("invalid");
  expect(ledger.open({ ...context, height: Height(0) })).toBe("invalid");
  expect(ledger.open({ ...context, parent: bytes(32, 9) })).toBe("missing");
});

test("the cursor on L1 stays or goes forward along blocks that this node has read", () => {
  const chain = new Chain();
  const positions = [5, 6, 7].map(() => chain.l1.add());
  const [first, second, third] = positions as [
    BlockContext["l1"],
    BlockContext["l1"],
    BlockContext["l1"],
  ];
  chain.add({ l1: second });
  const open = (l1: BlockContext["l1"]): unknown => chain.ledger.open(chain.context({ l1 }));
  expect(typeof open(second)).toBe("object");
  expect(typeof open(third)).toBe("object");
  expect(open(first)).toBe("invalid");
  expect(open({ ...second, hash: bytes(32, 1) })).toBe("invalid");
  expect(open({ ...third, hash: bytes(32, 1) })).toBe("missing");
  expect(open({ number: 8, hash: bytes(32, 1) })).toBe("missing");
});

test("a block reads a bounded number of L1 blocks", () => {
  const chain = new Chain();
  for (let i = 0; i < limits.l1BlocksPerBlockMax + 1; i++) chain.l1.add();
  const open = (number: number): unknown =>
    chain.ledger.open(chain.context({ l1: chain.l1.at(number) }));
  expect(typeof open(4 + limits.l1BlocksPerBlockMax)).toBe("object");
  expect(open(5 + limits.l1BlocksPerBlockMax)).toBe("invalid");
});

test("a block reads a bounded number of events, unless they are all of one L1 block", () => {
  const chain = new Chain();
  const many = Array.from({ length: limits.l1EventsPerBlockMax }, () => funded(0, 1));
  const crowded = chain.l1.add(...many, funded(0, 1));
  const quiet = chain.l1.add();
  expect(chain.ledger.open(chain.context({ l1: quiet }))).toBe("invalid");
  chain.add({ l1: crowded });
  chain.l1.add(...many);
  expect(typeof chain.ledger.open(chain.context({ l1: chain.l1.add() }))).toBe("object");
});

test("branches do not see each other, and the one that loses is forgotten", () => {
  const chain = fundedChain({}, fee);
  const left = chain.propose({ time: 1, transactions: [transaction()] });
  const right = chain.propose({ time: 2, transactions: [transaction()] });
  expect([left.drops, right.drops]).toEqual([[undefined], [undefined]]);
  const leftChild = chain.propose({ parent: left, transactions: [transaction({ nonce: 1 })] });
  const rightChild = chain.propose({ parent: right });
  expect(leftChild.drops).toEqual(["unpayable"]);
  chain.finalize(right);
  expect([left, leftChild].map(({ hash }) => chain.ledger.hasBlock(hash))).toEqual([false, false]);
  expect([right, rightChild].map(({ hash }) => chain.ledger.hasBlock(hash))).toEqual([true, true]);
  chain.finalize(rightChild);
  expect(chain.ledger.final.hash).toBe(rightChild.hash);
});

test("a draft on a branch that has lost meanwhile is let go", () => {
  const chain = fundedChain();
  const left = chain.propose({ time: 1 });
  const { draft } = chain.propose({ parent: left });
  chain.add({ time: 2 });
  chain.ledger.extend(bytes(32, 5), draft, { time: left.time, nextCommittee: zeroHash });
  expect(chain.ledger.hasBlock(bytes(32, 5))).toBe(false);
});

test("overlays are bounded, and the oldest can be judged again", () => {
  const chain = fundedChain();
  const first = chain.propose({ time: 1 });
  for (let time = 2; time <= 4 * limits.unfinalizedMax + 1; time++) chain.propose({ time });
  expect(chain.ledger.hasBlock(first.hash)).toBe(false);
  expect(chain.propose({ time: 1 }).hash).toEqual(first.hash);
  expect(chain.ledger.hasBlock(first.hash)).toBe(true);
});

test("no block is judged while too many final ones await their opening", () => {
  const chain = new Chain();
  const blocks: MadeBlock[] = [];
  while (blocks.length < limits.unopenedHeightsMax) blocks.push(chain.add());
  expect(chain.ledger.open(chain.context({}))).toBe("missing");
  chain.open(blocks[0] as MadeBlock);
  expect(typeof chain.ledger.open(chain.context({}))).toBe("object");
});

test("ids are remembered no longer than they could be ordered", () => {
  const chain = fundedChain({}, 1_000 * fee);
  const sizes: number[] = [];
  for (let nonce = 0; nonce < 40; nonce++) {
    const expiry = Height(chain.ledger.final.height + 3);
    chain.add({ transactions: [transaction({ nonce, expiry })] });
    sizes.push(snapshotOf(chain).ordering.length);
  }
  const [, , steady] = sizes;
  expect(new Set(sizes.slice(3))).toEqual(new Set([steady]));
});

/** What happens in one block of a random tree. */
interface Step {
  readonly parent: number;
  readonly nonces: readonly number[];
  readonly reads: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    parent: fc.nat(20),
    nonces: fc.array(fc.nat(12), { maxLength: 5 }),
    reads: fc.nat(2),
  }),
  { minLength: 1, maxLength: 14 },
);

test("a block on overlays is judged as the same block on final ancestors", () => {
  fc.assert(
    fc.property(steps, (tree) => {
      const l1 = logOfMany();
      const overlaid = new Chain({ l1 });
      const made: { readonly block: MadeBlock; readonly path: readonly number[] }[] = [];
      for (const [at, step] of tree.entries()) {
        const under = made[step.parent % (made.length + 1)];
        const block = overlaid.propose(wishOf(overlaid, step, at, under?.block));
        made.push({ block, path: [...(under?.path ?? []), at] });
      }
      for (const { block, path } of made) {
        const linear = new Chain({ l1 });
        const last = path.map((at) => linear.add(wishOf(linear, tree[at] as Step, at))).at(-1);
        expect(last).toMatchObject({ hash: block.hash, drops: block.drops, leaves: block.leaves });
      }
      const longest = made.reduce((a, b) => (b.path.length > a.path.length ? b : a));
      const linear = new Chain({ l1 });
      for (const at of longest.path) {
        overlaid.finalize((made[at] as (typeof made)[number]).block);
        linear.add(wishOf(linear, tree[at] as Step, at));
      }
      expect(snapshotOf(overlaid)).toEqual(snapshotOf(linear));
    }),
    { numRuns: 60 },
  );
});

test("a ledger made from any snapshot goes on as the one that wrote it, which went on meanwhile", () => {
  fc.assert(
    fc.property(steps, fc.nat(14), fc.nat(4), (list, cutAt, lag) => {
      const l1 = logOfMany();
      const chain = new Chain({ l1 });
      const blocks: MadeBlock[] = [];
      const outcomes: unknown[] = [];
      const cut = (cutAt % list.length) + 1;
      let pieces: readonly Uint8Array[] = [];
      let totals = chain.ledger.totalsSnapshot();
      const open = (): void => {
        outcomes.push(chain.open(blocks[chain.ledger.openedHeight] as MadeBlock));
        if (chain.ledger.openedHeight === cut) totals = chain.ledger.totalsSnapshot();
      };
      for (const [at, step] of list.entries()) {
        blocks.push(chain.add(wishOf(chain, step, at)));
        if (blocks.length === cut) pieces = chain.ledger.orderingSnapshot();
        while (chain.ledger.openedHeight + lag < blocks.length) open();
      }
      while (chain.ledger.openedHeight < blocks.length) open();
      const snapshot = { ordering: concatBytes(...pieces), totals };
      const restarted = new Chain({ l1, snapshot });
      expect(restarted.ledger.openedHeight).toBe(cut);
      expect(snapshotOf(restarted)).toEqual(snapshot);
      for (const block of blocks.slice(cut)) {
        const ordered = block.ordered.map((each) => each.transaction);
        const again = restarted.add({ time: block.time, l1: block.l1, transactions: ordered });
        expect(again).toMatchObject({ hash: block.hash, leaves: block.leaves });
      }
      const again = blocks.slice(cut).map((block) => restarted.open(block));
      expect(again).toEqual(outcomes.slice(cut));
      expect(snapshotOf(restarted)).toEqual(snapshotOf(chain));
    }),
    { numRuns: 60 },
  );
});

/** Two rollups, one with class order, small funds again and again, and messages in between. */
function logOfMany(): L1Log {
  const l1 = new L1Log();
  l1.add(subscribed(0, { classOrder: true }), funded(0, 4 * fee), subscribed(1));
  for (let i = 0; i < 40; i++)
    l1.add(funded(i % 2, fee * (i % 3)), inbox(i % 2, Math.floor(i / 2)));
  return l1;
}

function wishOf(
  chain: Chain,
  step: Step,
  at: number,
  parent?: MadeBlock,
): Parameters<Chain["add"]>[0] {
  const from = (parent ?? chain.ledger.final).l1.number;
  return {
    ...(parent === undefined ? {} : { parent }),
    time: at + 1,
    l1: step.reads === 0 ? (parent ?? chain.ledger.final).l1 : chain.l1.at(from + step.reads),
    transactions: step.nonces.map(transactionOf),
  };
}

function transactionOf(nonce: number): SealedTransaction {
  const classes = ["normal", "cancel", "oracle"] as const;
  return transaction({
    nonce,
    namespace: (nonce % 2) as SealedTransaction["envelope"]["namespace"],
    class: classes[nonce % 3] ?? "normal",
    expiry: Height(nonce),
  });
}

test("an epoch counts from the first block with a time, then from each closing block on", () => {
  const chain = new Chain();
  const nextCommittee = bytes(32, 8);
  const blocks = [chain.add()];
  expect(chain.ledger.final.epochStart).toBe(0);
  blocks.push(chain.add({ time: 100 }), chain.add({ time: 200 }));
  expect(chain.ledger.final.epochStart).toBe(100);
  const closing = chain.propose({ time: 300, nextCommittee });
  expect(closing.draft.epochStart).toBe(100);
  expect(chain.propose({ parent: closing }).draft.epochStart).toBe(300);
  for (const block of [...blocks, chain.finalize(closing)]) chain.open(block);
  expect(new Chain({ snapshot: snapshotOf(chain) }).ledger.final.epochStart).toBe(300);
});
