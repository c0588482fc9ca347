// What consensus asks of the node around it: what payloads mean, and how votes are signed.

import type { Header, Micros, Statement, ValidatorIndex, View } from "../protocol/index.ts";

/**
 * What consensus asks about payloads it does not understand. Synchronous and pure given the node's state.
 * `branch` is what stands between the last final block and the header in question: unfinalized ancestors,
 * oldest first, up to and including the parent. A block counts as unfinalized until the step that returned
 * its `finalized` effect is over, so the node applies that effect before it calls `step` again.
 */
export interface Application {
  /** Payload bytes; undefined when there is nothing to propose now. */
  propose(
    branch: readonly Header[],
    options: {
      readonly view: View;
      /** Of the block below; further away than one when views in between were skipped. */
      readonly parentView: View;
      readonly allowEmpty: boolean;
      readonly now: Micros;
    },
  ): Uint8Array | undefined;
  /**
   * May start fetching what is missing. `stale` is a matter of this node's clock; the other answers are
   * the same on every node that holds the same data.
   */
  evaluate(
    header: Header,
    branch: readonly Header[],
    now: Micros,
  ): "valid" | "missing" | "invalid" | "stale";
  /**
   * All lanes and ciphertexts of the block are here, and durable at the latest with the next synced write
   * that consensus asks for (rule S4). Asked only of blocks that `evaluate` found valid; may start fetching.
   */
  hasData(header: Header, branch: readonly Header[]): boolean;
  /** What this node itself received contains something that a block on top of `branch` would order. */
  hasWork(branch: readonly Header[]): boolean;
}

/** BLS votes of this epoch's committee. Synchronous and deterministic; nothing that is verified can throw. */
export interface VoteSignatures {
  /** 96 bytes over its digest. The key signs statements only, so that what guards it can read what it signs. */
  sign(statement: Statement): Uint8Array;
  verify(signer: ValidatorIndex, digest: Uint8Array, signature: Uint8Array): boolean;
  /** Undefined when one of them is malformed. */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array | undefined;
  /** One aggregate of all these signers over one digest. */
  verifyAggregate(
    signers: readonly ValidatorIndex[],
    digest: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}
