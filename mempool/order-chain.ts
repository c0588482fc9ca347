import { assert, equalBytes, type Gauge } from "../base/index.ts";
import { type Cut, limits } from "../protocol/index.ts";
import { EmissionLog } from "./emission-log.ts";
import { keyOf } from "./keys.ts";
import { emissionsMax, encodeOrderState } from "./order-snapshot.ts";
import type { OrderState } from "./order-state.ts";

/** Blocks beyond the final one whose states are kept; the oldest makes room, and is ordered again if it must be. */
const overlaysMax = 4 * (limits.unfinalizedMax + limits.viewsAheadMax);

interface Overlay {
  readonly parent: string;
  readonly state: OrderState;
  readonly emitted: readonly string[];
}

/** The ordering state after the last final block, and those of the blocks that may follow it. */
export class OrderChain {
  #base: { key: string; state: OrderState };
  #overlays = new Map<string, Overlay>();
  /** What `done` of the final state holds, as it stands in a snapshot. */
  readonly #emissions = new EmissionLog();

  constructor(hash: Uint8Array, state: OrderState) {
    this.#base = { key: keyOf(hash), state };
    // A state that was read from a snapshot holds them in the order of the chain.
    for (const [, ids] of Map.groupBy(state.done.entries(), ([, at]) => at))
      this.#emissions.add(ids);
  }

  /** The final state in bytes, in pieces that nothing changes any more. */
  snapshot(): Uint8Array[] {
    return encodeOrderState(this.#base.state, this.#emissions.entries());
  }

  get final(): OrderState {
    return this.#base.state;
  }

  get size(): number {
    return this.#overlays.size;
  }

  get gauges(): Gauge[] {
    const unemitted = Math.max(...this.#base.state.unemitted);
    return [
      { name: "orders", size: this.#overlays.size, max: overlaysMax },
      // Of the lane that has most: who stamps and is not emitted fills its own lane alone.
      { name: "unemitted", size: unemitted, max: limits.laneUnemittedMax },
      { name: "remembered-emissions", size: this.#emissions.size, max: emissionsMax },
    ];
  }

  /** The state after a block; undefined if it does not follow the final one, or was not put here. */
  after(hash: Uint8Array): OrderState | undefined {
    const key = keyOf(hash);
    return key === this.#base.key ? this.#base.state : this.#overlays.get(key)?.state;
  }

  /** Notes what follows a block. Once more for the same block changes nothing. */
  extend(
    parent: Uint8Array,
    block: {
      readonly hash: Uint8Array;
      readonly state: OrderState;
      readonly emitted: readonly string[];
    },
  ): void {
    const key = keyOf(block.hash);
    const below = this.after(parent);
    assert(below !== undefined, "only what follows the final block is extended");
    assert(below.height + 1 === block.state.height, "a block is one above its parent");
    if (equalBytes(parent, block.hash) || this.after(block.hash) !== undefined) return;
    rest(block.state, below);
    this.#overlays.set(key, { parent: keyOf(parent), state: block.state, emitted: block.emitted });
    if (this.#overlays.size <= overlaysMax) return;
    const [oldest] = this.#overlays.keys();
    if (oldest !== undefined) this.#overlays.delete(oldest);
  }

  /** Makes a block the last final one, and answers it with its ancestors, oldest first. Other branches are forgotten. */
  finalize(hash: Uint8Array): { readonly cut: Cut; readonly emitted: readonly string[] }[] {
    const path: [string, Overlay][] = [];
    for (let key = keyOf(hash); key !== this.#base.key;) {
      const overlay = this.#overlays.get(key);
      assert(overlay !== undefined, "a final block was ordered, as were its ancestors");
      path.push([key, overlay]);
      key = overlay.parent;
    }
    for (const [key, overlay] of path.reverse()) this.#fold(key, overlay);
    return path.map(([, { state, emitted }]) => ({ cut: state.cut, emitted }));
  }

  #fold(key: string, { state }: Overlay): void {
    const { pending, done } = this.#base.state;
    pending.absorb(state.pending);
    this.#emissions.add([...state.done.additions()]);
    done.absorb(state.done);
    this.#emissions.prune((id) => done.get(id));
    this.#base = { key, state: { ...state, pending, done } };
    const kept = new Map<string, Overlay>();
    // In the order of insertion a parent stands before its children.
    for (const [each, overlay] of this.#overlays) {
      if (overlay.parent === key) rest(overlay.state, this.#base.state);
      if (overlay.parent === key || kept.has(overlay.parent)) kept.set(each, overlay);
    }
    this.#overlays = kept;
  }
}

function rest(state: OrderState, below: OrderState): void {
  state.pending.rest(below.pending);
  state.done.rest(below.done);
}
