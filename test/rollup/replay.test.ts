import { expect, test } from "vitest";
import { chainBatch, chainInbox, Namespace, type VerifiedBlock } from "../../sdk/index.ts";
import { type ActionList, encodeActions, Replay, signActions } from "../../rollup/index.ts";
import { Height } from "../../protocol/index.ts";
import { verifyPage } from "../../sdk/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { Chain, inboxMessage, mcl, network, sealed } from "../sdk/chain.ts";
import { domain, plainList, traderKey } from "./lists.ts";

const blockTimeMs = 1_700_000_000_000;

test("each list is executed once, and what is wrong with the others is counted", async () => {
  const replay = new Replay(domain);
  const forged = encodeActions({ list: plainList({ nonce: 9 }), signature: new Uint8Array(65) });
  for (const block of await blocksOf([
    [payload({ nonce: 1 }), payload({ nonce: 3 }), payload({ nonce: 2 })],
    [payload({ nonce: 3 }), forged, Uint8Array.of(1, 2, 3)],
    [payload({ nonce: 4, validUntilMs: blockTimeMs }), payload({ nonce: 4, key: 1 })],
  ]))
    replay.apply(block);
  expect(replay.summary()).toMatchObject({
    height: 3,
    batches: 3,
    transactions: 8,
    lists: 4,
    actions: 4,
    NONCE_USED: 1,
    BAD_SIGNATURE: 1,
    MALFORMED: 1,
    EXPIRED: 1,
    VOID: 0,
  });
});

test("a list that expired has not used its nonce", async () => {
  const replay = new Replay(domain);
  for (const block of await blocksOf([
    [payload({ nonce: 1, validUntilMs: blockTimeMs - 1 }), payload({ nonce: 1 })],
  ]))
    replay.apply(block);
  expect(replay.summary()).toMatchObject({ lists: 1, EXPIRED: 1, NONCE_USED: 0 });
});

test("the totals are those of the rollup's leaf", async () => {
  const chain = new Chain();
  chain.add({ inbox: [inboxMessage(0), inboxMessage(1)] });
  chain.add();
  chain.add({ transactions: [await sealed("no list")], inbox: [inboxMessage(2)] });
  const replay = new Replay(domain);
  const blocks = verified(chain);
  for (const block of blocks) replay.apply(block);
  const zeros = new Uint8Array(32);
  const messages = blocks.flatMap(({ inbox }) => inbox.map(({ messageHash }) => messageHash));
  const batches = blocks.flatMap(({ batchHash }) => (batchHash === undefined ? [] : [batchHash]));
  expect(batches).toHaveLength(2);
  expect(replay.toJson()).toMatchObject({
    batchesHash: hex(batches.reduce(chainBatch, zeros)),
    inboxHash: hex(messages.reduce(chainInbox, zeros)),
    counts: { batches: 2, inboxRead: 3, MALFORMED: 1 },
  });
});

test("stopped anywhere and started again, it comes to the same totals", async () => {
  const blocks = await blocksOf([
    [payload({ nonce: 1 }), payload({ nonce: 2 })],
    [payload({ nonce: 2 })],
    [],
    [payload({ nonce: 1 }), payload({ nonce: 3 })],
  ]);
  const whole = new Replay(domain);
  for (const block of blocks) whole.apply(block);
  for (let stop = 0; stop <= blocks.length; stop++) {
    const first = new Replay(domain);
    for (const block of blocks.slice(0, stop)) first.apply(block);
    const second = new Replay(domain, JSON.parse(JSON.stringify(first.toJson())));
    expect(second.anchor).toEqual(first.anchor);
    for (const block of blocks.slice(stop)) second.apply(block);
    expect(second.toJson()).toEqual(whole.toJson());
  }
});

test("that a block closed its epoch is known after a restart: nothing else may stand on it", () => {
  const chain = new Chain();
  chain.add();
  chain.add({ isClosing: true });
  for (const [i, block] of verified(chain).entries()) {
    const replay = new Replay(domain);
    replay.apply(block);
    const resumed = new Replay(domain, JSON.parse(JSON.stringify(replay.toJson())));
    expect(resumed.anchor).toMatchObject({ height: i + 1, isClosing: i === 1 });
  }
});

test("a saved state with anything missing, unknown or out of range is refused", () => {
  const saved = new Replay(domain).toJson();
  for (const name of Object.keys(saved))
    for (const value of [undefined, 0, "x", { a: 1 }])
      expect(() => new Replay(domain, { ...saved, [name]: value })).toThrow();
  expect(() => new Replay(domain, { ...saved, note: 1 })).toThrow();
  expect(() => new Replay(domain, saved)).not.toThrow();
});

function payload(changes: Partial<ActionList>): Uint8Array {
  return encodeActions(signActions(domain, plainList(changes), traderKey));
}

async function blocksOf(payloads: readonly Uint8Array[][]): Promise<VerifiedBlock[]> {
  const chain = new Chain();
  for (const block of payloads)
    chain.add({ transactions: await Promise.all(block.map((each) => sealed(each))) });
  return verified(chain);
}

function verified(chain: Chain): VerifiedBlock[] {
  const page = chain.page(0, 1);
  if (page === undefined) throw new Error("the chain has blocks");
  const request = { network, namespace: Namespace(0), from: Height(1), parent: undefined };
  return verifyPage(page, request, { group: mcl, bls: blstBls });
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
