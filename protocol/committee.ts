import { assert, decode, encode, type Reader, toHex, type Writer } from "../base/index.ts";
import { committeeMax } from "./limits.ts";
import { Epoch, Height, type ValidatorIndex } from "./numbers.ts";

/** One validator of a committee. Every validator has one seat; weights come without a format change. */
export interface Member {
  /** BLS12-381 G1, 48 bytes compressed: votes and checkpoints. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 32 bytes: the transport, lanes and receipts. */
  readonly networkKey: Uint8Array;
  /** BLS12-381 G2, 96 bytes compressed: checks this seat's decryption shares under the committee's newest key. Zeros
   * where there is no key yet. */
  readonly verificationKey: Uint8Array;
}

/** The validators of one epoch, in order of their index, with the threshold keys they share. */
export interface Committee {
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  /**
   * The newest key, to which clients seal. Undefined in the first epoch of a network whose committee makes its own key:
   * nothing sealed is ordered in it.
   */
  readonly sealing: SealingPublicKey | undefined;
  /** The key that the newest has replaced, for as long as what is sealed to it may still be ordered. */
  readonly retiring?: RetiringKey | undefined;
}

/** To what is sealed. */
export interface SealingPublicKey {
  readonly keyId: number;
  /** G1, 48 bytes. */
  readonly pk1: Uint8Array;
  /** G2, 96 bytes. */
  readonly pk2: Uint8Array;
}

/** A key that is still opened, and not for much longer. */
export interface RetiringKey extends SealingPublicKey {
  /** By index, 96 bytes each: as `Member.verificationKey`, for this key. */
  readonly verificationKeys: readonly Uint8Array[];
  /** The last height at which what is sealed to it may be ordered. */
  readonly until: Height;
}

/** One of a committee's keys, with what checks the shares of its seats, by index. */
export interface HeldKey extends SealingPublicKey {
  readonly verificationKeys: readonly Uint8Array[];
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

/** The keys of which the members have shares, the newest first. */
export function keysOf({ members, sealing, retiring }: Committee): readonly HeldKey[] {
  if (sealing === undefined) return [];
  const verificationKeys = members.map(({ verificationKey }) => verificationKey);
  return [{ ...sealing, verificationKeys }, ...(retiring === undefined ? [] : [retiring])];
}

/** Whether what is sealed to this key may be ordered at a height: to the newest, and for a while to the one before. */
export function isSealedTo(
  { sealing, retiring }: Committee,
  { keyId, height }: { readonly keyId: number; readonly height: number },
): boolean {
  if (keyId === sealing?.keyId) return true;
  return keyId === retiring?.keyId && height <= retiring.until;
}

export function isMember(committee: Committee, index: number): index is ValidatorIndex {
  return index < committee.members.length;
}

export function writeCommittee(writer: Writer, committee: Committee): void {
  const { epoch, members, sealing, retiring } = committee;
  writer.u64(epoch).list(members, committeeMax, writeMember);
  writer.optional(sealing, writeKey).optional(retiring, (w, key) => {
    writeKey(w, key).u64(key.until);
    assert(key.verificationKeys.length === members.length, "every seat has its share of a key");
    for (const each of key.verificationKeys) w.fixed(each, 96);
  });
}

export function readCommittee(reader: Reader): Committee {
  const epoch = Epoch(reader.u64());
  const members = reader.list(committeeMax, readMember);
  const sealing = reader.optional(readKey);
  const retiring = reader.optional((r) => ({
    ...readKey(r),
    until: Height(r.u64()),
    verificationKeys: members.map(() => r.fixed(96)),
  }));
  reader.require(members.length > 0, "NO_MEMBERS");
  reader.require(hasDistinctKeys(members), "KEY_WITH_TWO_SEATS");
  if (retiring === undefined) return { epoch, members, sealing };
  // Ids count upwards, so that one that is refused can be told from one that is not known yet.
  reader.require(sealing !== undefined && retiring.keyId < sealing.keyId, "NO_OLDER_KEY");
  return { epoch, members, sealing, retiring };
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

function writeKey(writer: Writer, { keyId, pk1, pk2 }: SealingPublicKey): Writer {
  return writer.u32(keyId).fixed(pk1, 48).fixed(pk2, 96);
}

function readKey(reader: Reader): SealingPublicKey {
  return { keyId: reader.u32(), pk1: reader.fixed(48), pk2: reader.fixed(96) };
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
