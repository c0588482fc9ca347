// What an all-seeing observer notices about the processes of a cluster; the checkers are written over these.

import type { Header, Height, Message, Micros, QC, ValidatorIndex } from "../../protocol/index.ts";
import type { Process } from "./cluster.ts";

export type Observation =
  | { readonly type: "started" | "crashed"; readonly process: Process }
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
  /** The process received a transaction and stamped it by its own clock, which may be off. */
  | {
      readonly type: "stamped";
      readonly process: Process;
      readonly id: string;
      readonly stamp: number;
    }
  /** What a final block ordered, in order; `time` is the block time. */
  | {
      readonly type: "ordered";
      readonly process: Process;
      readonly height: Height;
      readonly ids: readonly string[];
      readonly time: number;
    }
  /** A final block's opened payloads went out to the rollups; "void" for what nobody can read. */
  | {
      readonly type: "delivered";
      readonly process: Process;
      readonly height: Height;
      readonly payloads: readonly string[];
    }
  /** The process let go of its decryption shares for these transactions. */
  | {
      readonly type: "shared";
      readonly process: Process;
      readonly height: Height;
      readonly blockHash: Uint8Array;
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
