// Validators that open final blocks together, with the real cryptography in place of the workers.

import { assert } from "../../base/index.ts";
import {
  areValidOpenings,
  dealKeyShares,
  decryptionShares,
  ephemeralPoint,
  fromKeyedPoint,
  openBatches,
  seal,
  type SealingKey,
  toSealingKey,
} from "../../crypto/index.ts";
import {
  type FinalBatch,
  Opening,
  type OpeningEffect,
  type OpeningEvent,
  type RecoveredOpening,
} from "../../mempool/index.ts";
import {
  type Committee,
  type Evidence,
  Height,
  type OpeningMessage,
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
import { fakeSignatures } from "../sim/signatures.ts";
import { committeeWith, transactionOf } from "./sealed.ts";

/** A committee with its key, and the sealed transactions that every block of a test holds. */
export interface Setting {
  readonly committee: Committee;
  readonly key: SealingKey;
  readonly keyShares: readonly Uint8Array[];
  readonly transactions: readonly SealedTransaction[];
  /** What the transactions open to, 48 bytes each. */
  readonly openings: readonly Uint8Array[];
}

/** Four seats and the committed vectors. */
export const vectorSetting: Setting = {
  committee: committeeWith(key, verificationKeys),
  key,
  keyShares,
  transactions: vectors.cases.map(({ ciphertext }, nonce) =>
    transactionOf(bytes(ciphertext), nonce),
  ),
  openings: vectors.cases.map(({ opening }) => bytes(opening)),
};

export function dealtSetting(seats: number, count: number): Setting {
  const dealt = dealKeyShares(mclSealingGroup, {
    seats,
    threshold: quorum(seats),
    entropy: randomness(32, seats),
  });
  const key = toSealingKey(mclSealingGroup, { chainId: 1, keyId: 1, ...dealt });
  assert(key !== undefined, "a dealt key is a key");
  const bodies = Array.from({ length: count }, (_, i) =>
    seal(mclSealingGroup, key, {
      message: new Uint8Array(128),
      aad: new Uint8Array(),
      seed: randomness(32, i % 256),
    }),
  );
  const rows = dealt.keyShares.slice(0, quorum(seats)).map((keyShare, i) => ({
    seat: i + 1,
    shares: decryptionShares(mclSealingGroup, keyShare, bodies.map(ephemeralPoint)),
  }));
  const [result] = openBatches(mclSealingGroup, {
    key,
    verificationKeys: dealt.verificationKeys,
    threshold: quorum(seats),
    batches: [{ points: bodies.map(ephemeralPoint), rows }],
    randomness: randomness(16 * count),
  });
  assert(result !== undefined && "openings" in result, "honest rows open");
  return {
    committee: committeeWith(key, dealt.verificationKeys),
    key,
    keyShares: dealt.keyShares,
    transactions: bodies.map(transactionOf),
    openings: result.openings,
  };
}

export function batchAt(height: number, setting: Setting = vectorSetting): FinalBatch {
  const { transactions } = setting;
  return { height: Height(height), blockHash: new Uint8Array(32).fill(height), transactions };
}

export const domain: Uint8Array = new Uint8Array(32).fill(5);

/** What a seat signs to give its shares for a block. */
export function releaseOf(
  seat: number,
  block: Pick<FinalBatch, "height" | "blockHash">,
): Uint8Array {
  const { epoch } = vectorSetting.committee;
  const payload = block.blockHash;
  const said = { domain, kind: "release", epoch, slot: block.height, payload } as const;
  return fakeSignatures(ValidatorIndex(seat)).sign(said);
}

export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly message: OpeningMessage;
}

/** All validators, their workers and the wires between them. */
export class Openers {
  readonly setting: Setting;
  readonly validators: Opening[];
  /** What each has opened, and whom it blames. */
  readonly opened: Map<number, readonly Uint8Array[]>[] = [];
  readonly faults: { by: number; peer: number; code: string; evidence?: Evidence }[] = [];
  readonly sent: Sent[] = [];
  /** Changes what is sent, or loses it by answering undefined. */
  wire: (sent: Sent) => OpeningMessage | undefined = ({ message }) => message;
  /** Asked by `load-openings`. */
  readonly loads: { by: number; height: number; to: number }[] = [];
  /** What the workers were asked, and by whom. */
  readonly jobs: { by: number; job: WorkerJob }[] = [];
  /** While it is true, workers keep what they are asked, and answer with `work`. */
  areWorkersBusy = false;
  now = 0;

  /** So many nodes without a seat are there as well. */
  constructor(options: { readonly setting?: Setting; readonly observers?: number } = {}) {
    const { setting = vectorSetting, observers = 0 } = options;
    this.setting = setting;
    const count = setting.keyShares.length + observers;
    this.validators = Array.from({ length: count }, (_, index) => this.#newOpening(index));
    for (let i = 0; i < count; i++) this.opened.push(new Map());
  }

  get everyone(): number[] {
    return this.validators.map((_, index) => index);
  }

  /** Who has opened a height to what it holds. */
  openedBy(height = 1): number[] {
    const expected = this.setting.openings.join();
    return this.everyone.filter((index) => this.opened[index]?.get(height)?.join() === expected);
  }

  restart(index: number, recovered: RecoveredOpening): void {
    this.validators[index] = this.#newOpening(index, recovered);
    this.opened[index] = new Map();
  }

  finalize(index: number, batch: FinalBatch, isOld = false): void {
    this.step(index, { type: "final", now: this.now, isOld, ...batch });
  }

  tick(after: number): void {
    this.now += after;
    for (const index of this.everyone) this.step(index, { type: "tick", now: this.now });
  }

  step(index: number, event: OpeningEvent): void {
    const validator = this.validators[index];
    for (const effect of validator?.step(event) ?? []) {
      // What a process was about to do dies with it.
      if (this.validators[index] !== validator) return;
      this.#carryOut(index, effect);
    }
  }

  /** What the workers kept is done, and what follows from it; answers with all of it. */
  work(): WorkerJob[] {
    for (let done = 0; done < this.jobs.length; done++) {
      const { by, job } = this.jobs[done] ?? {};
      if (by !== undefined && job !== undefined) this.#answer(by, job);
    }
    return this.jobs.splice(0).map(({ job }) => job);
  }

  #newOpening(index: number, recovered: RecoveredOpening = atGenesis): Opening {
    const { committee } = this.setting;
    const self = ValidatorIndex(index);
    const signatures = fakeSignatures(self);
    return new Opening({ signatures }, { committee, index: self, domain }, recovered);
  }

  #answer(by: number, job: WorkerJob): void {
    const { now } = this;
    const { key, keyShares, committee } = this.setting;
    switch (job.type) {
      case "compute-shares": {
        const { blockHash, points } = job;
        const keyShare = keyShares[by] ?? new Uint8Array();
        const shares = decryptionShares(mclSealingGroup, keyShare, points.map(plain));
        return this.step(by, { type: "shares-computed", now, blockHash, shares });
      }
      case "open-batches": {
        const results = openBatches(mclSealingGroup, {
          key,
          verificationKeys: committee.members.map(({ verificationKey }) => verificationKey),
          threshold: quorum(keyShares.length),
          batches: job.batches.map(({ points, rows }) => ({ points: points.map(plain), rows })),
          randomness: weightsFor(job.batches),
        });
        return this.step(by, { type: "batches-opened", now, results });
      }
      case "check-openings": {
        const claims = job.claims.map(({ points, openings }) => ({
          points: points.map(plain),
          openings,
        }));
        const areValid = areValidOpenings(mclSealingGroup, {
          pk2: key.pk2,
          claims,
          randomness: weightsFor(claims),
        });
        return this.step(by, { type: "openings-checked", now, areValid });
      }
    }
  }

  #carryOut(by: number, effect: OpeningEffect): void {
    switch (effect.type) {
      case "compute-shares":
      case "open-batches":
      case "check-openings":
        this.jobs.push({ by, job: effect });
        if (!this.areWorkersBusy) this.#answer(by, effect);
        return;
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
        for (const to of this.everyone)
          if (to !== by)
            this.#transmit({ from: by, to, message: effect.message as OpeningMessage });
        return;
      case "fault":
        this.faults.push({
          by,
          peer: effect.peer,
          code: effect.code,
          ...(effect.evidence === undefined ? {} : { evidence: effect.evidence }),
        });
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

type WorkerJob = Extract<
  OpeningEffect,
  { type: "compute-shares" | "open-batches" | "check-openings" }
>;

const atGenesis: RecoveredOpening = { final: Height(0), unopened: [] };

/** Without the id of the key, of which there is one here. */
function plain(keyed: Uint8Array): Uint8Array {
  return fromKeyedPoint(keyed).point;
}

function weightsFor(parts: readonly { readonly points: readonly unknown[] }[]): Uint8Array {
  return randomness(16 * parts.reduce((sum, { points }) => sum + points.length, 0));
}
