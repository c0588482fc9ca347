// What nodes in different epochs have to say to each other. Who is in an earlier one is told how that ended; who is in a
// later one is asked, and shows how far behind this node is. Ends of epochs prove themselves, whoever brings them.

import { equalBytes, u64Bytes, unreachable } from "../base/index.ts";
import {
  type CommonEffect,
  encodeEpochEnd,
  type Epoch,
  type EpochEnd,
  type Message,
  type Micros,
  type QC,
  spaces,
  type ValidatorIndex,
  type View,
} from "../protocol/index.ts";
import type { CoreEffect, CoreEvent } from "./core-events.ts";
import type { Handover } from "./handover.ts";
import type { LaterEpochs } from "./later-epochs.ts";

export type OtherEpochsEffect = CommonEffect | Extract<CoreEffect, { type: "load-epoch-end" }>;

type MessageEvent = Extract<CoreEvent, { type: "message" }>;

/** Where this node's replica stands. */
export interface Standing {
  readonly view: View;
  readonly commitQC: QC | undefined;
}

export class OtherEpochs {
  /** Of this node. */
  readonly #epoch: Epoch;
  readonly #handover: Handover;
  readonly #later: LaterEpochs;
  #out: OtherEpochsEffect[] = [];

  constructor(epoch: Epoch, parts: { readonly handover: Handover; readonly later: LaterEpochs }) {
    this.#epoch = epoch;
    this.#handover = parts.handover;
    this.#later = parts.later;
  }

  /** What a node in another epoch says, whether or not it is heard here as well. */
  onMessage({ from, epoch, message, now }: MessageEvent, standing: Standing): OtherEpochsEffect[] {
    const isBehind = epoch < this.#epoch;
    if (!isBehind) this.#onAhead({ from, epoch, message, now }, standing);
    else if (message.type === "get-certificates") this.#answerWithEnd(from, message.epoch, now);
    else if (presentTalk.has(message.type) && this.#handover.mayTell(from, now))
      this.#out.push({ type: "load-epoch-end", to: from, epoch });
    return this.#collect();
  }

  /** Whether the machines hear it like what is said in their own epoch. */
  isHeard({ epoch, message }: Pick<MessageEvent, "epoch" | "message">): boolean {
    switch (message.type) {
      case "get-blocks":
      case "get-lanes":
      case "get-transactions":
      case "pull-openings":
      case "get-snapshot":
      // Transactions belong to no epoch, and who stayed behind may be the only one that was given them.
      case "transactions":
      case "epoch-end":
        return true;
      case "blocks":
      case "lanes":
      case "opened":
      case "snapshot-chunk":
        return epoch > this.#epoch;
      case "get-certificates":
      case "status":
      case "vote":
      case "propose":
      case "certificate":
      case "lane-tips":
      case "shares":
      case "checkpoint-vote":
        return false;
      default:
        return unreachable(message);
    }
  }

  /** How an epoch ended, as a peer shows it. That of this node's own is then with the `Handover`. */
  onEnd(from: ValidatorIndex, end: EpochEnd): OtherEpochsEffect[] {
    const isOwn = end.certified.checkpoint.epoch === this.#epoch;
    const shown = isOwn ? this.#handover.onShown(from, end) : this.#later.onShown(from, end);
    if (shown === "false") this.#out.push({ type: "fault", peer: from, code: "BAD_EPOCH_END" });
    if (shown === "new" && !isOwn) this.#keepEnd(end);
    return this.#collect();
  }

  /** Who stayed far behind asks for the end of one epoch after another, also of those after its own. */
  #answerWithEnd(to: ValidatorIndex, epoch: Epoch, now: Micros): void {
    if (epoch < this.#epoch && this.#handover.mayAnswer(to, now))
      this.#out.push({ type: "load-epoch-end", to, epoch });
  }

  /** A peer is in a later epoch. What it is asked for, and how far it says that it is, shows how far behind we are. */
  #onAhead(
    { from, epoch, message, now }: Omit<MessageEvent, "type">,
    { view, commitQC }: Standing,
  ): void {
    // A question about certificates of this epoch is answered, by whoever is in a later one, with how this one ended.
    if (this.#handover.mayAsk(now)) this.#askForCertificates(from, this.#epoch, view);
    this.#beginLater(commitQC, now);
    const wanted = this.#later.onHeard(from, epoch, now);
    if (wanted !== undefined) this.#askForCertificates(from, wanted, view);
    const qc = message.type === "status" ? message.commitQC : undefined;
    if (qc !== undefined && !this.#later.onCommit(from, qc, now))
      this.#out.push({ type: "fault", peer: from, code: "BAD_CERTIFICATE" });
  }

  /** Records of ends stand ahead of the state they lead to: a start goes by those that are not above its state. */
  #beginLater(commitQC: QC | undefined, now: Micros): void {
    const { certified, next, nextHash } = this.#handover;
    if (certified === undefined || next === undefined || nextHash === undefined) return;
    if (!equalBytes(nextHash, certified.checkpoint.next) || !this.#later.begin(next, now)) return;
    this.#keepEnd({ certified, committee: next, commitQC });
  }

  #keepEnd(end: EpochEnd): void {
    const key = u64Bytes(end.certified.checkpoint.epoch);
    const writes = [{ space: spaces.epoch, key, value: encodeEpochEnd(end) }];
    this.#out.push({ type: "persist", writes, sync: false });
  }

  #askForCertificates(to: ValidatorIndex, epoch: Epoch, view: View): void {
    const message = { type: "get-certificates", epoch, from: view, to: view } as const;
    this.#out.push({ type: "send", to, message });
  }

  #collect(): OtherEpochsEffect[] {
    const effects = this.#out;
    this.#out = [];
    return effects;
  }
}

/** By these a node shows that it takes its epoch to be the present one. */
const presentTalk: ReadonlySet<Message["type"]> = new Set(["status", "vote", "propose"]);
