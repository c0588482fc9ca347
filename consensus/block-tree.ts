// Headers above the last final block, by hash. Only what is certified, or what this node voted for, gets in, so
// nobody can fill it; what had to make room is asked for again.

import { BoundedMap, toHex } from "../base/index.ts";
import { blockHash, type Header, type Height, limits, type View } from "../protocol/index.ts";

/** The last final block: what every branch stands on. */
export interface FinalBlock {
  readonly height: Height;
  /** The genesis hash at height 0. 32 bytes. */
  readonly hash: Uint8Array;
  readonly view: View;
}

/** A header with what this node has found out about it. */
export interface Node {
  readonly header: Header;
  readonly hash: Uint8Array;
  isValid: boolean;
  hasData: boolean;
}

export class BlockTree {
  readonly #nodes = new BoundedMap<string, Node>(limits.headersHeldMax);
  #final: FinalBlock;

  constructor(final: FinalBlock) {
    this.#final = final;
  }

  get final(): FinalBlock {
    return this.#final;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Whether another page of headers has a place without pushing out others. */
  get hasRoom(): boolean {
    return this.size + limits.headersPerAnswerMax <= limits.headersHeldMax;
  }

  get(hash: Uint8Array): Node | undefined {
    return this.#nodes.get(toHex(hash));
  }

  isFinal(hash: Uint8Array): boolean {
    return toHex(hash) === toHex(this.#final.hash);
  }

  /** The node, also when it was there before; undefined for a header that is final, dead or too far up. */
  insert(header: Header, hash: Uint8Array = blockHash(header)): Node | undefined {
    const { height, view } = this.#final;
    if (header.height <= height || header.view <= view) return undefined;
    // What is higher would only push out what comes first.
    if (header.height > height + limits.headersHeldMax) return undefined;
    const held = this.get(hash);
    if (held !== undefined) return held;
    const node = { header, hash, isValid: false, hasData: false };
    this.#nodes.set(toHex(hash), node);
    return node;
  }

  /**
   * The way from just above the final block up to this one, itself included: empty for the final block. Undefined
   * when a header is missing on it.
   */
  branch(hash: Uint8Array): readonly Node[] | undefined {
    const walk = this.#walk(hash);
    return walk.missing === undefined ? walk.nodes.reverse() : undefined;
  }

  /** The highest ancestor that is not here, or the block itself; undefined when the branch is whole. */
  missing(hash: Uint8Array): Uint8Array | undefined {
    return this.#walk(hash).missing;
  }

  /** Moves the root up; what does not stand on it any more is dropped. */
  finalize({ header, hash }: Node): void {
    this.#final = { height: header.height, hash, view: header.view };
    for (const [key, node] of this.#nodes.entries())
      if (node.header.height <= header.height || node.header.view <= header.view)
        this.#nodes.delete(key);
  }

  #walk(hash: Uint8Array): { readonly nodes: Node[]; readonly missing: Uint8Array | undefined } {
    const nodes: Node[] = [];
    const root = toHex(this.#final.hash);
    let at = hash;
    for (let key = toHex(at); key !== root; key = toHex(at)) {
      const node = this.#nodes.get(key);
      if (node === undefined) return { nodes, missing: at };
      nodes.push(node);
      at = node.header.parent;
    }
    return { nodes, missing: undefined };
  }
}
