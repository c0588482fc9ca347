// What an all-seeing observer notices about the processes of a cluster; the checkers are written over these.

import type {
  Batch,
  CertifiedCheckpoint,
  Header,
  Height,
  Message,
  Micros,
  QC,
  Receipt,
  RollupLeaf,
  ValidatorIndex,
} from "../../protocol/index.ts";
import type { FinalRecord } from "../../sequencer/records.ts";
import type { Process } from "./cluster.ts";

export type Observation =
  | { readonly type: "started" | "crashed"; readonly process: Process }
  /** How far a whole node is that has just read its disk: what it did before it died, nobody may have seen. */
  | {
      readonly type: "resumed";
      readonly process: Process;
      readonly executed: Height;
      readonly delivered: Height;
    }
  /** It has left the process: no crash can take it back. */
  | {
      readonly type: "said";
      readonly process: Process;
      readonly message: Message;
      readonly now: Micros;
    }
  | {
      readonly type: "blamed";
      readonly process: Process;
      readonly peer: ValidatorIndex;
      readonly code: string;
    }
  /** The process applied these blocks; a crash may make it do so again. */
  | {
      readonly type: "finalized";
      readonly process: Process;
      readonly headers: readonly Header[];
      readonly certificate: QC | undefined;
      readonly now: Micros;
    }
  /** It received a transaction, by its own clock. Only on disk, or said to others, does this outlive a crash. */
  | {
      readonly type: "stamped";
      readonly process: Process;
      readonly id: string;
      readonly stamp: number;
    }
  /** A client has its answer; without a receipt it was refused. */
  | {
      readonly type: "answered";
      readonly process: Process;
      readonly ticket: number;
      readonly receipt: Receipt | undefined;
      readonly now: Micros;
    }
  /** A final block is executed; `time` is the block time. */
  | {
      readonly type: "ordered";
      readonly process: Process;
      readonly now: Micros;
      readonly header: Header;
      readonly time: Micros;
      readonly groups: FinalRecord["groups"];
      readonly dropped: readonly { readonly id: Uint8Array; readonly reason: string }[];
    }
  /** A final block is open and goes out to the rollups. */
  | {
      readonly type: "delivered";
      readonly process: Process;
      readonly height: Height;
      readonly batches: readonly Batch[];
      /** Height of the block that has declared all sealed in it void. */
      readonly voidedBy: Height | undefined;
    }
  | {
      readonly type: "certified";
      readonly process: Process;
      readonly certified: CertifiedCheckpoint;
      readonly leaves: readonly RollupLeaf[];
    };

/** Watches a run and throws a `Violation` once something happens that must not. */
export interface Checker {
  observe(observation: Observation): void;
}

export class Violation extends Error {
  override name = "Violation";
  readonly checker: string;

  constructor(checker: string, what: string) {
    super(`${checker}: ${what}`);
    this.checker = checker;
  }
}
