// An L1 with our contracts on it, by the words of whoever answers at the URL; nothing that is believed here can do more
// harm than a transaction that reverts.

import {
  FetchRequest,
  type Interface,
  JsonRpcProvider,
  Network,
  type Result,
  type TransactionRequest,
} from "ethers";
import { CodedError } from "../base/index.ts";
import { hubAbi, rollupsAbi, stakeAbi, tokenAbi } from "./abi.ts";
import { toL1Error } from "./failures.ts";

export interface L1Place {
  readonly rpcUrl: string;
  /** Of genesis: another chain is refused. */
  readonly chainId: number;
  /** Addresses, 0x and hex. */
  readonly hub: string;
  readonly rollups: string;
}

/** A token, and how many digits its unit has behind the point. */
export interface Token {
  readonly address: string;
  readonly decimals: number;
}

const requestMs = 15_000;

export class L1 {
  readonly provider: JsonRpcProvider;
  readonly chainId: number;
  readonly hub: string;
  readonly rollups: string;

  private constructor({ rpcUrl, chainId, hub, rollups }: L1Place) {
    const request = new FetchRequest(rpcUrl);
    request.timeout = requestMs;
    const network = Network.from(chainId);
    // Each question by itself, and asked anew: an answer a moment old may be of before our own transaction.
    const options = { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 };
    this.provider = new JsonRpcProvider(request, network, options);
    this.chainId = chainId;
    this.hub = hub;
    this.rollups = rollups;
  }

  /** Throws `CodedError` L1_UNREACHABLE, WRONG_CHAIN or NO_CONTRACT. */
  static async connect(place: L1Place): Promise<L1> {
    const l1 = new L1(place);
    try {
      await l1.#assertChain();
      for (const [name, address] of [
        ["Hub", place.hub],
        ["Rollups", place.rollups],
      ] as const)
        await l1.#assertContract(name, address);
      return l1;
    } catch (error) {
      l1.close();
      throw error;
    }
  }

  /** A view of a contract. Throws what `toL1Error` makes. */
  async read(
    abi: Interface,
    to: string,
    name: string,
    ...values: readonly unknown[]
  ): Promise<Result> {
    return this.#call({ to, data: abi.encodeFunctionData(name, values) }, abi, name);
  }

  /** What a call would answer to an account that sent it. Throws what `toL1Error` makes. */
  async foresee(from: string, abi: Interface, to: string, name: string): Promise<Result> {
    return this.#call({ from, to, data: abi.encodeFunctionData(name) }, abi, name);
  }

  async stake(): Promise<string> {
    return (await this.read(hubAbi, this.hub, "STAKE"))[0] as string;
  }

  /** What is staked. */
  async stakeToken(): Promise<Token> {
    return this.#token(stakeAbi, await this.stake());
  }

  /** What fees are prepaid with. */
  async feeToken(): Promise<Token> {
    return this.#token(rollupsAbi, this.rollups);
  }

  close(): void {
    this.provider.destroy();
  }

  async #token(abi: Interface, holder: string): Promise<Token> {
    const address = (await this.read(abi, holder, "TOKEN"))[0] as string;
    const [decimals] = (await this.read(tokenAbi, address, "decimals")) as unknown as [bigint];
    return { address, decimals: Number(decimals) };
  }

  async #assertChain(): Promise<void> {
    const found = await this.#ask("asking for the chain", () =>
      this.provider.send("eth_chainId", []),
    );
    if (Number(found) === this.chainId) return;
    throw new CodedError(
      "WRONG_CHAIN",
      `the L1 is chain ${Number(found)}, genesis is of chain ${this.chainId}: check --rpc-url and --genesis`,
    );
  }

  async #assertContract(name: string, address: string): Promise<void> {
    const code = await this.#ask("asking for a contract", () => this.provider.getCode(address));
    if (code !== "0x") return;
    throw new CodedError(
      "NO_CONTRACT",
      `there is no contract ${name} at ${address}: is this the L1 and the genesis of the same network?`,
    );
  }

  async #call(request: TransactionRequest, abi: Interface, name: string): Promise<Result> {
    return this.#ask(`asking for ${name}`, async () =>
      abi.decodeFunctionResult(name, await this.provider.call(request)),
    );
  }

  async #ask<T>(what: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (cause) {
      throw toL1Error(what, cause);
    }
  }
}
