// What a proposal carries: the rollup's steps in chunks, each with the root behind it. The contract keeps one hash over all.

import { concatBytes, equalBytes } from "../../sdk/index.ts";
import { type Chunk, chunkKinds } from "../proofs/index.ts";
import type { Keccak } from "../state/index.ts";

const word = 32;

/** As the contract has it: `keccak256(abi.encode(chunk))`. */
export function chunkHash(chunk: Chunk, keccak: Keccak): Uint8Array {
  const { batch, kind, post, steps } = chunk;
  const padded = new Uint8Array(Math.ceil(steps.length / word) * word);
  padded.set(steps);
  // A structure with bytes in it stands behind its offset, and its bytes behind theirs.
  const heads = [uint(word), uint(batch), uint(kind), post, uint(4 * word), uint(steps.length)];
  return keccak(concatBytes(...heads, padded));
}

export function traceOf(chunks: readonly Chunk[], keccak: Keccak): Uint8Array {
  return keccak(concatBytes(...chunks.map((chunk) => chunkHash(chunk, keccak))));
}

/** How many bytes of a transaction it takes. */
export function chunkBytes({ steps }: Chunk): number {
  return 6 * word + Math.ceil(steps.length / word) * word;
}

/**
 * The same path in at most so many bytes, if need be without the steps of some batches: what stands there then is one chunk
 * of kind 0, from which nobody can show anything. Those with the most steps go first.
 */
export function condense(chunks: readonly Chunk[], bytesMax: number): readonly Chunk[] {
  let rest = chunks;
  for (;;) {
    const sizes = new Map<number, number>();
    for (const chunk of rest)
      sizes.set(chunk.batch, (sizes.get(chunk.batch) ?? 0) + chunkBytes(chunk));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const [largest] = [...sizes].sort((a, b) => b[1] - a[1]);
    if (total <= bytesMax || largest === undefined || largest[1] <= 6 * word) return rest;
    rest = withoutSteps(rest, largest[0]);
  }
}

function withoutSteps(chunks: readonly Chunk[], batch: number): readonly Chunk[] {
  const last = chunks.findLastIndex((chunk) => chunk.batch === batch);
  return chunks.flatMap((chunk, i) => {
    if (chunk.batch !== batch) return [chunk];
    return i === last
      ? [{ batch, kind: chunkKinds.other, post: chunk.post, steps: new Uint8Array(0) }]
      : [];
  });
}

/** Whether two say that the same was done, whatever came of it. */
export function doesTheSame(a: Chunk, b: Chunk): boolean {
  return a.batch === b.batch && a.kind === b.kind && equalBytes(a.steps, b.steps);
}

function uint(value: number): Uint8Array {
  const bytes = new Uint8Array(word);
  new DataView(bytes.buffer).setBigUint64(word - 8, BigInt(value));
  return bytes;
}
