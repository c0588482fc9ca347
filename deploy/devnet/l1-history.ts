// What the contracts say has happened: read from the L1 alone, by their events and the receipts of their transactions.

import { Contract, type EventLog, type InterfaceAbi, type JsonRpcProvider } from "ethers";
import { readArtifact } from "../../l1/index.ts";
import type { Deployment } from "./contracts.ts";
import type { AnchoredCheckpoint, SettlementHistory } from "./observations.ts";

export interface L1History {
  readonly checkpoints: readonly AnchoredCheckpoint[];
  readonly settlements: readonly SettlementHistory[];
  /** Epochs that have begun, in order. */
  readonly rotations: readonly number[];
  /** Addresses of the operators that lost their stake. */
  readonly slashed: readonly string[];
}

/** Of one kind of transaction. */
export interface Gas {
  readonly transactions: number;
  readonly mean: number;
  readonly max: number;
}

export class L1Reader {
  readonly #provider: JsonRpcProvider;
  readonly #hub: Contract;
  readonly #stake: Contract;
  readonly #settlements: readonly Contract[];

  private constructor(
    provider: JsonRpcProvider,
    contracts: {
      readonly hub: Contract;
      readonly stake: Contract;
      readonly settlements: readonly Contract[];
    },
  ) {
    this.#provider = provider;
    this.#hub = contracts.hub;
    this.#stake = contracts.stake;
    this.#settlements = contracts.settlements;
  }

  static async open(
    root: string,
    provider: JsonRpcProvider,
    deployment: Deployment,
  ): Promise<L1Reader> {
    const abiOf = async (source: string): Promise<InterfaceAbi> => [
      ...(await readArtifact(root, source)).abi,
    ];
    const hub = new Contract(deployment.hub, await abiOf("Hub"), provider);
    const stakeAddress = (await hub.getFunction("STAKE").staticCall()) as string;
    const stake = new Contract(stakeAddress, await abiOf("Stake"), provider);
    const settlementAbi = await abiOf("Settlement");
    const settlements = deployment.settlements.map(
      (address) => new Contract(address, settlementAbi, provider),
    );
    return new L1Reader(provider, { hub, stake, settlements });
  }

  /** How many batches each settlement holds. */
  async settledBatches(): Promise<readonly number[]> {
    return Promise.all(this.#settlements.map(async (each) => (await settledOf(each)).batches));
  }

  /** How many messages of all inboxes are in no batch that is settled. */
  async unreadMessages(): Promise<number> {
    const settled = await Promise.all(this.#settlements.map(settledOf));
    return settled.reduce((sum, { inboxRead, inboxCount }) => sum + inboxCount - inboxRead, 0);
  }

  async history(): Promise<L1History> {
    const finalized = await eventsOf(this.#hub, "Finalized");
    const settlements = await Promise.all(
      this.#settlements.map(async (contract, namespace) => ({
        namespace,
        ...(await settledOf(contract)),
        settled: (await eventsOf(contract, "Settled")).map(({ args, transactionHash }) => ({
          batches: Number(args["batches"]),
          batchesHash: plain(args["batchesHash"]),
          transaction: plain(transactionHash),
        })),
      })),
    );
    const checkpoints = finalized.map(({ args, transactionHash }) => ({
      number: Number(args["number"]),
      height: Number(args["height"]),
      blockHash: plain(args["blockHash"]),
      transaction: plain(transactionHash),
    }));
    const rotated = await eventsOf(this.#hub, "Rotated");
    const rotations = rotated.map(({ args }) => Number(args["epoch"]));
    return { checkpoints, settlements, rotations, slashed: await this.slashed() };
  }

  /** Addresses of the operators that lost their stake, in order. */
  async slashed(): Promise<readonly string[]> {
    return (await eventsOf(this.#stake, "Slashed")).map(({ args }) => String(args["operator"]));
  }

  /** Hashes without 0x; a transaction that is named twice counts once. */
  async gasOf(transactions: readonly string[]): Promise<Gas> {
    const used = await Promise.all(
      [...new Set(transactions)].map(async (hash) => {
        const receipt = await this.#provider.getTransactionReceipt(`0x${hash}`);
        return Number(receipt?.gasUsed ?? 0n);
      }),
    );
    const sum = used.reduce((total, gas) => total + gas, 0);
    return {
      transactions: used.length,
      mean: used.length === 0 ? 0 : Math.round(sum / used.length),
      max: Math.max(0, ...used),
    };
  }
}

interface SettledTotals {
  readonly batches: number;
  readonly inboxRead: number;
  readonly inboxCount: number;
  readonly batchesHash: string;
}

async function settledOf(contract: Contract): Promise<SettledTotals> {
  const totals = (await contract.getFunction("settled").staticCall()) as {
    readonly batches: bigint;
    readonly inboxRead: bigint;
    readonly inboxCount: bigint;
    readonly batchesHash: string;
  };
  return {
    batches: Number(totals.batches),
    inboxRead: Number(totals.inboxRead),
    inboxCount: Number(totals.inboxCount),
    batchesHash: plain(totals.batchesHash),
  };
}

async function eventsOf(contract: Contract, name: string): Promise<readonly EventLog[]> {
  return (await contract.queryFilter(name, 0, "latest")) as EventLog[];
}

/** Hex as the observations have it. */
function plain(hex: unknown): string {
  return String(hex).toLowerCase().replace(/^0x/, "");
}
