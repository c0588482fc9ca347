// The vault, as TypeScript has it. What is sent is asked for first, so that a refusal costs nothing and has a name.

import {
  AbiCoder,
  Contract,
  type Provider,
  type Result,
  type Signer,
  type TransactionReceipt,
} from "ethers";
import { CodedError, fromHex, toHex } from "../../sdk/index.ts";
import type { RootParts } from "../state/index.ts";
import { settlementAbi, tokenAbi, vaultAbi } from "./abi.ts";
import type { Chunk } from "../proofs/index.ts";
import { toL1Error } from "./failures.ts";

/** As it stands on L1. */
export interface Proposal {
  readonly index: number;
  readonly batch: number;
  readonly root: Uint8Array;
  readonly trace: Uint8Array;
  /** Seconds. */
  readonly proposedAt: number;
}

export interface Challenge {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  readonly place: number;
  readonly chunks: readonly Chunk[];
  readonly witness: Uint8Array;
}

export interface Claim {
  /** Of a final proposal. */
  readonly index: number;
  readonly parts: RootParts;
  readonly withdrawal: {
    readonly index: number;
    readonly account: number;
    /** 20 bytes. */
    readonly to: Uint8Array;
    readonly tokenAmount: bigint;
  };
  /** How many withdrawals the outbox has. */
  readonly count: number;
  readonly proof: readonly Uint8Array[];
}

/** Where a leaf stands under the root of a frozen vault, and the siblings from it up. */
export interface Place {
  readonly index: number;
  readonly count: number;
  readonly proof: readonly Uint8Array[];
}

export interface VaultClientOptions {
  readonly provider: Provider;
  /** 20 bytes. */
  readonly vault: Uint8Array;
  /** Who pays and signs; without one the client only reads. */
  readonly signer?: Signer;
}

/** How many blocks are asked for logs at once. */
const logBlocksMax = 2_000;

export class VaultClient {
  readonly #provider: Provider;
  readonly #signer: Signer | undefined;
  readonly #vault: Contract;

  constructor({ provider, vault, signer }: VaultClientOptions) {
    this.#provider = provider;
    this.#signer = signer;
    this.#vault = new Contract(hex(vault), vaultAbi, signer ?? provider);
  }

  /** In the token's smallest unit; the token must have been approved. Resolves with the number of the message. */
  async deposit(owner: Uint8Array, subId: number, amount: bigint): Promise<number> {
    const receipt = await this.#send("depositFor", hex(owner), subId, amount);
    return Number(this.#event(receipt, "Deposited")["number"]);
  }

  /** Lets the vault take so much of the signer's tokens. */
  async approve(amount: bigint): Promise<void> {
    const token = new Contract(await this.#ask<string>("TOKEN"), tokenAbi, this.#signer);
    await this.#perform(token, "approve", [await this.#vault.getAddress(), amount]);
  }

  /** Resolves with the proposal's number. */
  async propose(parent: Uint8Array, batch: number, chunks: readonly Chunk[]): Promise<number> {
    const root = chunks.at(-1)?.post ?? new Uint8Array(32);
    const list = chunks.map(toTuple);
    const receipt = await this.#send("propose", hex(parent), batch, hex(root), list);
    return Number(this.#event(receipt, "Proposed")["index"]);
  }

  async challenge({ index, hashes, place, chunks, witness }: Challenge): Promise<void> {
    const [chunk, before] = [chunks[place], chunks[Math.max(0, place - 1)]];
    if (chunk === undefined || before === undefined)
      throw new CodedError("NO_CHUNK", `there is no chunk ${place} to challenge`);
    const pair = [toTuple(chunk), toTuple(before)];
    await this.#send("challenge", index, hashes.map(hex), place, ...pair, hex(witness));
  }

  /** Only the guardian may. */
  async veto(index: number): Promise<void> {
    await this.#send("veto", index);
  }

  async takeBonds(): Promise<void> {
    await this.#send("takeBonds");
  }

  /** Pays a withdrawal, to whom it names. */
  async withdraw({ index, parts, withdrawal, count, proof }: Claim): Promise<void> {
    const leaf = { ...withdrawal, to: hex(withdrawal.to) };
    await this.#send("withdraw", index, partsTuple(parts), leaf, count, proof.map(hex));
  }

  /** Ends the vault. Parts and globals are of the last final root; the latter as `encodeGlobalsLeaf` has them. */
  async freeze(parts: RootParts, globals: Uint8Array): Promise<void> {
    await this.#send("freeze", partsTuple(parts), fromLeaf("freeze", 1, globals));
  }

  /** As `encodeMarketLeaf` and `encodeMarketParameters` have them. */
  async mark(
    parts: RootParts,
    market: { readonly leaf: Uint8Array; readonly parameters: Uint8Array },
    place: Place,
  ): Promise<void> {
    const leaf = fromLeaf("mark", 1, market.leaf);
    const parameters = fromLeaf("mark", 2, market.parameters);
    await this.#send("mark", partsTuple(parts), leaf, parameters, placeTuple(place));
  }

  /** Pays an account's owner. The account is as `encodeAccountLeaf` has it; its markets must have been marked. */
  async exit(parts: RootParts, account: Uint8Array, place: Place): Promise<void> {
    await this.#send("exit", partsTuple(parts), fromLeaf("exit", 1, account), placeTuple(place));
  }

  /** Pays back a deposit that was never taken in. */
  async refund(
    number: number,
    owner: Uint8Array,
    { subId, amount }: { readonly subId: number; readonly amount: bigint },
  ): Promise<void> {
    await this.#send("refund", number, hex(owner), subId, amount);
  }

  async isPaid(withdrawal: number): Promise<boolean> {
    return this.#ask<boolean>("isPaid", withdrawal);
  }

  /** How many batches are settled: up to there roots can be proposed. */
  async settledBatches(): Promise<number> {
    const address = await this.#ask<string>("SETTLEMENT");
    const settlement = new Contract(address, settlementAbi, this.#provider);
    return Number((await this.#call<readonly bigint[]>(settlement, "settled"))[0]);
  }

  async lastFinal(): Promise<number> {
    return Number(await this.#ask<bigint>("lastFinal"));
  }

  /** How many there are, with number 0, which is genesis. */
  async count(): Promise<number> {
    return Number(await this.#ask<bigint>("proposals"));
  }

  async proposal(index: number): Promise<Proposal> {
    const found = await this.#ask<Record<"root" | "trace", string> & Record<string, bigint>>(
      "proposalAt",
      index,
    );
    return {
      index,
      batch: Number(found["batch"]),
      root: bytes(found.root),
      trace: bytes(found.trace),
      proposedAt: Number(found["proposedAt"]),
    };
  }

  /** From the data of the transaction that proposed it; undefined when that cannot be found. */
  async chunksOf({ index, batch, trace }: Proposal): Promise<readonly Chunk[] | undefined> {
    const { fragment } = this.#vault.getEvent("Proposed");
    const topics = vaultAbi.encodeFilterTopics(fragment, [index, batch]);
    const address = await this.#vault.getAddress();
    try {
      for (let to = await this.#provider.getBlockNumber(); to >= 0; to -= logBlocksMax) {
        const fromBlock = Math.max(0, to - logBlocksMax + 1);
        const logs = await this.#provider.getLogs({ address, topics, fromBlock, toBlock: to });
        const log = logs.findLast((each) => each.data.endsWith(toHex(trace)));
        if (log === undefined) continue;
        const transaction = await this.#provider.getTransaction(log.transactionHash);
        return transaction === null ? undefined : chunksIn(transaction.data);
      }
    } catch (cause) {
      throw toL1Error("reading a proposal's chunks", cause);
    }
    return undefined;
  }

  async #ask<T>(name: string, ...values: readonly unknown[]): Promise<T> {
    return this.#call<T>(this.#vault, name, values);
  }

  async #call<T>(contract: Contract, name: string, values: readonly unknown[] = []): Promise<T> {
    try {
      return (await contract.getFunction(name).staticCall(...values)) as T;
    } catch (cause) {
      throw toL1Error(name, cause);
    }
  }

  async #send(name: string, ...values: readonly unknown[]): Promise<TransactionReceipt> {
    return this.#perform(this.#vault, name, values);
  }

  async #perform(
    contract: Contract,
    name: string,
    values: readonly unknown[],
  ): Promise<TransactionReceipt> {
    if (this.#signer === undefined)
      throw new CodedError("NO_SIGNER", `${name} needs somebody who signs and pays`);
    await this.#call(contract, name, values);
    try {
      const sent = await contract.getFunction(name).send(...values);
      const receipt = await sent.wait();
      if (receipt === null) throw new CodedError("L1_FAILED", `${name} was not included`);
      return receipt;
    } catch (cause) {
      throw toL1Error(name, cause);
    }
  }

  #event(receipt: TransactionReceipt, name: string): Readonly<Record<string, bigint>> {
    const events = receipt.logs.map((log) => vaultAbi.parseLog(log));
    const found = events.find((event) => event?.name === name);
    if (found === undefined || found === null)
      throw new CodedError("L1_FAILED", `the vault did not say ${name}`);
    return found.args.toObject() as Record<string, bigint>;
  }
}

/** Whoever proposed, what it is called with. Undefined for the data of another call, or of none. */
function chunksIn(data: string): readonly Chunk[] | undefined {
  const call = vaultAbi.parseTransaction({ data });
  if (call?.name !== "propose") return undefined;
  const chunks = call.args["chunks"] as readonly Readonly<Record<string, bigint | string>>[];
  return chunks.map(({ batch, kind, post, steps }) => ({
    batch: Number(batch),
    kind: Number(kind),
    post: bytes(String(post)),
    steps: bytes(String(steps)),
  }));
}

function toTuple({ batch, kind, post, steps }: Chunk): readonly unknown[] {
  return [batch, kind, hex(post), hex(steps)];
}

function partsTuple(parts: RootParts): readonly unknown[] {
  const { batch, accounts, orders, markets, series, outbox, globals } = parts;
  return [batch, ...[accounts, orders, markets, series, outbox, globals].map(hex)];
}

function placeTuple({ index, count, proof }: Place): readonly unknown[] {
  return [index, count, proof.map(hex)];
}

/** A leaf's bytes are what the contract takes, as one argument. */
function fromLeaf(name: string, argument: number, leaf: Uint8Array): unknown {
  const input = vaultAbi.getFunction(name)?.inputs[argument];
  if (input === undefined) throw new CodedError("NO_ARGUMENT", `${name} takes no such thing`);
  const [value] = AbiCoder.defaultAbiCoder().decode([input], leaf);
  return (value as Result).toArray(true);
}

function hex(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}

function bytes(value: string): Uint8Array {
  const found = fromHex(value);
  if (found === undefined) throw new CodedError("L1_FAILED", "the L1 answered what is not hex");
  return found;
}
