// Whether the rare things happen at all. A campaign that never restarts inside a skipped view proves nothing about
// it; what is counted here has to occur somewhere in the seeds of the gate.

import { toHex } from "../../base/index.ts";
import { limits, type Message } from "../../protocol/index.ts";
import type { Process } from "./cluster.ts";
import type { Checker, Observation } from "./observation.ts";

/** What has to happen wherever there is consensus. */
export const consensusRarities = [
  "a view both certified and skipped",
  "a proposal over a gap of three views",
  "a proposal for a view that someone has not reached",
  "a branch of as many blocks as may wait to be final",
  "blocks asked for",
  "certificates of a gap asked for",
  "a PREPARE repeated after a restart",
  "a COMMIT repeated after a restart",
  "a SKIP repeated after a restart",
  "a SKIP after a PREPARE of the same view",
  "a COMMIT given after the view was left",
  "blamed: EQUIVOCATION",
  "blamed: BAD_CERTIFICATE",
  "blamed: BAD_VOTE_SIGNATURE",
  "blamed: UNJUSTIFIED_PROPOSAL",
] as const;

/** What whole cores have beside that. */
export const coreRarities = [
  "blocks final by a later one",
  "lanes asked for",
  "transactions asked for",
  "openings asked for",
  "openings that lag by more than a leader lets them",
  "a lane begun anew after a restart",
  "a transaction refused",
  "a transaction dropped: expired",
  "a transaction dropped: unpayable",
  "a void transaction delivered",
  "an inbox message delivered",
  "a block of nothing delivered",
  "a checkpoint certified",
  "blamed: BAD_LANE_SIGNATURE",
  "blamed: LANE_FORK",
  "blamed: INVALID_PROPOSAL",
  "blamed: INVALID_TRANSACTION",
  "blamed: WRONG_SHARES",
  "blamed: TWO_RELEASES",
  "blamed: CHECKPOINT_EQUIVOCATION",
] as const;

const rarities: ReadonlySet<string> = new Set([...consensusRarities, ...coreRarities]);

type Of<T extends Observation["type"]> = Extract<Observation, { type: T }>;

/** Counts what is seen; finds fault with nothing. */
export class Coverage implements Checker {
  readonly counts: Map<string, number> = new Map();
  readonly #viewOf: (process: Process) => number | undefined;
  readonly #processes = new Set<Process>();
  readonly #lives = new Map<number, number>();
  /** In which life a statement was made first. */
  readonly #saidIn = new Map<string, number>();
  readonly #closings = new Map<number, string>();
  /** Highest final height and delivered height by process. */
  readonly #final = new Map<number, number>();
  readonly #delivered = new Map<number, number>();

  /** `viewOf`: in which view an honest process is that is up. */
  constructor(viewOf: (process: Process) => number | undefined) {
    this.#viewOf = viewOf;
  }

  observe(observation: Observation): void {
    const { process } = observation;
    if (!process.isHonest) return;
    switch (observation.type) {
      case "started":
        this.#processes.add(process);
        this.#lives.set(process.id, this.#lifeOf(process) + 1);
        return;
      case "said":
        return this.#onSaid(observation.message, process);
      case "blamed":
        return this.#count(`blamed: ${observation.code}`);
      case "finalized":
        return this.#onFinalized(observation);
      case "answered":
        if (observation.receipt === undefined) this.#count("a transaction refused");
        return;
      case "ordered":
        for (const { reason } of observation.dropped)
          this.#count(`a transaction dropped: ${reason}`);
        return;
      case "delivered":
        return this.#onDelivered(observation);
      case "certified":
        return this.#count("a checkpoint certified");
      case "crashed":
      case "resumed":
      case "stamped":
        return;
    }
  }

  #onFinalized({ process, headers, certificate }: Of<"finalized">): void {
    const top = headers.at(-1)?.height ?? 0;
    this.#final.set(process.id, Math.max(top, this.#final.get(process.id) ?? 0));
    if (headers.length > 1 || certificate === undefined) this.#count("blocks final by a later one");
    if (top - (this.#delivered.get(process.id) ?? top) > limits.unopenedMax)
      this.#count("openings that lag by more than a leader lets them");
  }

  #onDelivered({ process, height, batches }: Of<"delivered">): void {
    this.#delivered.set(process.id, height);
    if (batches.length === 0) this.#count("a block of nothing delivered");
    for (const { inbox, transactions } of batches) {
      if (inbox.length > 0) this.#count("an inbox message delivered");
      if (transactions.some(({ payload }) => payload === undefined))
        this.#count("a void transaction delivered");
    }
  }

  #onSaid(message: Message, process: Process): void {
    if (message.type === "get-blocks") this.#count("blocks asked for");
    if (message.type === "get-certificates") this.#count("certificates of a gap asked for");
    if (message.type === "get-lanes") this.#count("lanes asked for");
    if (message.type === "get-transactions") this.#count("transactions asked for");
    if (message.type === "pull-openings") this.#count("openings asked for");
    if (message.type === "lanes")
      for (const { owner, incarnation, sequence } of message.lanes)
        if (owner === process.validator && incarnation > 1 && sequence === 1)
          this.#count("a lane begun anew after a restart");
    if (message.type === "propose") this.#onProposal(message, process);
    if (message.type === "certificate" && message.qc.kind !== "commit")
      this.#onClosing(message.qc.view, message.qc.kind);
    if (message.type === "vote") this.#onVote(message, process);
  }

  #onProposal({ header, skips }: Extract<Message, { type: "propose" }>, process: Process): void {
    if (skips.length >= 3) this.#count("a proposal over a gap of three views");
    const branch = header.height - (this.#final.get(process.id) ?? 0);
    if (branch >= limits.unfinalizedMax)
      this.#count("a branch of as many blocks as may wait to be final");
    for (const other of this.#processes)
      if ((this.#viewOf(other) ?? Infinity) < header.view) {
        this.#count("a proposal for a view that someone has not reached");
        return;
      }
  }

  #onVote(message: Extract<Message, { type: "vote" }>, process: Process): void {
    const { kind, view, hash } = message;
    const life = this.#lifeOf(process);
    const key = `${process.id} ${kind} ${view} ${toHex(hash)}`;
    const saidIn = this.#saidIn.get(key);
    if (saidIn === undefined) this.#saidIn.set(key, life);
    if (saidIn !== undefined && saidIn < life)
      this.#count(`a ${kind.toUpperCase()} repeated after a restart`);
    if (kind === "prepare") this.#saidIn.set(`${process.id} prepare ${view}`, life);
    if (kind === "skip" && this.#saidIn.has(`${process.id} prepare ${view}`))
      this.#count("a SKIP after a PREPARE of the same view");
    if (
      kind === "commit" &&
      saidIn === undefined &&
      this.#saidIn.has(`${process.id} prepare ${view + 1}`)
    )
      this.#count("a COMMIT given after the view was left");
  }

  #onClosing(view: number, kind: string): void {
    const earlier = this.#closings.get(view);
    if (earlier !== undefined && earlier !== kind) this.#count("a view both certified and skipped");
    this.#closings.set(view, kind);
  }

  #lifeOf({ id }: Process): number {
    return this.#lives.get(id) ?? 0;
  }

  #count(rarity: string): void {
    if (rarities.has(rarity)) this.counts.set(rarity, (this.counts.get(rarity) ?? 0) + 1);
  }
}
