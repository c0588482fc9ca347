// A vault, its settlement and the contract that executes steps, on a chain in this process; and days that are shown to it.

import type { Contract } from "ethers";
import { Engine, type EngineBatch, genesisState } from "../../../rollup/engine/index.ts";
import type { RollupDomain } from "../../../rollup/index.ts";
import {
  proveChunks,
  type Replica,
  traceBatch,
  type TracedChunk,
} from "../../../rollup/proofs/index.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import type { CampaignOptions } from "../../rollup/engine/campaign.ts";
import { rollupParameters } from "../../rollup/engine/world.ts";
import { bytes, call, Chain, hex, send, TestCommittee } from "./chain.ts";
import { History } from "./history.ts";

const day = 24 * 3600;

export interface Shown {
  readonly batch: EngineBatch;
  readonly pre: Uint8Array;
  readonly chunk: TracedChunk;
  readonly witness: Uint8Array;
}

export class Stage {
  readonly chain: Chain;
  readonly steps: Contract;
  readonly domain: RollupDomain;
  readonly #settlement: string;
  readonly #token: string;

  private constructor(
    chain: Chain,
    steps: Contract,
    domain: RollupDomain,
    addresses: { readonly settlement: string; readonly token: string },
  ) {
    this.chain = chain;
    this.steps = steps;
    this.domain = domain;
    this.#settlement = addresses.settlement;
    this.#token = addresses.token;
  }

  static async open(): Promise<Stage> {
    const chain = await Chain.open();
    const hub = await chain.deployHub(TestCommittee.ofEqual(1, 1));
    const contract = await chain.deploySettlement(hub);
    const settlement = await contract.getAddress();
    const steps = await chain.ethers.deployContract("Steps", [settlement]);
    const rollupId = Number(await call<bigint>(contract, "ID"));
    const { chainId } = chain;
    const token = await chain.token.getAddress();
    return new Stage(
      chain,
      steps,
      { chainId, settlement: bytes(settlement), rollupId },
      { settlement, token },
    );
  }

  /** Every chunk of a day that can be executed, with its witness, and the vault that has the day's messages. */
  async day(options: CampaignOptions): Promise<{ shown: Shown[]; vault: string }> {
    const history = new History(this.domain, options);
    const vault = await this.#deployVault(history);
    const parameters = { ...rollupParameters, ...options.rollup };
    const replica = (): Replica => {
      const engine = new Engine(genesisState(parameters));
      const trees = new StateTrees(this.domain.rollupId, engine.state, []);
      return { engine, trees, signatureOf: history.signatureOf };
    };
    const traced = replica();
    const proven = replica();
    const shown: Shown[] = [];
    for (const batch of history.batches) {
      let pre = traced.trees.root;
      const { chunks } = traceBatch(traced, batch);
      const witnesses = proveChunks(proven, batch, chunks);
      for (const chunk of chunks) {
        const witness = witnesses.get(chunk);
        if (witness !== undefined) shown.push({ batch, pre, chunk, witness });
        pre = chunk.post;
      }
    }
    return { shown, vault };
  }

  /** What the contract says to the vault: a root in hex, zeros, or the name of its error. */
  async execute(
    vault: string,
    {
      pre,
      chunk,
      witness,
    }: Pick<Shown, "pre" | "witness"> & {
      readonly chunk: Pick<TracedChunk, "batch" | "kind" | "post" | "steps">;
    },
  ): Promise<string> {
    const { interface: abi } = this.steps;
    const { batch, kind, post, steps } = chunk;
    const values = [hex(pre), [batch, kind, hex(post), hex(steps)], hex(witness)];
    const data = abi.encodeFunctionData("execute", values);
    const request = { from: vault, to: await this.steps.getAddress(), data };
    try {
      const answer: string = await this.chain.ethers.provider.send("eth_call", [request, "latest"]);
      return answer;
    } catch (error) {
      const reason = String((error as { data?: unknown }).data ?? error);
      return abi.parseError(reason)?.name ?? reason;
    }
  }

  async #deployVault({ deposits, batches }: History): Promise<string> {
    const { ethers, token } = this.chain;
    const [owner] = await ethers.getSigners();
    const terms = {
      owner: owner?.address,
      guardian: owner?.address,
      bond: 1,
      challengeWindow: day,
      escapeDelay: day,
      timelock: day,
      outflowWindow: day,
      outflowMax: 1,
    };
    // The parameters are opaque on L1: their messages only count.
    const markets = batches[0]?.system.filter(({ type }) => type === "set-market") ?? [];
    const messages = markets.map((_, at) => `0x01000000${at.toString(16).padStart(2, "0")}00`);
    const genesisRoot = `0x${"11".repeat(32)}`;
    const steps = await this.steps.getAddress();
    const values = [this.#settlement, this.#token, steps, genesisRoot, terms, messages];
    const vault = await ethers.deployContract("Vault", values);
    const address = await vault.getAddress();
    const sum = deposits.reduce((all, { tokenAmount }) => all + tokenAmount, 0n);
    await send(token, "mint", owner?.address, sum);
    await send(token, "approve", address, sum);
    for (const { owner: to, subId, tokenAmount } of deposits)
      await send(vault, "depositFor", hex(to), subId, tokenAmount);
    return address;
  }
}
