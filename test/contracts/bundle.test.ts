// What a checkpoint costs with all that follows from it, in one transaction and in several.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Contract, TransactionReceipt } from "ethers";
import { keccak256 } from "../../crypto/index.ts";
import { u64Bytes } from "../../base/index.ts";
import {
  checkpointDigest,
  Namespace,
  type RollupLeaf,
  rollupProof,
  rollupsRoot,
} from "../../protocol/index.ts";
import {
  call,
  Chain,
  checkpointOf,
  defined,
  hex,
  send,
  TestCommittee,
  totalsOf,
} from "./support/chain.ts";

const rollupsCount = 8;
const zeros = `0x${"00".repeat(32)}`;
const beneficiary = `0x${"be".repeat(20)}`;
const nobody = `0x${"00".repeat(20)}`;
const committee = TestCommittee.ofEqual(1, 4);
const measured: [string, number][] = [];
let chain: Chain;
let hub: Contract;
let rollups: Contract;
let bundle: Contract;
const settlements: string[] = [];
let batches = 0;

beforeAll(async () => {
  chain = await Chain.open();
  hub = await chain.deployHub(committee);
  rollups = await chain.rollupsOf(hub);
  bundle = await chain.ethers.deployContract("Bundle");
  const prepaid = 1_000_000_000n;
  const owner = defined((await chain.ethers.getSigners())[0]).address;
  await send(chain.token, "mint", owner, prepaid * BigInt(rollupsCount));
  await send(chain.token, "approve", await rollups.getAddress(), prepaid * BigInt(rollupsCount));
  for (let id = 0; id < rollupsCount; id++) {
    settlements.push(await (await chain.deploySettlement(hub)).getAddress());
    await send(rollups, "fund", id, prepaid);
  }
  // Slots are made in the first round, as for all later ones they are there.
  for (let number = 1; number <= 64; number++)
    await chain.finalize(hub, committee, checkpointOf(number, keccak256(u64Bytes(number))));
  await post(await next(), { collects: true });
}, 120_000);

afterAll(() => {
  const lines = measured.map(([name, gas]) => `${String(gas).padStart(9)}  ${name}`);
  process.stdout.write(`gas of a checkpoint and what follows\n${lines.join("\n")}\n`);
});

test("one post costs less than its parts, and does as much", async () => {
  const balance = async () => call<bigint>(chain.token, "balanceOf", beneficiary);
  const before = await balance();
  const apart = await next();
  const parts = [
    note("checkpoint", await chain.finalize(hub, committee, apart.checkpoint)),
    note("settle, 8 in a bundle", await send(bundle, "settle", apart.count, apart.items)),
    note(
      "collect, 8 in one sum",
      await send(rollups, "collectMany", apart.count, apart.collections, beneficiary),
    ),
  ];
  // Whoever only collects has brought no checkpoint, and so has no part.
  expect(await balance()).toBe(before);
  const settled = note("post: settle 8", await post(await next(), { collects: false }));
  const whole = note("post: settle 8, collect 8", await post(await next(), { collects: true }));
  const [checkpoint = 0, settle = 0, collect = 0] = parts;
  expect(settled).toBeLessThan(checkpoint + settle - 15_000);
  expect(whole).toBeLessThan(checkpoint + settle + collect - 20_000);
  const [funded, spent] = await call<readonly bigint[]>(rollups, "accountOf", 3);
  expect([funded, spent]).toEqual([1_000_000_000n, BigInt(feesOf(3, batches).spent)]);
  // A tenth of what was charged in the last two rounds, but for what is the rollups' own.
  const fees = settlements.map((_, id) => feesOf(id, 2));
  const base = fees.reduce((sum, { spent, earned }) => sum + spent - earned, 0);
  expect((await balance()) - before).toBe(BigInt(Math.floor(base / 10)));
});

test("a rollup alone is collected from for what a few thousand bytes cost", async () => {
  const { checkpoint, count, collections } = await next();
  await chain.finalize(hub, committee, checkpoint);
  const [id, totals, proof] = defined(collections[5]);
  note("collect, 1 of 8", await send(rollups, "collect", id, count, totals, proof, nobody));
  const [, spent] = await call<readonly bigint[]>(rollups, "accountOf", 5);
  expect(spent).toBe(BigInt(feesOf(5, batches).spent));
});

interface Round {
  readonly checkpoint: ReturnType<typeof checkpointOf>;
  /** What the hub will name it. */
  readonly count: number;
  readonly items: readonly (readonly unknown[])[];
  readonly collections: readonly (readonly unknown[])[];
}

/** One more batch for every rollup. */
async function next(): Promise<Round> {
  batches++;
  const leaves = settlements.map((_, id): RollupLeaf => {
    const hashes = { batchesHash: keccak256(u64Bytes(batches)), inboxHash: new Uint8Array(32) };
    return { namespace: Namespace(id), batches, inboxRead: 0, ...feesOf(id, batches), ...hashes };
  });
  const [number, , count] = await call<readonly bigint[]>(hub, "latest");
  const parts = leaves.map((leaf, id) => {
    const proof = rollupProof(leaves, leaf.namespace).map(hex);
    return { id, totals: totalsOf(leaf), proof };
  });
  return {
    checkpoint: checkpointOf(Number(number) + 1, rollupsRoot(leaves)),
    count: Number(count) + 1,
    items: parts.map(({ id, totals, proof }) => [settlements[id], totals, proof]),
    collections: parts.map(({ id, totals, proof }) => [id, totals, proof]),
  };
}

function feesOf(id: number, round: number): { readonly spent: number; readonly earned: number } {
  return { spent: round * (100_000 + id), earned: round * 1_000 };
}

async function post(
  { checkpoint, items, collections }: Round,
  { collects }: { readonly collects: boolean },
): Promise<TransactionReceipt> {
  const signature = committee.sign(checkpointDigest(await chain.domainOf(hub), checkpoint), []);
  const anchor = [checkpoint, hex(committee.head), "0x", hex(signature), zeros, zeros];
  const [hubAddress, rollupsAddress] = [await hub.getAddress(), await rollups.getAddress()];
  const taken = collects ? collections : [];
  return send(bundle, "post", hubAddress, anchor, items, rollupsAddress, taken, beneficiary);
}

function note(name: string, receipt: TransactionReceipt): number {
  const gas = Number(receipt.gasUsed);
  measured.push([name, gas]);
  return gas;
}
