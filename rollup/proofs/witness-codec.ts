// The witness as `abi.encode` writes it: the preimage of a root, the rollup's parameters, and the leaves.

import { concatBytes } from "../../sdk/index.ts";
import type { Globals, RollupParameters } from "../engine/index.ts";
import {
  type DenseTree,
  encodeGlobalsLeaf,
  encodeRollupParameters,
  Words,
} from "../state/index.ts";
import type { Scene } from "./tracer.ts";

export interface WitnessLeaf {
  readonly tree: number;
  readonly index: number;
  readonly content: Uint8Array;
  readonly extra: Uint8Array;
  readonly siblings: readonly Uint8Array[];
}

/** Without the version and the rollup's id, which the contract knows. */
export function encodeParts({ state, trees }: Scene, globals: Globals): Uint8Array {
  return concatBytes(
    new Words(1).uint(64, state.globals.batch).finish(),
    encodeTree(trees.accounts),
    encodeTree(trees.orders),
    encodeTree(trees.markets),
    trees.parts().series,
    encodeTree(trees.outbox),
    encodeGlobalsLeaf(globals),
  );
}

function encodeTree({ count, top }: DenseTree): Uint8Array {
  return new Words(2).uint(64, count).bytes32(top).finish();
}

export function encodeWitness(
  parts: Uint8Array,
  parameters: RollupParameters,
  leaves: readonly WitnessLeaf[],
): Uint8Array {
  const rollup = encodeBytes(encodeRollupParameters(parameters));
  const items = leaves.map(encodeLeaf);
  const list = concatBytes(number(items.length), offsets(items, items.length), ...items);
  const heads = parts.length / 32 + 2;
  return concatBytes(parts, offsets([rollup, list], heads), rollup, list);
}

function encodeLeaf({ tree, index, content, extra, siblings }: WitnessLeaf): Uint8Array {
  const tails = [
    encodeBytes(content),
    encodeBytes(extra),
    concatBytes(number(siblings.length), ...siblings),
  ];
  return concatBytes(number(tree), number(index), offsets(tails, 5), ...tails);
}

/** Where each of the tails begins, from the beginning of the heads. */
function offsets(tails: readonly Uint8Array[], heads: number): Uint8Array {
  const words = new Words(tails.length);
  let begins = heads;
  for (const tail of tails) {
    words.offset(begins);
    begins += tail.length / 32;
  }
  return words.finish();
}

function encodeBytes(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
  padded.set(bytes);
  return concatBytes(number(bytes.length), padded);
}

function number(value: number): Uint8Array {
  return new Words(1).uint(64, value).finish();
}
