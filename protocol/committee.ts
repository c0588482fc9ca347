import { assert, decode, encode, type Reader, toHex, type Writer } from "../base/index.ts";
import { committeeMax } from "./limits.ts";
import { Epoch, type ValidatorIndex } from "./numbers.ts";

/** One validator of a committee. Every validator has one seat; weights come without a format change. */
export interface Member {
  /** BLS12-381 G1, 48 bytes compressed: votes and checkpoints. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 32 bytes: the transport, lanes and receipts. */
  readonly networkKey: Uint8Array;
  /** BLS12-381 G2, 96 bytes compressed: checks this seat's decryption shares. Zeros where there is no key yet. */
  readonly verificationKey: Uint8Array;
}

/** The validators of one epoch, in order of their index, with the threshold key they share. */
export interface Committee {
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  /** Undefined in the first epoch of a network whose committee makes its own key: nothing sealed is ordered in it. */
  readonly sealing: SealingPublicKey | undefined;
}

/** To what is sealed. */
export interface SealingPublicKey {
  readonly keyId: number;
  /** G1, 48 bytes. */
  readonly pk1: Uint8Array;
  /** G2, 96 bytes. */
  readonly pk2: Uint8Array;
}

/** f: how many seats of n may be Byzantine. */
export function faultyMax(seats: number): number {
  return Math.floor((seats - 1) / 3);
}

/**
 * n - f: votes in a certificate, and decryption shares that open (docs/protocol.md, Who may be wrong). Never 2f + 1, which
 * is unsafe for n not of the form 3f + 1.
 */
export function quorum(seats: number): number {
  return seats - faultyMax(seats);
}

/** The key of a committee that has one. */
export function sealingOf({ sealing }: Committee): SealingPublicKey {
  assert(sealing !== undefined, "the committee has a sealing key");
  return sealing;
}

export function isMember(committee: Committee, index: number): index is ValidatorIndex {
  return index < committee.members.length;
}

export function writeCommittee(writer: Writer, committee: Committee): void {
  const { epoch, members, sealing } = committee;
  writer.u64(epoch).list(members, committeeMax, writeMember);
  writer.optional(sealing, (w, { keyId, pk1, pk2 }) => w.u32(keyId).fixed(pk1, 48).fixed(pk2, 96));
}

export function readCommittee(reader: Reader): Committee {
  const committee: Committee = {
    epoch: Epoch(reader.u64()),
    members: reader.list(committeeMax, readMember),
    sealing: reader.optional((r) => ({ keyId: r.u32(), pk1: r.fixed(48), pk2: r.fixed(96) })),
  };
  reader.require(committee.members.length > 0, "NO_MEMBERS");
  reader.require(hasDistinctKeys(committee.members), "KEY_WITH_TWO_SEATS");
  return committee;
}

export function encodeCommittee(committee: Committee): Uint8Array {
  return encode(committee, writeCommittee);
}

/** Whether the keys are points is not asked here. */
export function decodeCommittee(bytes: Uint8Array): Committee | undefined {
  return decode(bytes, readCommittee);
}

/** A key with two seats would vote twice, and its owner be taken for an equivocator. */
export function hasDistinctKeys(members: readonly Member[]): boolean {
  return [
    members.map(({ publicKey }) => toHex(publicKey)),
    members.map(({ networkKey }) => toHex(networkKey)),
  ].every((keys) => new Set(keys).size === keys.length);
}

function writeMember(writer: Writer, member: Member): void {
  writer.fixed(member.publicKey, 48).fixed(member.networkKey, 32).fixed(member.verificationKey, 96);
}

function readMember(reader: Reader): Member {
  return {
    publicKey: reader.fixed(48),
    networkKey: reader.fixed(32),
    verificationKey: reader.fixed(96),
  };
}
