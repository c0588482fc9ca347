// Validators that open final blocks together, with the real cryptography in place of the workers.

import { decryptionShares, isValidOpening, openBatch } from "../../crypto/index.ts";
import {
  type FinalBatch,
  Opening,
  type OpeningEffect,
  type OpeningEvent,
  type RecoveredOpening,
} from "../../mempool/index.ts";
import {
  type Committee,
  Epoch,
  Height,
  type OpeningMessage,
  Namespace,
  quorum,
  type SealedTransaction,
  ValidatorIndex,
} from "../../protocol/index.ts";
import {
  bytes,
  key,
  keyShares,
  mclSealingGroup,
  randomness,
  vectors,
  verificationKeys,
} from "../crypto/sealing-fixture.ts";

export const openings: readonly Uint8Array[] = vectors.cases.map(({ opening }) => bytes(opening));

const transactions: readonly SealedTransaction[] = vectors.cases.map(({ ciphertext }, nonce) => ({
  version: 1,
  envelope: {
    chainId: 1,
    namespace: Namespace(1),
    class: "normal",
    payer: "rollup",
    sender: new Uint8Array(20),
    nonce,
    expiry: Height(100),
    feeCap: 1,
  },
  body: bytes(ciphertext),
  signature: new Uint8Array(65),
}));

export function batchAt(height: number): FinalBatch {
  return { height: Height(height), blockHash: new Uint8Array(32).fill(height), transactions };
}

export const committee: Committee = {
  epoch: Epoch(0),
  members: verificationKeys.map((verificationKey) => ({
    publicKey: new Uint8Array(48),
    networkKey: new Uint8Array(32),
    verificationKey,
  })),
  sealing: { keyId: key.keyId, pk1: key.pk1, pk2: key.pk2 },
};

const seats = committee.members.length;

export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly message: OpeningMessage;
}

/** All validators and the wires between them. */
export class Openers {
  readonly validators: Opening[];
  /** What each has opened, and whom it blames. */
  readonly opened: Map<number, readonly Uint8Array[]>[] = [];
  readonly faults: { by: number; peer: number; code: string }[] = [];
  readonly sent: Sent[] = [];
  /** Changes what is sent, or loses it by answering undefined. */
  wire: (sent: Sent) => OpeningMessage | undefined = ({ message }) => message;
  /** Asked by `load-openings`. */
  readonly loads: { by: number; height: number; to: number }[] = [];
  now = 0;

  /** So many nodes without a seat are there as well. */
  constructor(observers = 0) {
    const count = seats + observers;
    this.validators = Array.from({ length: count }, (_, index) => newOpening(index));
    for (let i = 0; i < count; i++) this.opened.push(new Map());
  }

  restart(index: number, recovered: RecoveredOpening): void {
    this.validators[index] = newOpening(index, recovered);
  }

  finalize(index: number, batch: FinalBatch, isOld = false): void {
    this.step(index, { type: "final", now: this.now, isOld, ...batch });
  }

  tick(after: number): void {
    this.now += after;
    for (const index of this.validators.keys()) this.step(index, { type: "tick", now: this.now });
  }

  step(index: number, event: OpeningEvent): void {
    const effects = this.validators[index]?.step(event) ?? [];
    for (const effect of effects) this.#carryOut(index, effect);
  }

  #carryOut(by: number, effect: OpeningEffect): void {
    const { now } = this;
    switch (effect.type) {
      case "compute-shares": {
        const { height, points } = effect;
        const shares = decryptionShares(mclSealingGroup, keyShares[by] ?? new Uint8Array(), points);
        return this.step(by, { type: "shares-computed", now, height, shares });
      }
      case "open-batch": {
        const { height, points, rows } = effect;
        const result = openBatch(mclSealingGroup, {
          key,
          verificationKeys,
          threshold: quorum(seats),
          points,
          rows,
          randomness: randomness(16 * points.length),
        });
        const { badSeats } = result;
        return "openings" in result
          ? this.step(by, {
              type: "batch-opened",
              now,
              height,
              openings: result.openings,
              badSeats,
            })
          : this.step(by, { type: "batch-failed", now, height, badSeats });
      }
      case "check-openings": {
        const { height, points, from } = effect;
        const claim = { pk2: key.pk2, points, openings: effect.openings };
        const isValid = isValidOpening(mclSealingGroup, {
          ...claim,
          randomness: randomness(16 * points.length),
        });
        return this.step(by, { type: "openings-checked", now, height, from, isValid });
      }
      case "opened":
        if (this.opened[by]?.has(effect.height)) throw new Error("a height was opened twice");
        this.opened[by]?.set(effect.height, effect.openings);
        return;
      case "load-openings":
        this.loads.push({ by, height: effect.height, to: effect.to });
        return;
      case "send":
        return this.#transmit({
          from: by,
          to: effect.to,
          message: effect.message as OpeningMessage,
        });
      case "broadcast":
        for (let to = 0; to < this.validators.length; to++)
          if (to !== by)
            this.#transmit({ from: by, to, message: effect.message as OpeningMessage });
        return;
      case "fault":
        this.faults.push({ by, peer: effect.peer, code: effect.code });
        return;
      case "persist":
        throw new Error("opening stores nothing");
    }
  }

  #transmit(sent: Sent): void {
    this.sent.push(sent);
    const message = this.wire(sent);
    if (message === undefined) return;
    const from = ValidatorIndex(sent.from);
    this.step(sent.to, { type: "message", now: this.now, from, message });
  }
}

function newOpening(
  index: number,
  recovered: RecoveredOpening = { final: Height(0), unopened: [] },
): Opening {
  return new Opening({ committee, index: ValidatorIndex(index) }, recovered);
}
