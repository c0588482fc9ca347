// The leaves that a chunk's steps touch, each proven as it stands when its turn comes: what a challenger brings to L1.

import { assert, unreachable } from "../../sdk/index.ts";
import {
  type AccountId,
  type EngineStep,
  feesId,
  insuranceId,
  type State,
  type StepPort,
  type Touched,
} from "../engine/index.ts";
import {
  accountLeaf,
  type DenseTree,
  encodeAccountLeaf,
  encodeKeys,
  encodeMarketLeaf,
  encodeMarketParameters,
  encodeOrderLeaf,
  marketLeaf,
  noLeaf,
  orderLeaf,
  type StateTrees,
  withdrawalLeaf,
} from "../state/index.ts";
import { type Scene, type TracedChunk, Tracer } from "./tracer.ts";
import { encodeParts, encodeWitness, type WitnessLeaf } from "./witness-codec.ts";

const treeNames = ["accounts", "orders", "markets", "outbox"] as const;

/** A leaf as it is before a step, and what the step makes of it. */
interface Claim {
  readonly tree: (typeof treeNames)[number];
  readonly index: number;
  /** Empty for a leaf that is missing. */
  readonly content: Uint8Array;
  readonly extra: Uint8Array;
  readonly after: () => Uint8Array;
}

const nothing = new Uint8Array(0);

/** Follows the batch once more, and keeps what some of its chunks need. */
export class Prover implements StepPort {
  /** By chunk, once it is through. */
  readonly witnesses: Map<TracedChunk, Uint8Array> = new Map();
  readonly #scene: Scene;
  /** Ascending. */
  readonly #chunks: readonly TracedChunk[];
  readonly #tracer: Tracer;
  #leaves: WitnessLeaf[] = [];
  #parts: Uint8Array = nothing;
  #claims: readonly Claim[] = [];
  #steps = 0;

  constructor(scene: Scene, chunks: readonly TracedChunk[]) {
    this.#scene = scene;
    this.#chunks = chunks;
    this.#tracer = new Tracer(scene);
  }

  before(kind: EngineStep["type"], touched: Touched): void {
    this.#tracer.before(kind, touched);
    const step = this.#next?.step;
    if (step?.type !== kind) return;
    if (this.#leaves.length === 0) this.#parts = encodeParts(this.#scene, this.#tracer.globals);
    this.#claims = claimsOf(this.#scene, step);
  }

  after(step: EngineStep, touched: Touched): void {
    const next = this.#next;
    if (next !== undefined)
      for (const claim of this.#claims) this.#leaves.push(prove(this.#scene.trees, claim));
    this.#tracer.after(step, touched);
    this.#steps++;
    if (next === undefined || this.#steps < next.chunk.first + next.chunk.traced.length) return;
    const { parameters } = this.#scene.state.globals;
    this.witnesses.set(next.chunk, encodeWitness(this.#parts, parameters, this.#leaves));
    this.#leaves = [];
  }

  done(touched: Touched): void {
    this.#tracer.done(touched);
  }

  /** The step that comes next, if one of the chunks holds it. */
  get #next(): { readonly chunk: TracedChunk; readonly step: EngineStep } | undefined {
    const chunk = this.#chunks.find(
      ({ first, traced }) => this.#steps >= first && this.#steps < first + traced.length,
    );
    const step = chunk?.traced[this.#steps - chunk.first];
    return chunk === undefined || step === undefined ? undefined : { chunk, step };
  }
}

function prove(
  trees: StateTrees,
  { tree: name, index, content, extra, after }: Claim,
): WitnessLeaf {
  const tree: DenseTree = trees[name];
  // A place that the step adds to the tree is shown to be empty in the larger one.
  if (index >= tree.count) tree.set(index, noLeaf);
  const siblings = tree.prove(index);
  tree.set(index, after());
  return { tree: treeNames.indexOf(name), index, content, extra, siblings };
}

/** In the order in which the contract takes them. */
function claimsOf({ state, trees }: Scene, step: EngineStep): Claim[] {
  switch (step.type) {
    case "deposit":
      return [ofAccount(state, step.account)];
    case "funding-mark":
      return [ofMarket(state, step.market)];
    case "fill": {
      const { slot, account, market, fee, isLiquidation } = step;
      const claims = [ofOrder(state, slot), ofAccount(state, account), ofMarket(state, market)];
      return fee === 0n
        ? claims
        : [...claims, ofAccount(state, isLiquidation ? insuranceId : feesId)];
    }
    case "withdraw": {
      const index = trees.outbox.count;
      return [
        ...ofCover(state, step, []),
        {
          tree: "outbox",
          index,
          content: nothing,
          extra: nothing,
          after: () => withdrawalLeaf(index, step.withdrawal),
        },
      ];
    }
    case "admit":
      return [...ofCover(state, step, step.removed), ofNewOrder(state, step.slot)];
    default:
      return unreachable(step);
  }
}

/** All that an account's worst case depends on: itself, the markets that it is in or asks for, its orders. */
function ofCover(
  state: State,
  { list, place }: Extract<EngineStep, { type: "admit" | "withdraw" }>,
  removed: readonly number[],
): Claim[] {
  const account = state.accounts[list.account];
  assert(account !== undefined, "who acts is there");
  const ids = new Set<number>(account.exposures.map(({ market }) => market));
  const action = list.actions[place];
  if (action?.type === "order" || action?.type === "replace") {
    const order = action.type === "order" ? action : action.order;
    ids.add(order.market);
    if (order.guard !== undefined) ids.add(order.guard.market);
  }
  const orders = account.exposures.flatMap((exposure) => exposure.orders);
  return [
    { ...ofAccount(state, account.id), extra: list.key === 0 ? nothing : encodeKeys(account.keys) },
    ...state.markets.filter(({ id }) => ids.has(id)).map(({ id }) => ofMarket(state, id)),
    ...orders
      .map(({ slot }) => slot)
      .sort((a, b) => a - b)
      .map((slot) => ofOrder(state, slot, removed.includes(slot))),
  ];
}

function ofAccount(state: State, id: AccountId): Claim {
  const account = state.accounts[id];
  const content = account === undefined ? nothing : encodeAccountLeaf(account);
  const after = (): Uint8Array => {
    const changed = state.accounts[id];
    assert(changed !== undefined, "accounts stay");
    return accountLeaf(changed);
  };
  return { tree: "accounts", index: id, content, extra: nothing, after };
}

function ofOrder(state: State, slot: number, isRemoved = false): Claim {
  const order = state.orders[slot];
  const content = order === undefined ? nothing : encodeOrderLeaf(order);
  // Another may stand in its place by then.
  const after = (): Uint8Array => orderLeaf(isRemoved ? undefined : state.orders[slot]);
  return { tree: "orders", index: slot, content, extra: nothing, after };
}

/** Whatever stands there now is gone by then. */
function ofNewOrder(state: State, slot: number): Claim {
  return { ...ofOrder(state, slot), content: nothing };
}

function ofMarket(state: State, id: number): Claim {
  const index = state.markets.findIndex((market) => market.id === id);
  const market = state.markets[index];
  assert(market !== undefined, "markets stay");
  return {
    tree: "markets",
    index,
    content: encodeMarketLeaf(market),
    extra: encodeMarketParameters(market.parameters),
    after: () => marketLeaf(market),
  };
}
