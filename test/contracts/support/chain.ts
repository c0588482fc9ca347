// A chain in this process with the contracts on it, and a committee that signs with the library nodes sign with.
import hre, { network } from "hardhat";
import type { Contract, TransactionReceipt, TransactionResponse } from "ethers";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { concatBytes, fromHex, toHex, u64Bytes } from "../../../base/index.ts";
import { g1Uncompressed, g2ToEip2537, keccak256, provePossession } from "../../../crypto/index.ts";
import {
  absentMembers,
  type Checkpoint,
  checkpointDigest,
  committeeHash,
  committeeHead,
  Epoch,
  Height,
  possessionDigest,
  type RollupLeaf,
  type Seat,
  settlementDomain,
} from "../../../protocol/index.ts";
import { blstBls } from "../../../sequencer/crypto/index.ts";

export const stakeMin = 100_000_000n;
export const spans: Readonly<Record<"epoch" | "firstEpoch" | "unbonding", number>> = {
  epoch: 24 * 3600,
  firstEpoch: 3600,
  unbonding: 21 * 24 * 3600,
};
const hubDelay = 7 * 24 * 3600;

/** Everything deployed, in the order in which it has to be. */
export class Chain {
  readonly ethers: HardhatEthers;
  readonly chainId: number;
  readonly token: Contract;
  /** By hub, made with its first settlement. */
  readonly #rollups = new Map<string, Contract>();

  private constructor(ethers: HardhatEthers, chainId: number, token: Contract) {
    this.ethers = ethers;
    this.chainId = chainId;
    this.token = token;
  }

  static async open(): Promise<Chain> {
    await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
    const { ethers } = await network.create({ network: "sim" });
    const { chainId } = await ethers.provider.getNetwork();
    const token = await ethers.deployContract("FeeToken");
    return new Chain(ethers, Number(chainId), token);
  }

  async deployHub(committee: TestCommittee): Promise<Contract> {
    const token = await this.token.getAddress();
    return this.ethers.deployContract("Hub", [hex(committee.hash), token, stakeMin, spans]);
  }

  async rollupsOf(hub: Contract): Promise<Contract> {
    const address = await hub.getAddress();
    const known = this.#rollups.get(address);
    const rollups = known ?? (await this.ethers.deployContract("Rollups", [address]));
    this.#rollups.set(address, rollups);
    return rollups;
  }

  async deploySettlement(hub: Contract, policy = 1): Promise<Contract> {
    const [owner] = await this.ethers.getSigners();
    const rollups = await (await this.rollupsOf(hub)).getAddress();
    const addresses = [await hub.getAddress(), rollups, owner?.address];
    return this.ethers.deployContract("Settlement", [...addresses, policy, hubDelay]);
  }

  async stakeOf(hub: Contract): Promise<Contract> {
    return this.ethers.getContractAt("Stake", await call<string>(hub, "STAKE"));
  }

  /** An account, the first by default, becomes an operator with this validator key and the least stake, which it is given. */
  async register(
    hub: Contract,
    secret: Uint8Array,
    account?: HardhatEthersSigner,
  ): Promise<TransactionReceipt> {
    const signer = account ?? defined((await this.ethers.getSigners())[0]);
    const operator = signer.address;
    const stake = (await this.stakeOf(hub)).connect(signer) as Contract;
    const address = await stake.getAddress();
    await send(this.token, "mint", operator, stakeMin);
    await send(this.token.connect(signer) as Contract, "approve", address, stakeMin);
    const publicKey = defined(g1Uncompressed(blstBls.publicKey(secret)));
    const digest = possessionDigest({
      chainId: this.chainId,
      stake: bytes(address),
      operator: bytes(operator),
      publicKey,
    });
    const proof = defined(g2ToEip2537(provePossession(secret, digest)));
    const place = "/ip4/1.2.3.4/tcp/9";
    return send(stake, "register", hex(publicKey), hex(proof), hex(digest), place, stakeMin);
  }

  async domainOf(hub: Contract): Promise<Uint8Array> {
    return settlementDomain({ chainId: this.chainId, hub: bytes(await hub.getAddress()) });
  }

  /** Finalizes a checkpoint that all have signed but the absent. */
  async finalize(
    hub: Contract,
    committee: TestCommittee,
    checkpoint: Checkpoint,
    absent: readonly number[] = [],
  ): Promise<TransactionReceipt> {
    const signature = committee.sign(
      checkpointDigest(await this.domainOf(hub), checkpoint),
      absent,
    );
    return send(
      hub,
      "finalize",
      checkpoint,
      hex(committee.head),
      hex(absentMembers(committee.seats, absent)),
      hex(signature),
    );
  }

  /** Hands over to the next committee by the last checkpoint of an epoch, which all have signed. */
  async rotate(
    hub: Contract,
    committee: TestCommittee,
    checkpoint: Checkpoint,
    handOver: { readonly committee: Uint8Array; readonly sealing: Uint8Array },
  ): Promise<TransactionReceipt> {
    const digest = checkpointDigest(await this.domainOf(hub), checkpoint);
    const proof = [hex(committee.head), "0x", hex(committee.sign(digest, []))];
    const next = [hex(handOver.committee), hex(handOver.sealing)];
    return send(hub, "rotate", checkpoint, ...proof, ...next);
  }
}

/** Sends and waits: hardhat mines at once. */
export async function send(
  contract: Contract,
  name: string,
  ...values: readonly unknown[]
): Promise<TransactionReceipt> {
  const response = (await contract.getFunction(name).send(...values)) as TransactionResponse;
  const receipt = await response.wait();
  if (receipt === null) throw new Error(`${name} was not mined`);
  return receipt;
}

export async function call<T>(
  contract: Contract,
  name: string,
  ...values: readonly unknown[]
): Promise<T> {
  return (await contract.getFunction(name).staticCall(...values)) as T;
}

/** Members whose secrets follow from a seed. */
export class TestCommittee {
  readonly #secrets: readonly Uint8Array[];
  readonly seats: readonly Seat[];
  readonly head: Uint8Array;
  readonly hash: Uint8Array;

  constructor(seed: number, weights: readonly number[]) {
    this.#secrets = weights.map((_, index) => secretOf(seed, index));
    this.seats = this.#secrets.map((secret, index) => ({
      publicKey: defined(g1Uncompressed(blstBls.publicKey(secret))),
      weight: weights[index] ?? 1,
    }));
    this.head = defined(committeeHead(this.seats));
    this.hash = committeeHash(this.head);
  }

  static ofEqual(seed: number, size: number): TestCommittee {
    return new TestCommittee(
      seed,
      Array.from({ length: size }, () => 1),
    );
  }

  secretOf(seat: number): Uint8Array {
    return defined(this.#secrets[seat]);
  }

  /** What one signs of everything: the aggregate over all members and digests. */
  signAll(digests: readonly Uint8Array[]): Uint8Array {
    const signatures = this.#secrets.flatMap((secret) =>
      digests.map((digest) => blstBls.sign(secret, digest)),
    );
    return defined(g2ToEip2537(defined(blstBls.aggregateSignatures(signatures))));
  }

  /** The aggregate of everyone but the absent, in the form of the precompiles. */
  sign(digest: Uint8Array, absent: readonly number[]): Uint8Array {
    const present = this.#secrets.filter((_, index) => !absent.includes(index));
    const signatures = present.map((secret) => blstBls.sign(secret, digest));
    return defined(g2ToEip2537(defined(blstBls.aggregateSignatures(signatures))));
  }
}

export function secretOf(seed: number, index: number): Uint8Array {
  const secret = keccak256(concatBytes(u64Bytes(seed), u64Bytes(index)));
  // Below the order of the group, whose first byte is 0x73.
  secret[0] = 0x1a;
  return secret;
}

export function checkpointOf(number: number, rollupsRoot: Uint8Array): Checkpoint {
  return {
    number,
    epoch: Epoch(0),
    height: Height(10 * number),
    blockHash: keccak256(u64Bytes(number)),
    rollupsRoot,
    next: new Uint8Array(32),
  };
}

/** `Totals` of a leaf, as `settle` takes them. */
export function totalsOf(leaf: RollupLeaf): readonly unknown[] {
  const { batches, inboxRead, spent, earned, batchesHash, inboxHash } = leaf;
  return [batches, inboxRead, spent, earned, hex(batchesHash), hex(inboxHash)];
}

export function hex(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}

export function bytes(value: string): Uint8Array {
  return defined(fromHex(value));
}

export function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is nothing");
  return value;
}
