// What proves to anyone, contracts included, that a validator lied: two signed statements that no honest one makes both,
// or two messages of its lane for one place. One encoding, of which each pair has one order, so that one lie is one piece
// of evidence. A decryption share is no evidence, though the pairing says whose it is: see docs/contracts.md.

import {
  compareBytes,
  concatBytes,
  decode,
  encode,
  equalBytes,
  type Reader,
  unreachable,
  type Writer,
} from "../base/index.ts";
import { type Bls, g1Uncompressed, g2ToEip2537, type NetworkSignatures } from "../crypto/index.ts";
import { kinds, zeroHash } from "./certificate.ts";
import { type Committee, isMember } from "./committee.ts";
import { type Lane, laneHash, readLane, writeLane } from "./lane.ts";
import { committeeMax } from "./limits.ts";
import { Epoch, ValidatorIndex } from "./numbers.ts";
import { signedDigest, type Statement } from "./settlement.ts";

/** One side of a contradiction: what was signed, and the signature over it. */
export interface SignedPayload {
  readonly kind: Statement["kind"];
  /** As in the statement, 32 bytes. */
  readonly payload: Uint8Array;
  /** BLS12-381 G2, 96 bytes compressed. */
  readonly signature: Uint8Array;
}

export type Evidence =
  /** Of one epoch and slot: two payloads of one kind, or a COMMIT beside a SKIP. */
  | {
      readonly type: "statements";
      readonly epoch: Epoch;
      readonly offender: ValidatorIndex;
      readonly slot: number;
      readonly first: SignedPayload;
      readonly second: SignedPayload;
    }
  /** Two different messages of one incarnation and sequence. */
  | { readonly type: "lanes"; readonly first: Lane; readonly second: Lane };

/** Two statements in the order of evidence. Whether they contradict each other is not asked. */
export function contradiction(
  place: { readonly epoch: Epoch; readonly offender: ValidatorIndex; readonly slot: number },
  [a, b]: readonly [SignedPayload, SignedPayload],
): Evidence {
  const [first, second] = compareBytes(rankOf(a), rankOf(b)) <= 0 ? [a, b] : [b, a];
  return { type: "statements", ...place, first, second };
}

/** Two messages of one lane in the order of evidence. */
export function laneFork(a: Lane, b: Lane): Evidence {
  const [first, second] = compareBytes(laneHash(a), laneHash(b)) <= 0 ? [a, b] : [b, a];
  return { type: "lanes", first, second };
}

export function offenderOf(evidence: Evidence): { epoch: Epoch; offender: ValidatorIndex } {
  if (evidence.type === "statements") return { epoch: evidence.epoch, offender: evidence.offender };
  return { epoch: evidence.first.epoch, offender: evidence.first.owner };
}

/** What tells one lie from another of the same validator: its kind, and where it stood. */
export function lieOf(evidence: Evidence): { readonly kind: number; readonly slot: number } {
  switch (evidence.type) {
    case "statements":
      return { kind: kinds[evidence.first.kind], slot: evidence.slot };
    case "lanes":
      return {
        kind: laneKind,
        slot: evidence.first.incarnation * 2 ** 20 + (evidence.first.sequence % 2 ** 20),
      };
    default:
      return unreachable(evidence);
  }
}

export interface Judge {
  readonly committee: Committee;
  /** `settlementDomain`, 32 bytes. */
  readonly domain: Uint8Array;
  readonly bls: Bls;
  readonly networkSignatures: NetworkSignatures;
}

/** Whether it proves what it says, against the committee of its epoch. Never throws, whatever the bytes. */
export function isConvicting(evidence: Evidence, judge: Judge): boolean {
  const { committee } = judge;
  const { epoch, offender } = offenderOf(evidence);
  const member = isMember(committee, offender) ? committee.members[offender] : undefined;
  if (member === undefined || epoch !== committee.epoch) return false;
  switch (evidence.type) {
    case "statements":
      return haveBothBeenSigned(evidence, member.publicKey, judge);
    case "lanes":
      return isSignedFork(evidence, member.networkKey, judge);
    default:
      return unreachable(evidence);
  }
}

function haveBothBeenSigned(
  { epoch, slot, first, second }: Extract<Evidence, { type: "statements" }>,
  publicKey: Uint8Array,
  { domain, bls }: Judge,
): boolean {
  if (!areContradictory(first, second)) return false;
  return [first, second].every(({ kind, payload, signature }) =>
    bls.verify(publicKey, signedDigest({ domain, kind, epoch, slot, payload }), signature),
  );
}

function isSignedFork(
  { first, second }: Extract<Evidence, { type: "lanes" }>,
  networkKey: Uint8Array,
  { networkSignatures }: Judge,
): boolean {
  if (!isFork(first, second)) return false;
  return [first, second].every((lane) =>
    networkSignatures.verify(networkKey, laneHash(lane), lane.signature),
  );
}

/** Two payloads of one kind, or a COMMIT beside a SKIP. */
export function areContradictory(a: SignedPayload, b: SignedPayload): boolean {
  if (a.kind === b.kind) return a.kind !== "skip" && !equalBytes(a.payload, b.payload);
  const both = [a.kind, b.kind].sort().join();
  return both === "commit,skip";
}

/** The same as `convict` of the Hub takes it, of which the Hub knows nothing but the domain and who has registered. */
export interface ContradictionCall {
  /** 96 bytes, uncompressed. */
  readonly key: Uint8Array;
  readonly epoch: Epoch;
  readonly first: SignedOnChain;
  readonly second: SignedOnChain;
  /** The sum of both signatures, 256 bytes of EIP-2537: e(key, H(a) + H(b)) = e(G, sum) checks them in one pairing. */
  readonly signature: Uint8Array;
}

interface SignedOnChain {
  readonly kind: number;
  readonly slot: number;
  readonly payload: Uint8Array;
}

/** Undefined when the key or a signature is no point. */
export function toContradictionCall(
  evidence: Extract<Evidence, { type: "statements" }>,
  { committee, bls }: Pick<Judge, "committee" | "bls">,
): ContradictionCall | undefined {
  const { epoch, slot, first, second, offender } = evidence;
  const publicKey = committee.members[offender]?.publicKey;
  const sum = bls.aggregateSignatures([first.signature, second.signature]);
  const key = publicKey && g1Uncompressed(publicKey);
  const signature = sum && g2ToEip2537(sum);
  if (key === undefined || signature === undefined) return undefined;
  const [a, b] = [first, second].map(({ kind, payload }) => ({ kind: kinds[kind], slot, payload }));
  return a && b && { key, epoch, first: a, second: b, signature };
}

export function writeEvidence(writer: Writer, evidence: Evidence): void {
  writer.u8(types.indexOf(evidence.type));
  switch (evidence.type) {
    case "statements":
      writer.u64(evidence.epoch).u16(evidence.offender).u64(evidence.slot);
      for (const { kind, payload, signature } of [evidence.first, evidence.second])
        writer.u8(kinds[kind]).fixed(payload, 32).fixed(signature, 96);
      return;
    case "lanes":
      writeLane(writer, evidence.first);
      writeLane(writer, evidence.second);
  }
}

export function readEvidence(reader: Reader): Evidence {
  const type = types[reader.u8()];
  reader.require(type !== undefined, "UNKNOWN_TYPE");
  if (type === "lanes") {
    const [first, second] = [readLane(reader), readLane(reader)];
    reader.require(isFork(first, second), "NO_FORK");
    reader.require(compareBytes(laneHash(first), laneHash(second)) < 0, "NOT_CANONICAL");
    return { type, first, second };
  }
  const epoch = Epoch(reader.u64());
  const offender = ValidatorIndex(reader.u16());
  reader.require(offender < committeeMax, "NO_VALIDATOR");
  const slot = reader.u64();
  const [first, second] = [readSide(reader), readSide(reader)];
  reader.require(areContradictory(first, second), "NO_CONTRADICTION");
  reader.require(compareBytes(rankOf(first), rankOf(second)) < 0, "NOT_CANONICAL");
  return { type: "statements", epoch, offender, slot, first, second };
}

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encode(evidence, writeEvidence);
}

export function decodeEvidence(bytes: Uint8Array): Evidence | undefined {
  return decode(bytes, readEvidence);
}

const types: readonly Evidence["type"][] = ["statements", "lanes"];
/** Beside the kinds of signed statements. */
const laneKind = 255;

function readSide(reader: Reader): SignedPayload {
  const number = reader.u8();
  const [kind] = Object.entries(kinds).find(([, each]) => each === number) ?? [];
  reader.require(kind !== undefined, "UNKNOWN_KIND");
  const side = {
    kind: kind as Statement["kind"],
    payload: reader.fixed(32),
    signature: reader.fixed(96),
  };
  reader.require(side.kind !== "skip" || equalBytes(side.payload, zeroHash), "SKIP_OF_A_BLOCK");
  return side;
}

function rankOf({ kind, payload }: SignedPayload): Uint8Array {
  return concatBytes(Uint8Array.of(kinds[kind]), payload);
}

function isFork(a: Lane, b: Lane): boolean {
  return (
    a.epoch === b.epoch &&
    a.owner === b.owner &&
    a.incarnation === b.incarnation &&
    a.sequence === b.sequence &&
    !equalBytes(laneHash(a), laneHash(b))
  );
}
