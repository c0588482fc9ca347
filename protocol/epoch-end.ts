// How one epoch hands over to the next. Whoever knows the committee of an epoch learns that of the next by one
// certificate, and so from genesis on all of them.

import { decode, encode, equalBytes, type Reader, type Writer } from "../base/index.ts";
import { g1Uncompressed, keccak256, sha256 } from "../crypto/index.ts";
import { type QC, readQC, writeQC } from "./certificate.ts";
import {
  type CertifiedCheckpoint,
  readCertifiedCheckpoint,
  writeCertifiedCheckpoint,
} from "./checkpoint.ts";
import {
  type Committee,
  encodeCommittee,
  quorum,
  readCommittee,
  writeCommittee,
} from "./committee.ts";
import { domains } from "./domains.ts";
import type { ValidatorIndex } from "./numbers.ts";
import { checkpointDigest, committeeHash, committeeHead, type Seat } from "./settlement.ts";

/** The end of an epoch: its last checkpoint, signed by its own committee, and who validates next. */
export interface EpochEnd {
  /** Of the closing block; `next` is the `nextCommitteeHash` of `committee`. */
  readonly certified: CertifiedCheckpoint;
  readonly committee: Committee;
  /**
   * The highest COMMIT certificate that was known: of the closing block or of a descendant. It proves nothing that the
   * checkpoint does not; it shows consensus the way. Undefined where it was lost.
   */
  readonly commitQC: QC | undefined;
}

/**
 * What the closing block of an epoch names, 32 bytes: keccak-256 over the voting keys' hash, as contracts keep it, and
 * SHA-256 of all of the committee. A contract that is given the second word can check the first. Undefined when a key
 * is no point, or the keys cancel out.
 */
export function nextCommitteeHash(committee: Committee): Uint8Array | undefined {
  const seats: Seat[] = [];
  for (const member of committee.members) {
    const publicKey = g1Uncompressed(member.publicKey);
    if (publicKey === undefined) return undefined;
    seats.push({ publicKey, weight: 1 });
  }
  const head = committeeHead(seats);
  if (head === undefined) return undefined;
  return keccak256(committeeHash(head), committeeDigest(committee));
}

/** SHA-256 over the domain and the canonical encoding: the word that contracts are given. 32 bytes. */
export function committeeDigest(committee: Committee): Uint8Array {
  return sha256(domains.committee, encodeCommittee(committee));
}

/**
 * Whether this is how the epoch of `committee` ended. `verifyAggregate` knows that committee's keys; the COMMIT
 * certificate is not looked at.
 */
export function isEndOf(
  committee: Committee,
  end: EpochEnd,
  rule: {
    /** `settlementDomain`, 32 bytes. */
    readonly domain: Uint8Array;
    verifyAggregate(
      signers: readonly ValidatorIndex[],
      digest: Uint8Array,
      signature: Uint8Array,
    ): boolean;
  },
): boolean {
  const { checkpoint, signers, signature } = end.certified;
  const seats = committee.members.length;
  if (checkpoint.epoch !== committee.epoch || end.committee.epoch !== committee.epoch + 1)
    return false;
  const areDistinctMembers = signers.every(
    (signer, i) => signer < seats && (i === 0 || signer > (signers[i - 1] ?? -1)),
  );
  if (!areDistinctMembers || signers.length < quorum(seats)) return false;
  // The signature first: adding up the keys of a committee that nobody signed for would be work for a liar.
  if (!rule.verifyAggregate(signers, checkpointDigest(rule.domain, checkpoint), signature))
    return false;
  const next = nextCommitteeHash(end.committee);
  return next !== undefined && equalBytes(next, checkpoint.next);
}

export function writeEpochEnd(writer: Writer, end: EpochEnd): void {
  writeCertifiedCheckpoint(writer, end.certified);
  writeCommittee(writer, end.committee);
  writer.optional(end.commitQC, writeQC);
}

export function readEpochEnd(reader: Reader): EpochEnd {
  return {
    certified: readCertifiedCheckpoint(reader),
    committee: readCommittee(reader),
    commitQC: reader.optional(readQC),
  };
}

export function encodeEpochEnd(end: EpochEnd): Uint8Array {
  return encode(end, writeEpochEnd);
}

export function decodeEpochEnd(bytes: Uint8Array): EpochEnd | undefined {
  return decode(bytes, readEpochEnd);
}
