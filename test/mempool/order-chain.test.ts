import fc from "fast-check";
import { expect, test } from "vitest";
import { AssertionError, concatBytes } from "../../base/index.ts";
import { OrderChain } from "../../mempool/order-chain.ts";
import { decodeOrderState } from "../../mempool/order-snapshot.ts";
import { genesisOrderState } from "../../mempool/order-state.ts";
import { type History, histories, readBlock } from "./lanes.ts";

const genesisHash = new Uint8Array(32);

/** Plays a history on a chain; finalizes after the blocks that `isFinal` names, and forks where it is told to. */
function playOn(
  chain: OrderChain,
  history: History,
  plan: {
    readonly isFinal: (block: number) => boolean;
    readonly hasFork: (block: number) => boolean;
    readonly restart: (block: number, chain: OrderChain, hash: Uint8Array) => OrderChain;
  },
): { readonly order: string[]; readonly snapshot: Uint8Array } {
  const order: string[] = [];
  let current = chain;
  let hash: Uint8Array = genesisHash;
  const all = [...history.blocks, history.lanes.map((lane) => lane.length)];
  for (const [i, steps] of all.entries()) {
    const state = current.after(hash);
    if (state === undefined) throw new Error("the parent is known");
    if (plan.hasFork(i)) {
      const fork = readBlock(
        { hash, state },
        history.lanes,
        history.lanes.map((lane) => lane.length),
      );
      current.extend(hash, { ...fork, hash: fork.hash.map((byte) => byte ^ 1) });
    }
    const block = readBlock({ hash, state }, history.lanes, steps);
    current.extend(hash, block);
    order.push(...block.emitted);
    hash = block.hash;
    if (plan.isFinal(i)) {
      current.finalize(hash);
      current = plan.restart(i, current, hash);
    }
  }
  current.finalize(hash);
  return { order, snapshot: concatBytes(...current.snapshot()) };
}

const newChain = (seats: number): OrderChain =>
  new OrderChain(genesisHash, genesisOrderState(seats));

test("when blocks become final, which forks they leave behind, and restarts from snapshots change nothing", () => {
  fc.assert(
    fc.property(
      histories,
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.boolean()),
      (history, finals, forks) => {
        const { seats } = history;
        const plain = playOn(newChain(seats), history, {
          isFinal: () => false,
          hasFork: () => false,
          restart: (_, chain) => chain,
        });
        const eventful = playOn(newChain(seats), history, {
          isFinal: () => finals.next().value ?? false,
          hasFork: () => forks.next().value ?? false,
          restart: (block, chain, hash) => {
            if (block % 2 === 0) return chain;
            const state = decodeOrderState(concatBytes(...chain.snapshot()));
            if (state === undefined) throw new Error("a snapshot decodes");
            return new OrderChain(hash, state);
          },
        });
        expect(eventful.order).toEqual(plain.order);
        expect(eventful.snapshot).toEqual(plain.snapshot);
      },
    ),
    { numRuns: 400 },
  );
});

test("a snapshot with anything changed in its shape does not decode", () => {
  const bytes = concatBytes(...newChain(4).snapshot());
  expect(decodeOrderState(bytes)).toEqual(genesisOrderState(4));
  expect(decodeOrderState(bytes.subarray(1))).toBeUndefined();
});

test("final blocks leave no other branch behind, and cannot be extended elsewhere", () => {
  const chain = newChain(4);
  const lanes = [[], [], [], []];
  const block = readBlock({ hash: genesisHash, state: genesisOrderState(4) }, lanes, []);
  const [left, right] = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
  if (left === undefined || right === undefined) throw new Error("two hashes");
  chain.extend(genesisHash, { ...block, hash: left });
  chain.extend(genesisHash, { ...block, hash: right });
  const child = readBlock({ hash: right, state: block.state }, lanes, []);
  chain.extend(right, child);
  chain.finalize(left);
  expect(chain.size).toBe(0);
  expect(chain.after(child.hash)).toBeUndefined();
  expect(() => chain.extend(right, child)).toThrow(AssertionError);
  expect(() => chain.finalize(right)).toThrow(AssertionError);
});
