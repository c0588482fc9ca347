// What whole transactions cost, base and calldata included: the figures that contracts are judged by. Gas does not depend
// on the machine, so the bounds are close; the parts of it are held without any drift by snapshots/gas.json.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Contract, TransactionReceipt } from "ethers";
import { keccak256 } from "../../crypto/index.ts";
import { u64Bytes } from "../../base/index.ts";
import {
  faultyMax,
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
  secretOf,
  send,
  TestCommittee,
  totalsOf,
} from "./support/chain.ts";

let chain: Chain;
const measured: [string, number][] = [];

beforeAll(async () => {
  chain = await Chain.open();
}, 120_000);

afterAll(() => {
  const lines = measured.map(([name, gas]) => `${String(gas).padStart(9)}  ${name}`);
  process.stdout.write(`gas of whole transactions\n${lines.join("\n")}\n`);
});

test.each([4, 64, 128])(
  "a checkpoint of %i members",
  async (size) => {
    const committee = TestCommittee.ofEqual(size, size);
    const hub = await chain.deployHub(committee);
    // Once round the ring: every later checkpoint replaces a root.
    for (let number = 1; number <= 64; number++)
      await chain.finalize(hub, committee, checkpointOf(number, keccak256(u64Bytes(number))));
    const f = faultyMax(size);
    const gas = [];
    for (const [i, absent] of [0, 1, f].entries()) {
      const missing = Array.from({ length: absent }, (_, index) => 2 * index);
      const checkpoint = checkpointOf(65 + i, keccak256(u64Bytes(65 + i)));
      const receipt = await chain.finalize(hub, committee, checkpoint, missing);
      gas.push(note(`checkpoint, ${size} members, ${absent} absent`, receipt));
    }
    const [none, one, many] = gas as [number, number, number];
    expect(none).toBeLessThanOrEqual(206_000);
    expect(one).toBeLessThanOrEqual(none + 9_500);
    expect(many).toBeLessThanOrEqual(none + f * 9_100);
  },
  120_000,
);

test("settling a rollup, alone and in a bundle", async () => {
  const committee = TestCommittee.ofEqual(1, 1);
  const hub = await chain.deployHub(committee);
  const bundle = await chain.ethers.deployContract("Bundle");
  const settlements: Contract[] = [];
  for (let id = 0; id < 8; id++) settlements.push(await chain.deploySettlement(hub));
  const round = async (batches: number) => {
    const leaves = settlements.map((_, id) => leafOf(id, batches));
    await chain.finalize(hub, committee, checkpointOf(batches, rollupsRoot(leaves)));
    return leaves;
  };
  const items = async (leaves: readonly RollupLeaf[]) =>
    Promise.all(
      leaves.map(async (leaf, id) => [
        await defined(settlements[id]).getAddress(),
        totalsOf(leaf),
        rollupProof(leaves, leaf.namespace).map(hex),
      ]),
    );

  await send(bundle, "settle", 1, await items(await round(1)));
  const bundled = note(
    "settle, 8 in a bundle",
    await send(bundle, "settle", 2, await items(await round(2))),
  );
  const leaves = await round(3);
  const leaf = defined(leaves[5]);
  const proof = rollupProof(leaves, leaf.namespace).map(hex);
  const alone = note(
    "settle, 1 of 8",
    await send(defined(settlements[5]), "settle", 3, totalsOf(leaf), proof),
  );
  expect(alone).toBeLessThanOrEqual(49_200);
  expect(bundled / 8).toBeLessThanOrEqual(31_200);
  for (const settlement of settlements) {
    const [batches] = await call<readonly bigint[]>(settlement, "settled");
    expect(batches).toBeGreaterThanOrEqual(2n);
  }
});

test("what is paid once, or by users", async () => {
  const committee = TestCommittee.ofEqual(1, 1);
  const hub = await chain.deployHub(committee);
  note("deploy: hub and stake", defined((await hub.deploymentTransaction()?.wait()) ?? undefined));
  const settlement = await chain.deploySettlement(hub);
  note(
    "deploy: settlement, subscribed",
    defined((await settlement.deploymentTransaction()?.wait()) ?? undefined),
  );
  await send(settlement, "enqueue", "0x");
  const message = hex(new Uint8Array(200).fill(0x5a));
  expect(note("inbox message, 200 bytes", await send(settlement, "enqueue", message))).toBeLessThan(
    70_000,
  );
  expect(note("register", await chain.register(hub, secretOf(9, 0)))).toBeLessThan(440_000);
});

function note(name: string, receipt: TransactionReceipt): number {
  const gas = Number(receipt.gasUsed);
  measured.push([name, gas]);
  return gas;
}

function leafOf(id: number, batches: number): RollupLeaf {
  const batchesHash = keccak256(u64Bytes(id), u64Bytes(batches));
  const inboxHash = new Uint8Array(32);
  const fees = { spent: 1_000 * batches, earned: 10 * batches };
  return { namespace: Namespace(id), batches, inboxRead: 0, ...fees, batchesHash, inboxHash };
}
