import type { Epoch, ValidatorIndex } from "./numbers.ts";

/** One validator of a committee. Every validator has one seat; weights come without a format change. */
export interface Member {
  /** BLS12-381 G1, 48 bytes compressed: votes and checkpoints. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 32 bytes: the transport, lanes and receipts. */
  readonly networkKey: Uint8Array;
  /** BLS12-381 G2, 96 bytes compressed: checks this seat's decryption shares. */
  readonly verificationKey: Uint8Array;
}

/** The validators of one epoch, in order of their index, with the threshold key they share. */
export interface Committee {
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  readonly sealing: {
    readonly keyId: number;
    /** G1, 48 bytes. */
    readonly pk1: Uint8Array;
    /** G2, 96 bytes. */
    readonly pk2: Uint8Array;
  };
}

/** f: how many seats of n may be Byzantine. */
export function faultyMax(seats: number): number {
  return Math.floor((seats - 1) / 3);
}

/**
 * n - f: votes in a certificate, and decryption shares that open (consensus.md 2.1). Never 2f + 1, which
 * is unsafe for n not of the form 3f + 1.
 */
export function quorum(seats: number): number {
  return seats - faultyMax(seats);
}

export function isMember(committee: Committee, index: number): index is ValidatorIndex {
  return index < committee.members.length;
}
