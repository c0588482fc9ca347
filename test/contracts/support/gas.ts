// What whole transactions cost, base and calldata included: measured here for the benchmark that prints them and for the
// test that bounds them. Gas does not depend on the machine.
import type { Contract, TransactionReceipt } from "ethers";
import { keccak256 } from "../../../crypto/index.ts";
import { u64Bytes } from "../../../base/index.ts";
import {
  committeeHash,
  faultyMax,
  Namespace,
  type RollupLeaf,
  rollupProof,
  rollupsRoot,
  signedDigest,
} from "../../../protocol/index.ts";
import {
  call,
  type Chain,
  checkpointOf,
  defined,
  hex,
  send,
  spans,
  TestCommittee,
  totalsOf,
} from "./chain.ts";

/** By name, slash-separated: gas of one transaction, or of one rollup's part of it. */
export type Gas = Readonly<Record<string, number>>;

/** A checkpoint with nobody absent, one, and as many as may be: those who need most siblings, for they stand apart. */
export async function checkpointGas(chain: Chain, size: number): Promise<Gas> {
  const committee = TestCommittee.ofEqual(size, size);
  const hub = await seasonedHub(chain, committee);
  const f = faultyMax(size);
  const gasOf = async (number: number, absent: number): Promise<number> => {
    const missing = Array.from({ length: absent }, (_, i) => Math.floor((i * size) / absent));
    const checkpoint = checkpointOf(number, keccak256(u64Bytes(number)));
    return gas(await chain.finalize(hub, committee, checkpoint, missing));
  };
  return {
    [`checkpoint/n${size}/absent0/gas`]: await gasOf(65, 0),
    [`checkpoint/n${size}/absent1/gas`]: await gasOf(66, 1),
    [`checkpoint/n${size}/absentf/gas`]: await gasOf(67, f),
  };
}

/** A committee of so many is prepared out of those who have staked, and the old one, all present, hands over to it. */
export async function rotationGas(chain: Chain, size: number): Promise<Gas> {
  const old = TestCommittee.ofEqual(4, 4);
  const hub = await seasonedHub(chain, old);
  const next = TestCommittee.ofEqual(1_000 + size, size);
  const receipts = [];
  for (let seat = 0; seat < size; seat++) receipts.push(await register(chain, hub, next, seat));
  await chain.ethers.provider.send("evm_increaseTime", [spans.firstEpoch]);
  const keys = next.seats.map(({ publicKey }) => hex(publicKey).slice(2)).join("");
  const prepared = await send(hub, "prepare", `0x${keys}`);
  const sealing = keccak256(u64Bytes(size));
  const committee = committeeHash(next.head);
  const checkpoint = { ...checkpointOf(65, sealing), next: keccak256(committee, sealing) };
  const rotated = await chain.rotate(hub, old, checkpoint, { committee, sealing });
  return {
    "register/gas": gas(defined(receipts[1])),
    [`prepare/n${size}/gas`]: gas(prepared),
    [`rotate/n${size}/gas`]: gas(rotated),
  };
}

/** A validator that signed two blocks of one view loses its stake. */
export async function convictionGas(chain: Chain): Promise<Gas> {
  const hub = await chain.deployHub(TestCommittee.ofEqual(1, 1));
  const members = TestCommittee.ofEqual(2_000, 1);
  await register(chain, hub, members, 0);
  const domain = await chain.domainOf(hub);
  const payloads = [keccak256(u64Bytes(1)), keccak256(u64Bytes(2))];
  const digests = payloads.map((payload) =>
    signedDigest({ domain, kind: "commit", epoch: 0, slot: 7, payload }),
  );
  const signature = members.signAll(digests);
  const statements = payloads.map((payload) => ({ kind: 2, slot: 7, payload: hex(payload) }));
  const key = hex(defined(members.seats[0]).publicKey);
  const convicted = await send(hub, "convict", key, 0, ...statements, hex(signature));
  return { "convict/gas": gas(convicted) };
}

/** Rollups settle by one checkpoint, each by itself and in a bundle; every slot has been written before. */
export async function settlingGas(chain: Chain, count: number): Promise<Gas> {
  const committee = TestCommittee.ofEqual(4, 4);
  const hub = await seasonedHub(chain, committee);
  const bundle = await chain.ethers.deployContract("Bundle");
  const settlements: Contract[] = [];
  for (let each = 0; each < count; each++) settlements.push(await chain.deploySettlement(hub));
  const ids = await Promise.all(settlements.map(async (each) => call<bigint>(each, "ID")));
  const round = async (batches: number): Promise<[RollupLeaf[], number]> => {
    const leaves = ids.map((id) => leafOf(Number(id), batches));
    const checkpoint = checkpointOf(64 + batches, rollupsRoot(leaves));
    return [leaves, gas(await chain.finalize(hub, committee, checkpoint))];
  };
  const settle = async (leaves: readonly RollupLeaf[], batches: number): Promise<number> => {
    const items = leaves.map(async (leaf, place) => [
      await defined(settlements[place]).getAddress(),
      totalsOf(leaf),
      rollupProof(leaves, leaf.namespace).map(hex),
    ]);
    return gas(await send(bundle, "settle", 64 + batches, await Promise.all(items)));
  };
  await settle((await round(1))[0], 1);
  const [second, checkpoint] = await round(2);
  const bundled = await settle(second, 2);
  for (const settlement of settlements) {
    const [batches] = await call<readonly bigint[]>(settlement, "settled");
    if (batches !== 2n) throw new Error("every rollup of a bundle settles");
  }
  const [third] = await round(3);
  const last = defined(third.at(-1));
  const proof = rollupProof(third, last.namespace).map(hex);
  const alone = await send(defined(settlements.at(-1)), "settle", 67, totalsOf(last), proof);
  return {
    [`settle/bundled${count}/gas-per-rollup`]: bundled / count,
    [`settle/bundled${count}/with-checkpoint/gas-per-rollup`]: (checkpoint + bundled) / count,
    [`settle/alone-of-${count}/gas`]: gas(alone),
  };
}

/** What is paid once, or by users. */
export async function onceGas(chain: Chain): Promise<Gas> {
  const hub = await chain.deployHub(TestCommittee.ofEqual(1, 1));
  const settlement = await chain.deploySettlement(hub);
  await send(settlement, "enqueue", "0x");
  const message = hex(new Uint8Array(200).fill(0x5a));
  return {
    "deploy/hub-and-stake/gas": await deploymentGas(hub),
    "deploy/settlement-subscribed/gas": await deploymentGas(settlement),
    "inbox/200-bytes/gas": gas(await send(settlement, "enqueue", message)),
  };
}

/** Once round the ring: every later checkpoint replaces a root, as it is for all of a hub's life but the first hours. */
async function seasonedHub(chain: Chain, committee: TestCommittee): Promise<Contract> {
  const hub = await chain.deployHub(committee);
  for (let number = 1; number <= 64; number++)
    await chain.finalize(hub, committee, checkpointOf(number, keccak256(u64Bytes(number))));
  return hub;
}

/** An operator and its key are for life: every seat has an account of its own. */
async function register(
  chain: Chain,
  hub: Contract,
  committee: TestCommittee,
  seat: number,
): Promise<TransactionReceipt> {
  const secret = committee.secretOf(seat);
  const operator = hex(keccak256(secret).subarray(12));
  await chain.ethers.provider.send("hardhat_setBalance", [operator, "0xde0b6b3a7640000"]);
  return chain.register(hub, secret, await chain.ethers.getImpersonatedSigner(operator));
}

function leafOf(id: number, batches: number): RollupLeaf {
  const batchesHash = keccak256(u64Bytes(id), u64Bytes(batches));
  const inboxHash = new Uint8Array(32);
  const fees = { spent: 1_000 * batches, earned: 10 * batches };
  return { namespace: Namespace(id), batches, inboxRead: 0, ...fees, batchesHash, inboxHash };
}

async function deploymentGas(contract: Contract): Promise<number> {
  const response = contract.deploymentTransaction();
  const receipt = await response?.wait();
  return gas(defined(receipt ?? undefined));
}

function gas(receipt: TransactionReceipt): number {
  return Number(receipt.gasUsed);
}
