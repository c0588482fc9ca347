// TypeScript and Solidity compute the same bytes; whatever one signs the other accepts.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { Contract } from "ethers";
import { network } from "hardhat";
import {
  chainInbox,
  type Checkpoint,
  checkpointDigest,
  Epoch,
  faultyMax,
  Height,
  inboxMessageHash,
  limits,
  Namespace,
  quorum,
  type RollupLeaf,
  rollupProof,
  rollupsRoot,
} from "../../protocol/index.ts";
import {
  bytes,
  call,
  Chain,
  checkpointOf,
  defined,
  hex,
  secretOf,
  send,
  spans,
  stakeMin,
  TestCommittee,
  totalsOf,
} from "./support/chain.ts";

let chain: Chain;
let hub: Contract;
const alone = TestCommittee.ofEqual(1, 1);

beforeAll(async () => {
  chain = await Chain.open();
  hub = await chain.deployHub(alone);
}, 120_000);

const counter = fc.maxSafeNat();
const word = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("a hub and its committee agree on the domain", async () => {
  expect(await call(hub, "DOMAIN")).toBe(hex(await chain.domainOf(hub)));
});

test("any checkpoint has one digest", async () => {
  const domain = await chain.domainOf(hub);
  const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
    number: counter,
    epoch: counter.map(Epoch),
    height: counter.map(Height),
    blockHash: word,
    rollupsRoot: word,
    next: word,
  });
  await fc.assert(
    fc.asyncProperty(checkpoints, async (checkpoint) => {
      const onChain = await call(hub, "checkpointDigest", checkpoint);
      expect(onChain).toBe(hex(checkpointDigest(domain, checkpoint)));
    }),
    { numRuns: 25 },
  );
});

test("any message has one hash, and any inbox one chain", async () => {
  const settlement = await chain.deploySettlement(hub);
  const namespace = Namespace(Number(await call<bigint>(settlement, "ID")));
  const [sender] = await chain.ethers.getSigners();
  const messages = fc.uint8Array({ maxLength: 300 });
  let chained = new Uint8Array(32);
  let index = 0;
  await fc.assert(
    fc.asyncProperty(messages, async (data) => {
      const receipt = await send(settlement, "enqueue", hex(data));
      const { timestamp } = defined((await receipt.getBlock()) ?? undefined);
      const message = {
        namespace,
        index,
        sender: bytes(defined(sender).address),
        timestamp,
        data,
      };
      const hash = inboxMessageHash(message);
      const values = [index, defined(sender).address, timestamp, hex(data)];
      expect(await call(settlement, "messageHash", ...values)).toBe(hex(hash));
      chained = Uint8Array.from(chainInbox(chained, hash));
      index++;
      expect(await call(settlement, "inboxHash", index)).toBe(hex(chained));
    }),
    { numRuns: 10 },
  );
});

test("the inbox takes what a node's codec takes, and no byte more", async () => {
  const settlement = await chain.deploySettlement(hub);
  await send(settlement, "enqueue", hex(new Uint8Array(limits.inboxMessageBytesMax)));
  const tooLong = hex(new Uint8Array(limits.inboxMessageBytesMax + 1));
  await expect(send(settlement, "enqueue", tooLong)).rejects.toThrow("MessageTooLong");
});

test("a chain without the precompiles is refused when the hub is deployed", async () => {
  const { ethers } = await network.create({ network: "sim", override: { hardfork: "cancun" } });
  const values = [hex(alone.hash), await chain.token.getAddress(), stakeMin, spans];
  await expect(ethers.deployContract("Hub", values)).rejects.toThrow("Unavailable");
});

test("any committee's head, and the entries of whoever is absent, are what the hub trusts", async () => {
  const weighted = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(weighted, fc.nat(), async (weights, random) => {
      const committee = new TestCommittee(random, weights);
      const own = await chain.deployHub(committee);
      const absent = spareable(weights, random);
      await chain.finalize(own, committee, checkpointOf(1, new Uint8Array(32)), absent);
      const [number] = await call<readonly bigint[]>(own, "latest");
      expect(number).toBe(1n);
    }),
    { numRuns: 12 },
  );
});

test("with equal seats the hub wants the quorum of consensus, no vote more and none less", async () => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 9, 10]) {
    const committee = TestCommittee.ofEqual(size, size);
    const own = await chain.deployHub(committee);
    const most = Array.from({ length: size - quorum(size) }, (_, i) => i);
    expect(most.length).toBe(faultyMax(size));
    const checkpoint = checkpointOf(1, new Uint8Array(32));
    if (size > 1)
      await expect(chain.finalize(own, committee, checkpoint, [...most, size - 1])).rejects.toThrow(
        "NoQuorum",
      );
    await chain.finalize(own, committee, checkpoint, most);
  }
});

test("any set of rollups has one root, under which each settles by its proof", async () => {
  const settlement = await chain.deploySettlement(hub);
  const id = Number(await call<bigint>(settlement, "ID"));
  const others = fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 12 });
  let batches = 0;
  await fc.assert(
    fc.asyncProperty(others, word, counter, counter, async (ids, batchesHash, spent, earned) => {
      batches++;
      const all = [...new Set([...ids, id])].toSorted((a, b) => a - b);
      const leaves: RollupLeaf[] = all.map((each) => ({
        namespace: Namespace(each),
        batches: batches + (each === id ? 0 : each),
        inboxRead: 0,
        spent,
        earned,
        batchesHash,
        inboxHash: new Uint8Array(32),
      }));
      const [last] = await call<readonly bigint[]>(hub, "latest");
      const checkpoint = checkpointOf(Number(last) + 1, rollupsRoot(leaves));
      await chain.finalize(hub, alone, checkpoint);
      const [, , count] = await call<readonly bigint[]>(hub, "latest");
      const leaf = defined(leaves.find((each) => each.namespace === id));
      const proof = rollupProof(leaves, leaf.namespace).map(hex);
      await send(settlement, "settle", count, totalsOf(leaf), proof);
      const [settled, , , hash] = await call<readonly [bigint, bigint, bigint, string]>(
        settlement,
        "settled",
      );
      expect([settled, hash]).toEqual([BigInt(batches), hex(batchesHash)]);
    }),
    { numRuns: 10 },
  );
});

test("an operator registers with a proof of possession made off chain", async () => {
  const [operator] = await chain.ethers.getSigners();
  await chain.register(hub, secretOf(9, 0));
  const stake = await chain.stakeOf(hub);
  expect(await call<readonly string[]>(stake, "activeOperators")).toEqual([
    defined(operator).address,
  ]);
});

/** As many of the members as a quorum can spare, taken at random. */
function spareable(weights: readonly number[], random: number): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const absent: number[] = [];
  let rest = total;
  for (const [index, weight] of weights.entries()) {
    if ((random >> (index % 30)) % 2 === 0 || 3 * (rest - weight) <= 2 * total) continue;
    rest -= weight;
    absent.push(index);
  }
  return absent;
}
