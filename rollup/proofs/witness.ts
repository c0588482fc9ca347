// The leaves that a chunk's steps touch, each proven as it stands when its turn comes: what a challenger brings to L1.

import type { EngineStep, StepPort, Touched } from "../engine/index.ts";
import { type Claim, claimsOf, nothing, prove } from "./claims.ts";
import { type Scene, type TracedChunk, Tracer } from "./tracer.ts";
import { encodeParts, encodeWitness, type WitnessLeaf } from "./witness-codec.ts";

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
