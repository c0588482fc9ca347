import type { Write } from "../base/index.ts";
import {
  type ConsensusMessage,
  encodeHeader,
  encodeQC,
  type Epoch,
  type Evidence,
  type QC,
  spaces,
  type ValidatorIndex,
} from "../protocol/index.ts";
import type { Node } from "./block-tree.ts";
import type { ReplicaEffect } from "./events.ts";
import { certificateKey } from "./recovery.ts";
import type { CastVote } from "./vote-collector.ts";
import { writeVote } from "./vote-log.ts";

/** Collects the effects of one step, in the order in which they must happen. */
export class Outbox {
  #effects: ReplicaEffect[] = [];
  /** Votes for the log. What a window of views and the seats bound, until the next write takes them along. */
  #votes: Write[] = [];

  take(): ReplicaEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  push(effect: ReplicaEffect): void {
    this.#effects.push(effect);
  }

  /** For the log, with whatever is written next: many small writes would cost more than the votes themselves. */
  log(epoch: Epoch, vote: CastVote): void {
    this.#votes.push(writeVote(epoch, vote));
  }

  /** Writes the votes that nothing has taken along. */
  flushLog(): void {
    if (this.#votes.length > 0) this.keep();
  }

  /** Durable with the next barrier. */
  keep(...writes: readonly Write[]): void {
    this.#effects.push({ type: "persist", writes: [...writes, ...this.#takeVotes()], sync: false });
  }

  /** Nothing that follows happens before this is on disk. */
  barrier(...writes: readonly Write[]): void {
    this.#effects.push({ type: "persist", writes: [...writes, ...this.#takeVotes()], sync: true });
  }

  send(to: ValidatorIndex, message: ConsensusMessage): void {
    this.#effects.push({ type: "send", to, message });
  }

  broadcast(message: ConsensusMessage): void {
    this.#effects.push({ type: "broadcast", message });
  }

  fault(peer: ValidatorIndex, code: string, evidence?: Evidence): void {
    this.#effects.push({
      type: "fault",
      peer,
      code,
      ...(evidence === undefined ? {} : { evidence }),
    });
  }

  #takeVotes(): Write[] {
    const votes = this.#votes;
    this.#votes = [];
    return votes;
  }
}

export function writeHeaderOf({ header, hash }: Pick<Node, "header" | "hash">): Write {
  return { space: spaces.block, key: hash, value: encodeHeader(header) };
}

export function writeCertificate(qc: QC): Write {
  return { space: spaces.certificate, key: keyOf(qc), value: encodeQC(qc) };
}

/** Certificates of COMMITs stay: they are what a follower is shown. */
export function dropCertificates(dropped: readonly QC[]): Write[] {
  return dropped
    .filter((qc) => qc.kind !== "commit")
    .map((qc) => ({ space: spaces.certificate, key: keyOf(qc), value: undefined }));
}

function keyOf(qc: QC): Uint8Array {
  return certificateKey(qc.epoch, qc.view, qc.kind);
}
