// What a peer that is behind gets from this node, each within its ration.

import {
  type Epoch,
  type GetBlocks,
  type GetCertificates,
  limits,
  type Micros,
  type Status,
  type ValidatorIndex,
  View,
} from "../protocol/index.ts";
import type { Certificates } from "./certificates.ts";
import type { Outbox } from "./outbox.ts";
import { Ration } from "./ration.ts";

export class Serving {
  readonly #certificates: Certificates;
  readonly #outbox: Outbox;
  readonly #ration: Ration;
  readonly #epoch: Epoch;

  constructor(
    parts: { readonly certificates: Certificates; readonly outbox: Outbox },
    options: { readonly epoch: Epoch; readonly seats: number },
    now: Micros,
  ) {
    this.#certificates = parts.certificates;
    this.#outbox = parts.outbox;
    this.#epoch = options.epoch;
    this.#ration = new Ration(options.seats, now);
  }

  /** One certificate is all that a node needs to be in our view, and one to know what is final. */
  onStatus(from: ValidatorIndex, status: Status, now: Micros): void {
    const { highest, commit } = this.#certificates;
    const isBehind = highest !== undefined && status.view <= highest.view;
    const isUnaware = commit !== undefined && (status.commitQC?.view ?? 0) < commit.view;
    if ((!isBehind && !isUnaware) || !this.#ration.take(from, now)) return;
    if (isUnaware) this.#outbox.send(from, { type: "certificate", qc: commit });
    if (isBehind && highest !== commit)
      this.#outbox.send(from, { type: "certificate", qc: highest });
  }

  onGetBlocks(from: ValidatorIndex, request: GetBlocks, now: Micros): void {
    const count = Math.min(request.count, limits.headersPerAnswerMax);
    if (count === 0 || !this.#ration.take(from, now)) return;
    this.#outbox.push({ type: "serve-blocks", to: from, hash: request.hash, count });
  }

  /** Both certificates of a view that has both, and the CommitQC in place of all below it. */
  onGetCertificates(from: ValidatorIndex, request: GetCertificates, now: Micros): void {
    if (request.epoch !== this.#epoch || !this.#ration.take(from, now)) return;
    const { commit } = this.#certificates;
    const isBelow = commit !== undefined && request.from <= commit.view;
    if (isBelow) this.#outbox.send(from, { type: "certificate", qc: commit });
    const first = isBelow ? commit.view + 1 : request.from;
    const last = Math.min(request.to, first + limits.skipsMax - 1);
    for (let view = first; view <= last; view++)
      for (const qc of [this.#certificates.block(View(view)), this.#certificates.skip(View(view))])
        if (qc !== undefined) this.#outbox.send(from, { type: "certificate", qc });
  }
}
