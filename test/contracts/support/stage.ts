// A vault, its settlement and the contract that executes steps, on a chain in this process; and days that are shown to it.

import type { Contract } from "ethers";
import {
  Engine,
  type EngineBatch,
  type EngineStep,
  genesisState,
  type RollupParameters,
  type SignedList,
  type State,
} from "../../../rollup/engine/index.ts";
import type { RollupDomain } from "../../../rollup/index.ts";
import {
  type ForeignChunk,
  proveChunks,
  refuteChunk,
  type Replica,
  traceBatch,
  type TracedChunk,
} from "../../../rollup/proofs/index.ts";
import { Tracer } from "../../../rollup/proofs/tracer.ts";
import { StateTrees } from "../../../rollup/state/index.ts";
import type { CampaignOptions } from "../../rollup/engine/campaign.ts";
import { rollupParameters } from "../../rollup/engine/world.ts";
import { bytes, call, Chain, defined, hex, send, TestCommittee } from "./chain.ts";
import { History } from "./history.ts";

const day = 24 * 3600;

export interface Shown {
  readonly batch: EngineBatch;
  readonly pre: Uint8Array;
  readonly chunk: TracedChunk;
  readonly witness: Uint8Array;
}

/** The root before whatever the batch tries of a kind, also if nothing comes of it. */
export function rootBefore(
  { engine, trees, signatureOf }: Replica,
  batch: EngineBatch,
  kind: EngineStep["type"],
): Uint8Array {
  const tracer = new Tracer({ state: engine.state, trees, signatureOf });
  let root: Uint8Array | undefined;
  engine.apply(batch, {
    before(next, touched) {
      tracer.before(next, touched);
      if (next === kind) root ??= tracer.root;
    },
    after: (step, touched) => tracer.after(step, touched),
    done: (touched) => tracer.done(touched),
  });
  return defined(root);
}

/** What happened on a day, with every chunk of it that can be executed; and the vault that has the day's messages. */
export class Day {
  readonly shown: Shown[] = [];
  readonly vault: string;
  /** After it. */
  readonly state: State;
  readonly #rollupId: number;
  readonly #history: History;
  readonly #parameters: RollupParameters;
  /** By the batch's number, less one. */
  readonly #chunks: (readonly TracedChunk[])[] = [];

  constructor(
    rollupId: number,
    history: History,
    { parameters, vault }: { readonly parameters: RollupParameters; readonly vault: string },
  ) {
    this.#rollupId = rollupId;
    this.#history = history;
    this.#parameters = parameters;
    this.vault = vault;
    const traced = this.#genesis();
    const proven = this.#genesis();
    this.state = traced.engine.state;
    for (const batch of history.batches) {
      let pre = traced.trees.root;
      const { chunks } = traceBatch(traced, batch);
      this.#chunks.push(chunks);
      const witnesses = proveChunks(proven, batch, chunks);
      for (const chunk of chunks) {
        const witness = witnesses.get(chunk);
        if (witness !== undefined) this.shown.push({ batch, pre, chunk, witness });
        pre = chunk.post;
      }
    }
  }

  get last(): EngineBatch {
    return defined(this.#history.batches.at(-1));
  }

  /** The root before whatever the last batch tries of a kind, also if nothing comes of it. */
  rootBefore(kind: EngineStep["type"]): Uint8Array {
    return rootBefore(this.#before(this.last), this.last, kind);
  }

  /** The chunks of its last batch under a state that somebody has changed before. */
  lieAtEnd(change: (state: State) => void): readonly TracedChunk[] {
    const { engine } = this.#before(this.last);
    change(engine.state);
    const trees = new StateTrees(this.#rollupId, engine.state, []);
    const { signatureOf } = this.#history;
    return traceBatch({ engine, trees, signatureOf }, this.last).chunks;
  }

  /** What shows whether steps are a lie that somebody says were the batch's, from a root on. */
  refute(batch: EngineBatch, foreign: ForeignChunk): Uint8Array | undefined {
    return refuteChunk(this.#before(batch), batch, this.#chunks[batch.number - 1] ?? [], foreign);
  }

  #before({ number }: EngineBatch): Replica {
    const replica = this.#genesis();
    for (const each of this.#history.batches.slice(0, number - 1))
      replica.trees.apply(replica.engine.apply(each));
    return replica;
  }

  #genesis(): Replica {
    const engine = new Engine(genesisState(this.#parameters));
    const trees = new StateTrees(this.#rollupId, engine.state, []);
    return { engine, trees, signatureOf: this.#history.signatureOf };
  }
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

  /** And at its end batches of other lists. */
  async day(options: CampaignOptions, ends: readonly (readonly SignedList[])[] = []): Promise<Day> {
    const history = new History(this.domain, options);
    for (const lists of ends) history.end(lists);
    return new Day(this.domain.rollupId, history, {
      parameters: { ...rollupParameters, ...options.rollup },
      vault: await this.#deployVault(history),
    });
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
      const { data: reason } = error as { readonly data?: unknown };
      const known = typeof reason === "string" && reason.length >= 10;
      return (known ? abi.parseError(reason)?.name : undefined) ?? "reverted";
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
