// Somebody else's chunk: if it begins where the own path passes, the leaves that its steps ask for. As long as its steps are
// those of the batch they are followed; the first other one is shown as the state stands then, so that the contract can say
// that it is not allowed. Steps behind that one are not, as nobody here does what it would.

import { equalBytes } from "../../sdk/index.ts";
import type { EngineStep, StepPort, Touched } from "../engine/index.ts";
import { type Chunk, chunkKinds } from "./chunks.ts";
import { type Claim, claimsOf, claimsOfTarget, prove } from "./claims.ts";
import { type NamedStep, namedSteps } from "./targets.ts";
import { type Scene, type TracedChunk, Tracer } from "./tracer.ts";
import { encodeParts, encodeWitness, type WitnessLeaf } from "./witness-codec.ts";

export interface ForeignChunk {
  /** The root before it, 32 bytes. */
  readonly pre: Uint8Array;
  readonly chunk: Pick<Chunk, "kind" | "steps">;
}

interface OwnStep {
  readonly words: Uint8Array;
  /** Which of the batch's chunks holds it. */
  readonly place: number;
}

export class Refuter implements StepPort {
  /** Undefined as long as the own path has not passed where the chunk begins. */
  witness: Uint8Array | undefined;
  readonly #scene: Scene;
  readonly #pre: Uint8Array;
  readonly #named: readonly NamedStep[];
  readonly #own: readonly TracedChunk[];
  readonly #ownSteps = new Map<number, OwnStep>();
  readonly #tracer: Tracer;
  readonly #leaves: WitnessLeaf[] = [];
  #parts: Uint8Array | undefined;
  #claims: readonly Claim[] | undefined;
  #steps = 0;
  #followed = 0;

  /** `own` are the chunks of the same batch. */
  constructor(scene: Scene, { pre, chunk }: ForeignChunk, own: readonly TracedChunk[]) {
    this.#scene = scene;
    this.#pre = pre;
    this.#named = namedSteps(chunk);
    this.#own = own;
    this.#tracer = new Tracer(scene);
    for (const [place, each] of own.entries())
      if (each.kind !== chunkKinds.other)
        for (const [at, { words }] of namedSteps(each).entries())
          this.#ownSteps.set(each.first + at, { words, place });
    // Before the batch there is nothing that a step of it could do.
    if (equalBytes(this.#tracer.root, pre)) this.#finish();
  }

  before(kind: EngineStep["type"], touched: Touched): void {
    this.#tracer.before(kind, touched);
    this.#claims = undefined;
    if (this.#isOver(this.#ownSteps.get(this.#steps)?.place)) return;
    const step = this.#upcoming();
    if (step?.type === kind) this.#claims = claimsOf(this.#scene, step);
  }

  after(step: EngineStep, touched: Touched): void {
    const claims = this.#claims;
    const place = this.#ownSteps.get(this.#steps)?.place;
    this.#claims = undefined;
    if (claims !== undefined)
      for (const claim of claims) this.#leaves.push(prove(this.#scene.trees, claim));
    this.#tracer.after(step, touched);
    this.#steps++;
    if (claims !== undefined) this.#followed++;
    this.#isOver(place);
  }

  done(touched: Touched): void {
    this.#tracer.done(touched);
    this.#isOver(undefined);
  }

  /** Whether there is nothing to follow, or no longer; `place` is the chunk in which the own path is. */
  #isOver(place: number | undefined): boolean {
    if (this.witness !== undefined) return true;
    if (this.#parts === undefined && !equalBytes(this.#tracer.root, this.#pre)) return true;
    this.#parts ??= encodeParts(this.#scene, this.#tracer.globals);
    const named = this.#named[this.#followed];
    if (named !== undefined && this.#isOwn(named, place)) return false;
    if (named?.target !== undefined)
      for (const claim of claimsOfTarget(this.#scene, named.target))
        this.#leaves.push(prove(this.#scene.trees, claim));
    this.#finish();
    return true;
  }

  /** Whether it is what the batch does next, with nothing of another kind in between. */
  #isOwn({ words }: NamedStep, place: number | undefined): boolean {
    const next = this.#ownSteps.get(this.#steps);
    if (next === undefined || !equalBytes(next.words, words)) return false;
    const between = this.#own.slice((place ?? next.place) + 1, next.place);
    return between.every(({ kind }) => kind !== chunkKinds.other);
  }

  #upcoming(): EngineStep | undefined {
    const next = this.#ownSteps.get(this.#steps);
    const chunk = next === undefined ? undefined : this.#own[next.place];
    return chunk?.traced[this.#steps - chunk.first];
  }

  #finish(): void {
    const parts = this.#parts ?? encodeParts(this.#scene, this.#tracer.globals);
    this.witness = encodeWitness(parts, this.#scene.state.globals.parameters, this.#leaves);
  }
}
