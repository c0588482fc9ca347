// The committee's key, as an oracle that everybody must ask: threshold encryption by bookkeeping, which costs a hash
// where the real one costs pairings. Its rules are the real ones: a seat computes its own shares only, `quorum` distinct
// correct ones open, a wrong one is found out when it spoils a combination, and an opening can be checked by anyone.

import {
  concatBytes,
  equalBytes,
  toHex,
  u64Bytes,
  unreachable,
  utf8,
  Writer,
} from "../../../base/index.ts";
import {
  type BatchOpening,
  keyedPoint,
  sealOverheadBytes,
  sha256,
  type ShareBatch,
} from "../../../crypto/index.ts";
import {
  type Committee,
  type Micros,
  quorum,
  type SealedTransaction,
  transactionId,
} from "../../../protocol/index.ts";
import type { Job } from "../../../sequencer/jobs.ts";
import type { JobResult } from "../../../sequencer/core-events.ts";
import { committeeOf } from "../committee.ts";
import type { Draft, Sealing, Secret, Written } from "./sealing.ts";

/** The first byte of a message whose sender sealed it wrongly: opened, it turns out void. */
const voidMark = 0;

const secret = utf8("the committee's key, which nobody has");
const tagBytes = 16;
const pointBytes = 48;
const shareBytes = 96;
const signatureBytes = 65;

export class AccountedSealing implements Sealing {
  readonly committee: Committee;
  readonly threshold: number;
  /** Every share that was ever computed, so that a checker knows what it sees. */
  readonly #known = new Map<string, Secret>();

  constructor(seats: number) {
    this.committee = committeeOf(seats);
    this.threshold = quorum(seats);
  }

  write({ number, keyId, envelope, message, isClear, isVoid, isForged }: Draft): Written {
    const inside = concatBytes(new Uint8Array([isVoid ? voidMark : 1]), message);
    const unsigned = {
      version: isClear ? 0 : 1,
      envelope: { ...envelope, sender: new Uint8Array(20).fill(number % 7) },
      body: isClear ? inside : sealFor(number, keyId, inside),
    } as const;
    const signature = signatureOf(unsigned);
    const transaction: SealedTransaction = {
      ...unsigned,
      signature: isForged ? signature.toReversed() : signature,
    };
    return { transaction, payload: isClear ? inside : messageIn(transaction) };
  }

  answer(job: Job, seat: number, now: Micros): JobResult {
    switch (job.type) {
      case "validate": {
        const { id, transaction } = job;
        return { type: "validated", now, id, isValid: isValid(transaction) };
      }
      case "compute-shares": {
        const { blockHash, points } = job;
        return { type: "shares-computed", now, blockHash, shares: this.#shares(seat, points) };
      }
      case "open-batches":
        return {
          type: "batches-opened",
          now,
          results: job.batches.map((batch) => this.#open(batch)),
        };
      case "check-openings": {
        const areValid = job.claims.map(
          ({ points, openings }) =>
            openings.length === points.length &&
            openings.every((opening, i) => equalBytes(opening, openingOf(points[i] ?? opening))),
        );
        return { type: "openings-checked", now, areValid };
      }
      case "unseal": {
        const payloads = job.items.map(({ transaction, opening }) => unseal(transaction, opening));
        return { type: "unsealed", now, height: job.height, payloads };
      }
      default:
        return unreachable(job);
    }
  }

  whatIs(share: Uint8Array): Secret | undefined {
    return this.#known.get(toHex(share));
  }

  #shares(seat: number, points: readonly Uint8Array[]): Uint8Array[] {
    return points.map((point) => {
      const share = shareOf(seat, point);
      this.#known.set(toHex(share), { seat, point: toHex(point) });
      return share;
    });
  }

  #open({ points, rows }: ShareBatch): BatchOpening {
    const badSeats: number[] = [];
    let candidates = rows;
    while (candidates.length >= this.threshold) {
      const chosen = candidates.slice(0, this.threshold);
      const liars = chosen
        .filter(({ seat, shares }) => {
          const right = points.map((point) => shareOf(seat, point));
          return !right.every((share, i) => equalBytes(share, shares[i] ?? new Uint8Array(0)));
        })
        .map(({ seat }) => seat);
      if (liars.length === 0) return { openings: points.map(openingOf), badSeats };
      badSeats.push(...liars);
      candidates = candidates.filter(({ seat }) => !liars.includes(seat));
    }
    return { badSeats };
  }
}

/** A ciphertext of this message, with a point of its own. */
function sealFor(number: number, keyId: number, message: Uint8Array): Uint8Array {
  const point = padded(sha256(utf8("point"), u64Bytes(number)), pointBytes);
  const before = new Writer().u8(1).u32(keyId).finish();
  const proof = new Uint8Array(sealOverheadBytes - before.length - pointBytes - tagBytes);
  return concatBytes(before, point, proof, message, new Uint8Array(tagBytes));
}

/** What the sealed message says; undefined when it is void. */
function messageIn({ body }: SealedTransaction): Uint8Array | undefined {
  const message = body.slice(sealOverheadBytes - tagBytes, body.length - tagBytes);
  return message[0] === voidMark ? undefined : message;
}

function unseal(transaction: SealedTransaction, opening: Uint8Array): Uint8Array | undefined {
  const isOurs = equalBytes(opening, openingOf(keyedPoint(transaction.body)));
  return isOurs ? messageIn(transaction) : undefined;
}

function isValid(transaction: SealedTransaction): boolean {
  return equalBytes(transaction.signature, signatureOf(transaction));
}

/** Binds all that a transaction says, so that no bit of one can be changed. */
function signatureOf(unsigned: Omit<SealedTransaction, "signature">): Uint8Array {
  return padded(sha256(utf8("a sender"), transactionId(unsigned)), signatureBytes);
}

function shareOf(seat: number, point: Uint8Array): Uint8Array {
  return padded(sha256(secret, u64Bytes(seat), point), shareBytes);
}

function openingOf(point: Uint8Array): Uint8Array {
  return padded(sha256(secret, point), pointBytes);
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes);
  return result;
}
