// A committee with its key and a block full of sealed transactions, and the work on them with what it costs.

import { assert, toHex } from "../../base/index.ts";
import {
  areValidOpenings,
  type DealtKey,
  dealKeyShares,
  decryptionShares,
  fromKeyedPoint,
  keyedPoint,
  isValidSeal,
  openBatches,
  seal,
  type SealingGroup,
  type SealingKey,
  sha256,
  type ShareRow,
  toSealingKey,
  unseal,
  weightBytesLength,
} from "../../crypto/index.ts";
import type { FinalBatch, OpeningEffect, ReleaseSignatures } from "../../mempool/index.ts";
import { type Committee, Height, quorum, type SealedTransaction } from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { voteSignatures } from "../../sequencer/signatures.ts";
import { committeeWith, transactionOf } from "../mempool/sealed.ts";

/** Transactions of the block. */
export const count = 128;
/** A payload of 300 bytes, padded to its size class. */
const plaintextBytes = 384;

export type Job = Extract<
  OpeningEffect,
  { type: "compute-shares" | "open-batches" | "check-openings" }
>;

/** With the CPU milliseconds that it took. */
export interface Timed<T> {
  readonly value: T;
  readonly ms: number;
}

export function timed<T>(work: () => T): Timed<T> {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: (user + system) / 1_000 };
}

/** A committee with a block that it has finalized. */
export class BlockSetting {
  readonly group: SealingGroup;
  readonly seats: number;
  readonly dealt: DealtKey;
  readonly key: SealingKey;
  readonly committee: Committee;
  readonly aad: Uint8Array;
  readonly transactions: readonly SealedTransaction[];
  /** Under the key's id, as the machine has them. */
  readonly points: readonly Uint8Array[];
  readonly openings: readonly Uint8Array[];
  /** By seat, from 0. */
  readonly shares: readonly (readonly Uint8Array[])[];
  readonly shareMs: number;
  /** All that seats have spent so far on standing for their shares, and on seeing that others do. */
  releaseMs = 0;
  readonly #secrets: readonly Uint8Array[];

  constructor(group: SealingGroup, seats: number, seed: number) {
    this.group = group;
    this.seats = seats;
    const entropy = sha256(Uint8Array.of(seed, seats));
    this.dealt = dealKeyShares(group, { seats, threshold: quorum(seats), entropy });
    const { pk1, pk2, verificationKeys, keyShares } = this.dealt;
    const key = toSealingKey(group, { chainId: 1, keyId: 1, pk1, pk2 });
    assert(key !== undefined, "a dealt key is a key");
    this.key = key;
    this.committee = committeeWith(key, verificationKeys);
    this.#secrets = keyShares.map((_, i) => sha256(entropy, Uint8Array.of(9, i)).fill(1, 0, 1));
    this.aad = sha256(entropy);
    const message = new Uint8Array(plaintextBytes);
    this.transactions = Array.from({ length: count }, (_, i) =>
      transactionOf(
        seal(group, key, { message, aad: this.aad, seed: sha256(entropy, Uint8Array.of(i)) }),
        i,
      ),
    );
    this.points = this.transactions.map(({ body }) => keyedPoint(body));
    const { points } = this;
    const plain = plainOf(points);
    const computed = timed(() => keyShares.map((each) => decryptionShares(group, each, plain)));
    this.shares = computed.value;
    this.shareMs = computed.ms / seats / count;
    const opened = this.open([{ points, rows: this.rows(points) }]).value[0];
    assert(opened !== undefined && "openings" in opened, "honest rows open");
    this.openings = opened.openings;
  }

  /** Of one seat, with true cryptography; the time goes to `releaseMs`. */
  signatures(seat: number): ReleaseSignatures {
    const keys = this.#secrets.map((secret) => blstBls.publicKey(secret));
    const votes = voteSignatures(blstBls, this.#secrets[seat] ?? new Uint8Array(), keys);
    const spend = <T>({ value, ms }: Timed<T>): T => {
      this.releaseMs += ms;
      return value;
    };
    return {
      sign: (statement) => spend(timed(() => votes.sign(statement))),
      verify: (signer, digest, signature) =>
        spend(timed(() => votes.verify(signer, digest, signature))),
    };
  }

  get batch(): FinalBatch {
    const { transactions } = this;
    return { height: Height(1), blockHash: new Uint8Array(32).fill(1), transactions };
  }

  /** What the first quorum of seats computes for these points of the block. */
  rows(points: readonly Uint8Array[]): ShareRow[] {
    const places = points.map((point) => this.points.indexOf(point));
    return this.shares.slice(0, quorum(this.seats)).map((row, i) => ({
      seat: i + 1,
      shares: places.map((at) => row[at] ?? new Uint8Array()),
    }));
  }

  openingsOf(points: readonly Uint8Array[]): Uint8Array[] {
    const known = new Map(this.points.map((point, i) => [toHex(point), this.openings[i]]));
    return points.map((point) => known.get(toHex(point)) ?? new Uint8Array());
  }

  open(
    asked: Extract<Job, { type: "open-batches" }>["batches"],
  ): Timed<ReturnType<typeof openBatches>> {
    const batches = asked.map(({ points, rows }) => ({ points: plainOf(points), rows }));
    const { key, group, seats } = this;
    const { verificationKeys } = this.dealt;
    const threshold = quorum(seats);
    const randomness = weightsFor(batches);
    return timed(() =>
      openBatches(group, { key, verificationKeys, threshold, batches, randomness }),
    );
  }

  check(asked: Extract<Job, { type: "check-openings" }>["claims"]): Timed<boolean[]> {
    const claims = asked.map(({ points, openings }) => ({ points: plainOf(points), openings }));
    const { pk2 } = this.key;
    return timed(() =>
      areValidOpenings(this.group, { pk2, claims, randomness: weightsFor(claims) }),
    );
  }

  /** What every node does with every ciphertext, whatever the committee's size. */
  get common(): { readonly validate: number; readonly unseal: number } {
    const { group, key, aad, transactions, openings } = this;
    const validated = timed(() =>
      transactions.every(({ body }) => isValidSeal(group, key, body, aad)),
    );
    const unsealed = timed(() =>
      transactions.every(
        ({ body }, i) => unseal(key, body, aad, openings[i] ?? aad)?.length === plaintextBytes,
      ),
    );
    assert(validated.value && unsealed.value, "honest ciphertexts are valid and open");
    return { validate: validated.ms / count, unseal: unsealed.ms / count };
  }
}

function plainOf(points: readonly Uint8Array[]): Uint8Array[] {
  return points.map((keyed) => fromKeyedPoint(keyed).point);
}

function weightsFor(parts: readonly { readonly points: readonly unknown[] }[]): Uint8Array {
  const points = parts.reduce((sum, part) => sum + part.points.length, 0);
  return crypto.getRandomValues(new Uint8Array(points * weightBytesLength));
}
