// Follows a batch and cuts it: steps that can be repeated alone go into chunks of one kind, and all that changes between them
// into chunks of kind 0. The trees are brought up to each step, so that every chunk has the root that it leads to.

import { concatBytes, equalBytes, keccak256 } from "../../sdk/index.ts";
import type { EngineStep, Globals, SignedList, State, StepPort, Touched } from "../engine/index.ts";
import {
  accountLeaf,
  type DenseTree,
  globalsLeaf,
  type Keccak,
  marketLeaf,
  orderLeaf,
  stateRoot,
  type StateTrees,
  withdrawalLeaf,
} from "../state/index.ts";
import {
  type Chunk,
  chunkKinds,
  chunkOrdersMax,
  chunkStepsMax,
  encodeClock,
  encodeStep,
} from "./chunks.ts";

/** With the steps that it holds, none for kind 0, and how many of the batch's steps came before. */
export interface TracedChunk extends Chunk {
  readonly traced: readonly EngineStep[];
  readonly first: number;
}

export interface Scene {
  /** Changed by the engine while it is followed. */
  readonly state: State;
  /** Over that state. */
  readonly trees: StateTrees;
  /** Of a list, 65 bytes; without it nothing that the list does can be shown. */
  readonly signatureOf: (list: SignedList) => Uint8Array | undefined;
  /** Of the trees; `keccak256` when it is not given. */
  readonly keccak?: Keccak | undefined;
}

interface OpenChunk {
  readonly kind: number;
  readonly words: Uint8Array[];
  readonly traced: EngineStep[];
  readonly first: number;
  orders: number;
  hasLastMark: boolean;
}

export class Tracer implements StepPort {
  readonly chunks: TracedChunk[] = [];
  readonly #scene: Scene;
  readonly #keccak: Keccak;
  #open: OpenChunk | undefined;
  #batch: number;
  /** Until the marks are through, the time of the batch before. */
  #timeMs: number;
  #globals: Uint8Array;
  #steps = 0;
  #marks = 0;
  /** How many there ever were. */
  #withdrawals: number;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#keccak = scene.keccak ?? keccak256;
    const { globals } = scene.state;
    this.#batch = globals.batch;
    this.#timeMs = globals.timeMs;
    this.#globals = globalsLeaf(globals, this.#keccak);
    this.#withdrawals = scene.trees.outbox.count;
  }

  /** Of what the chunks have said so far: 32 bytes. */
  get root(): Uint8Array {
    const parts = { ...this.#scene.trees.parts(), batch: this.#batch, globals: this.#globals };
    return stateRoot(parts, this.#keccak);
  }

  get globals(): Globals {
    return { ...this.#scene.state.globals, timeMs: this.#timeMs };
  }

  before(kind: EngineStep["type"], touched: Touched): void {
    // Usually the last mark has moved the clock; where there are no markets there is none.
    const isPastMarks = kind !== "deposit" && kind !== "funding-mark";
    if (isPastMarks) this.#timeMs = this.#scene.state.globals.timeMs;
    this.#takeOthers(touched);
  }

  after(step: EngineStep, touched: Touched): void {
    const { state, trees, signatureOf } = this.#scene;
    const placeOf = (market: number): number => state.markets.findIndex(({ id }) => id === market);
    const words = encodeStep(step, { placeOf, signatureOf });
    const open = this.#chunkFor(step, words !== undefined);
    this.#steps++;
    if (words !== undefined) {
      open.words.push(words);
      open.traced.push(step);
      open.orders += this.#ordersOf(step);
    }
    if (step.type === "funding-mark" && ++this.#marks === state.markets.length) {
      open.hasLastMark = true;
      this.#timeMs = state.globals.timeMs;
    }
    if (step.type === "withdraw") {
      const index = this.#withdrawals++;
      trees.outbox.set(index, withdrawalLeaf(index, step.withdrawal, this.#keccak));
    }
    for (const change of this.#changesOf(touched)) change();
    this.#globals = globalsLeaf(this.globals, this.#keccak);
  }

  done(touched: Touched): void {
    this.#timeMs = this.#scene.state.globals.timeMs;
    this.#takeOthers(touched);
    this.#close();
  }

  /** What changed since the last step is part of no step. */
  #takeOthers(touched: Touched): void {
    const { batch } = this.#scene.state.globals;
    const globals = globalsLeaf(this.globals, this.#keccak);
    const changes = this.#changesOf(touched);
    const isSame = batch === this.#batch && equalBytes(globals, this.#globals);
    if (isSame && changes.length === 0) return;
    if (this.#open?.kind !== chunkKinds.other) this.#begin(chunkKinds.other);
    for (const change of changes) change();
    this.#batch = batch;
    this.#globals = globals;
  }

  #chunkFor(step: EngineStep, isProvable: boolean): OpenChunk {
    const kind = isProvable ? chunkKinds[step.type] : chunkKinds.other;
    const open = this.#open;
    if (open === undefined || open.kind !== kind) return this.#begin(kind);
    if (kind === chunkKinds.other) return open;
    const hasRoom =
      open.traced.length < chunkStepsMax && open.orders + this.#ordersOf(step) <= chunkOrdersMax;
    return hasRoom ? open : this.#begin(kind);
  }

  /** What its account had open before, and one more. */
  #ordersOf(step: EngineStep): number {
    if (step.type !== "admit" && step.type !== "withdraw") return 0;
    const openOrders = this.#scene.state.accounts[step.list.account]?.openOrders ?? 0;
    return openOrders + (step.type === "admit" ? step.removed.length : 1);
  }

  #begin(kind: number): OpenChunk {
    this.#close();
    const open = { kind, words: [], traced: [], first: this.#steps, orders: 0, hasLastMark: false };
    this.#open = open;
    return open;
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    const { kind, words, traced, first, hasLastMark } = open;
    if (kind === chunkKinds["funding-mark"])
      words.unshift(encodeClock(this.#scene.state.globals.timeMs, hasLastMark));
    const steps = concatBytes(...words);
    this.chunks.push({ batch: this.#batch, kind, post: this.root, steps, traced, first });
    this.#open = undefined;
  }

  /** What has to be done to the trees; nothing for leaves that are as they were. */
  #changesOf({ accounts, orders, markets }: Touched): (() => void)[] {
    const { state, trees } = this.#scene;
    const keccak = this.#keccak;
    const changes: (() => void)[] = [];
    const note = (tree: DenseTree, index: number, leaf: Uint8Array): void => {
      if (index < tree.count && equalBytes(tree.leaf(index), leaf)) return;
      changes.push(() => tree.set(index, leaf));
    };
    for (const account of accounts) note(trees.accounts, account.id, accountLeaf(account, keccak));
    for (const slot of orders) note(trees.orders, slot, orderLeaf(state.orders[slot], keccak));
    if (markets.size > 0)
      for (const [place, market] of state.markets.entries())
        if (markets.has(market.id)) note(trees.markets, place, marketLeaf(market, keccak));
    return changes;
  }
}
