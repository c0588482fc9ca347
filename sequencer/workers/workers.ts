// The heavy half of the cryptography, on threads of its own: everything that takes milliseconds per transaction, so
// that the main thread, which is consensus, never waits for it.

import type { Logger } from "../../base/index.ts";
import type { BatchOpening, ShareBatch } from "../../crypto/index.ts";
import {
  type Answer,
  decodeAnswer,
  encodeRequest,
  type JobKind,
  type OpeningClaim,
  type Request,
  type UnsealItem,
} from "./jobs.ts";
import { type Committee, encodeCommittee } from "../../protocol/index.ts";
import type { KeyShares } from "./openers.ts";
import { Pool, type Priority } from "./pool.ts";
import type { RoundRequest, RoundResult } from "./rounds.ts";

/** What each thread is started with. */
export interface WorkerData {
  readonly chainId: number;
  /** Encoded. */
  readonly committee: Uint8Array;
  readonly keyShares: KeyShares;
}

/** All bytes are copied. Rejects with a `CodedError`: `BUSY`, `WORKER_CRASHED` or `CLOSED` (see `Pool`). */
export interface Workers {
  /** Jobs that wait for a thread: the measure of overload. */
  readonly waiting: number;
  /** For each encoded transaction whether its sender signed it and its seal is valid. */
  validate(transactions: readonly Uint8Array[]): Promise<boolean[]>;
  /** This seat's decryption shares, 96 bytes each, for the points of valid ciphertexts under keys of which it has a part. */
  shares(points: readonly Uint8Array[]): Promise<Uint8Array[]>;
  /** For each batch its openings, 48 bytes each and verified, or none yet; and the seats whose rows are provably wrong. */
  open(batches: readonly ShareBatch[]): Promise<BatchOpening[]>;
  /** For each claim whether its openings are right, all of them. */
  checkOpenings(claims: readonly OpeningClaim[]): Promise<boolean[]>;
  /** The payloads, without their padding; undefined where the transaction is void. */
  unseal(items: readonly UnsealItem[]): Promise<(Uint8Array | undefined)[]>;
  /** A part in the round that makes the next committee's key. */
  round(request: RoundRequest): Promise<RoundResult>;
  close(): Promise<void>;
}

/** Transactions in one validation job, about 8 ms: as long as an opening may have to wait for a thread. */
const validationsPerJob = 8;
/** Points in one opening job at least, so that its two pairings do not outweigh them. */
const pointsPerJobMin = 32;

/** Starts `count` threads, and resolves when they are ready, in about 0.3 s. Fails with `START_FAILED`. */
export async function createWorkers(options: {
  readonly count: number;
  /** This validator's; a node without a seat has none, and asks for no shares. */
  readonly keyShares?: KeyShares;
  readonly chainId: number;
  /** Of the epoch: whose keys open, if it has one, and who hands them on. */
  readonly committee: Committee;
  readonly logger: Logger;
}): Promise<Workers> {
  const { count, keyShares = [], chainId, committee, logger } = options;
  const workerData: WorkerData = { chainId, committee: encodeCommittee(committee), keyShares };
  const entry = new URL("./worker.ts", import.meta.url);
  const pool = await Pool.start({ entry, count, workerData, logger });

  async function run<K extends JobKind>(
    kind: K,
    request: Request<K>,
    priority: Priority,
  ): Promise<Answer<K>> {
    return decodeAnswer(kind, await pool.run(kind, encodeRequest(kind, request), priority));
  }

  /** Bounds of the parts when each thread is to have one. */
  function partsOf(length: number): (readonly [start: number, end: number])[] {
    return cut(length, Math.max(pointsPerJobMin, Math.ceil(length / count)));
  }

  /** For each thread its part of the batches, so that the batches of one part share their pairings. */
  function piecesOf<T extends { readonly points: readonly unknown[] }>(
    batches: readonly T[],
  ): Piece<T>[][] {
    const bounds = partsOf(batches.reduce((sum, { points }) => sum + points.length, 0));
    return bounds.map(([from, to]) => {
      let at = 0;
      return batches.flatMap((of, batch) => {
        const [start, end] = [Math.max(from - at, 0), Math.min(to - at, of.points.length)];
        at += of.points.length;
        return start < end ? [{ batch, of, start, end }] : [];
      });
    });
  }

  return {
    get waiting() {
      return pool.waiting;
    },
    async validate(transactions) {
      const parts = cut(transactions.length, validationsPerJob);
      const answers = await Promise.all(
        parts.map(([start, end]) => run("validate", transactions.slice(start, end), "normal")),
      );
      return answers.flat();
    },
    async shares(points) {
      const answers = await Promise.all(
        partsOf(points.length).map(([start, end]) =>
          run("shares", points.slice(start, end), "urgent"),
        ),
      );
      return answers.flat();
    },
    async open(batches) {
      const pieces = piecesOf(batches);
      const answers = await Promise.all(
        pieces.map((part) =>
          run(
            "open",
            part.map(({ of, start, end }) => ({
              points: of.points.slice(start, end),
              rows: of.rows.map(({ seat, shares }) => ({ seat, shares: shares.slice(start, end) })),
            })),
            "urgent",
          ),
        ),
      );
      return batches.map((_, i) => joinOpenings(answersOf(i, pieces, answers)));
    },
    async checkOpenings(claims) {
      const isAligned = claims.map(({ points, openings }) => points.length === openings.length);
      const aligned = claims.filter((_, i) => isAligned[i] === true);
      const pieces = piecesOf(aligned);
      const answers = await Promise.all(
        pieces.map((part) =>
          run(
            "check-openings",
            part.map(({ of, start, end }) => ({
              points: of.points.slice(start, end),
              openings: of.openings.slice(start, end),
            })),
            "urgent",
          ),
        ),
      );
      const flags = aligned.map((_, i) => answersOf(i, pieces, answers).every(Boolean));
      let at = 0;
      return isAligned.map((each) => each && flags[at++] === true);
    },
    async unseal(items) {
      const answers = await Promise.all(
        partsOf(items.length).map(([start, end]) =>
          run("unseal", items.slice(start, end), "urgent"),
        ),
      );
      return answers.flat();
    },
    round: (request) => run("round", request, "normal"),
    async close() {
      await pool.close();
    },
  };
}

/** The points from `start` to `end` of one batch, itself a place in the list of what was asked. */
interface Piece<T> {
  readonly batch: number;
  readonly of: T;
  readonly start: number;
  readonly end: number;
}

/** What the threads answered about the pieces of one batch, in their order. */
function answersOf<A>(
  batch: number,
  pieces: readonly (readonly Piece<unknown>[])[],
  answers: readonly (readonly A[])[],
): A[] {
  return pieces.flatMap((part, i) =>
    part.flatMap((piece, j) => {
      const answer = answers[i]?.[j];
      return piece.batch === batch && answer !== undefined ? [answer] : [];
    }),
  );
}

/** A seat that lied in one part is bad, and without every part the batch is not open. */
function joinOpenings(answers: readonly BatchOpening[]): BatchOpening {
  const badSeats = [...new Set(answers.flatMap((answer) => answer.badSeats))];
  const opened = answers.filter((answer) => "openings" in answer);
  if (opened.length < answers.length) return { badSeats };
  return { openings: opened.flatMap(({ openings }) => openings), badSeats };
}

/** Consecutive parts of at most `size`. */
function cut(length: number, size: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => [
    i * size,
    Math.min(length, (i + 1) * size),
  ]);
}
