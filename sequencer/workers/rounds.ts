// The work of the rounds that make the next committee's key, for a thread: at 64 seats it takes seconds.

import { assert, type Reader, unreachable, type Writer } from "../../base/index.ts";
import {
  type DealtShare,
  makeDealing,
  revealShares,
  type SealingGroup,
} from "../../crypto/index.ts";
import {
  type Attempt,
  judge,
  openableDealers,
  ownKeyShare,
  planOf,
  readAttempt,
  seatsToReveal,
  type Verdict,
  writeAttempt,
} from "../../epoch/index.ts";
import type { Committee } from "../../protocol/index.ts";
import { type KeyShares, shareOf } from "./openers.ts";
import { limits, readDealtShare, writeDealtShare } from "../../protocol/index.ts";

const tasks = ["make-dealing", "open-dealings", "reveal-shares", "judge"] as const;

export interface RoundRequest {
  readonly task: (typeof tasks)[number];
  readonly attempt: Attempt;
  /** Seat of the dealer that deals or reveals, or of the recipient that opens or judges; 0 for who only judges. */
  readonly part: number;
  /** The dealer's seed or the recipient's epoch key; 32 bytes, zeros for who only judges. */
  readonly secret: Uint8Array;
}

/** What the task asked for, and nothing of the rest. */
export interface RoundResult {
  readonly dealing?: Uint8Array | undefined;
  readonly dealers?: readonly number[] | undefined;
  readonly shares?: readonly DealtShare[] | undefined;
  readonly verdict?: Verdict | undefined;
  /** Secret. */
  readonly keyShare?: Uint8Array | undefined;
}

export interface RoundTools {
  readonly group: SealingGroup;
  readonly chainId: number;
  /** Of the epoch that lasts. */
  readonly committee: Committee;
  /** Of its keys: what it has not lost. */
  readonly keyShares: KeyShares;
}

export function doRound(tools: RoundTools, request: RoundRequest): RoundResult {
  const { group, keyShares } = tools;
  const { task, attempt, part, secret } = request;
  const plan = planOf(attempt, tools);
  const isHandingOn = plan.previous !== undefined;
  const keyShare = isHandingOn ? shareOf(keyShares, attempt.keyId) : undefined;
  const dealer = { dealer: part, seed: secret, keyShare };
  const recipient = { seat: part, epochKey: secret };
  const canDeal = !isHandingOn || keyShare !== undefined;
  switch (task) {
    case "make-dealing":
      return canDeal ? { dealing: makeDealing(group, plan, dealer) } : {};
    case "open-dealings":
      return { dealers: openableDealers(group, plan, attempt, recipient) };
    case "reveal-shares": {
      const seats = seatsToReveal(plan, attempt, part) ?? [];
      return { shares: canDeal ? revealShares(plan, dealer, seats) : [] };
    }
    case "judge": {
      const verdict = judge(group, plan, attempt);
      if (verdict === undefined || part === 0) return { verdict };
      return { verdict, keyShare: ownKeyShare(group, plan, attempt, { ...recipient, verdict }) };
    }
    default:
      return unreachable(task);
  }
}

const seatsMax = limits.committeeMax;

export function writeRoundRequest(writer: Writer, request: RoundRequest): void {
  writer.u8(tasks.indexOf(request.task));
  writeAttempt(writer, request.attempt);
  writer.u16(request.part).fixed(request.secret, 32);
}

export function readRoundRequest(reader: Reader): RoundRequest {
  const task = tasks[reader.u8()];
  assert(task !== undefined, "our own threads speak one encoding");
  const attempt = readAttempt(reader);
  return { task, attempt, part: reader.u16(), secret: reader.fixed(32) };
}

export function writeRoundResult(writer: Writer, result: RoundResult): void {
  writer.optional(result.dealing, (w, dealing) => w.bytes(dealing, limits.transactionBodyBytesMax));
  writer.optional(result.dealers, writeSeats);
  writer.optional(result.shares, (w, shares) => w.list(shares, seatsMax, writeDealtShare));
  writer.optional(result.verdict, writeVerdict);
  writer.optional(result.keyShare, (w, keyShare) => w.fixed(keyShare, 32));
}

export function readRoundResult(reader: Reader): RoundResult {
  return {
    dealing: reader.optional((r) => r.bytes(limits.transactionBodyBytesMax)),
    dealers: reader.optional(readSeats),
    shares: reader.optional((r) => r.list(seatsMax, readDealtShare)),
    verdict: reader.optional(readVerdict),
    keyShare: reader.optional((r) => r.fixed(32)),
  };
}

function writeVerdict(writer: Writer, { keyId, key, qualified, exposed }: Verdict): void {
  writer.u32(keyId).fixed(key.pk1, 48).fixed(key.pk2, 96).u16(key.threshold);
  writer.list(key.verificationKeys, seatsMax, (w, each) => w.fixed(each, 96));
  writeSeats(writer, qualified);
  writeSeats(writer, exposed);
}

function readVerdict(reader: Reader): Verdict {
  const keyId = reader.u32();
  const key = {
    pk1: reader.fixed(48),
    pk2: reader.fixed(96),
    threshold: reader.u16(),
    verificationKeys: reader.list(seatsMax, (r) => r.fixed(96)),
  };
  return { keyId, key, qualified: readSeats(reader), exposed: readSeats(reader) };
}

function writeSeats(writer: Writer, seats: readonly number[]): void {
  writer.list(seats, seatsMax, (w, seat) => w.u16(seat));
}

function readSeats(reader: Reader): number[] {
  return reader.list(seatsMax, (r) => r.u16());
}
