// The second line of defence around the signing key. The machines decide what may be said; this decides nothing, knows
// only the marks up to which the key has signed, and stops the node before a signature that contradicts one of them.

import { assert, BoundedMap, equalBytes } from "../base/index.ts";
import type { SafetyState, VoteSignatures } from "../consensus/index.ts";
import type { Statement } from "../protocol/index.ts";

/** What the key had signed when the node started, as the safety store says. */
export interface Watermarks {
  readonly safety: SafetyState;
  /** Hashes of the checkpoints signed, ascending in height. */
  readonly attested: readonly { readonly height: number; readonly hash: Uint8Array }[];
}

/** Heights of which it is remembered for which block decryption shares were given. */
const releasedMax = 1_024;
/** Checkpoints whose hash is remembered, so that their signature may be repeated. */
const attestedMax = 64;

/** The port that signs, behind the guard. Whatever was signed before may be signed again: it is the same bytes. */
export function guardSigning(signatures: VoteSignatures, watermarks: Watermarks): VoteSignatures {
  const guard = new SigningGuard(watermarks);
  return {
    sign(statement) {
      guard.pass(statement);
      return signatures.sign(statement);
    },
    verify: (signer, digest, signature) => signatures.verify(signer, digest, signature),
    aggregate: (all) => signatures.aggregate(all),
    verifyAggregate: (signers, digest, signature) =>
      signatures.verifyAggregate(signers, digest, signature),
  };
}

class SigningGuard {
  readonly #epoch: number;
  #prepare: { readonly view: number; readonly hash: Uint8Array };
  /** The store does not say for which block the last COMMIT before the start was. */
  #commit: { readonly view: number; readonly hash: Uint8Array | undefined };
  #skip: number;
  readonly #attested: Map<number, Uint8Array>;
  /** Blocks by height. What was released before the start was final, as is what will be. */
  readonly #released = new BoundedMap<number, Uint8Array>(releasedMax);

  constructor({ safety, attested }: Watermarks) {
    this.#epoch = safety.epoch;
    this.#prepare = { view: safety.lastPrepare, hash: safety.prepareHash };
    this.#commit = { view: safety.lastCommit, hash: undefined };
    this.#skip = safety.lastSkip;
    this.#attested = new Map(attested.map(({ height, hash }) => [height, hash]));
  }

  /** Lets the statement through and moves the mark, or stops the node. */
  pass({ kind, epoch, slot, payload }: Statement): void {
    assert(epoch === this.#epoch, "a key signs in the epoch that its marks are of");
    switch (kind) {
      case "prepare":
        assert(this.#mayPrepare(slot, payload), "a PREPARE contradicts what was signed");
        this.#prepare = { view: slot, hash: payload };
        return;
      case "commit":
        assert(this.#mayCommit(slot, payload), "a COMMIT contradicts what was signed");
        this.#commit = { view: slot, hash: payload };
        return;
      case "skip":
        assert(slot > this.#commit.view, "a SKIP contradicts what was signed");
        this.#skip = Math.max(this.#skip, slot);
        return;
      case "checkpoint":
        assert(this.#mayAttest(slot, payload), "a checkpoint contradicts what was signed");
        this.#attested.set(slot, payload);
        for (const height of this.#attested.keys()) {
          if (this.#attested.size <= attestedMax) break;
          this.#attested.delete(height);
        }
        return;
      case "release": {
        const released = this.#released.get(slot);
        const isSame = released === undefined || equalBytes(payload, released);
        assert(isSame, "decryption shares are given for one block of a height");
        this.#released.set(slot, payload);
      }
    }
  }

  #mayPrepare(view: number, hash: Uint8Array): boolean {
    if (view === this.#prepare.view) return equalBytes(hash, this.#prepare.hash);
    return view > this.#prepare.view && view > this.#commit.view && view > this.#skip;
  }

  #mayCommit(view: number, hash: Uint8Array): boolean {
    if (view === this.#commit.view)
      return this.#commit.hash === undefined || equalBytes(hash, this.#commit.hash);
    return view > this.#commit.view && view > this.#skip;
  }

  #mayAttest(height: number, hash: Uint8Array): boolean {
    const signed = this.#attested.get(height);
    if (signed !== undefined) return equalBytes(hash, signed);
    return height > Math.max(0, ...this.#attested.keys());
  }
}
