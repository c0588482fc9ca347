// What a run saw, as plain data from sources that do not trust one another: our own submissions, the namespaces' streams
// as the SDK verified them, the followers' output, the L1, and of each honest validator its chain and its trace.

import type { Observations } from "../../deploy/devnet/observations.ts";

export interface ChaosObservations extends Pick<
  Observations,
  "streams" | "followers" | "settlements" | "checkpoints" | "traces" | "chains"
> {
  /** Every transaction that anybody was asked to take. */
  readonly brought: readonly Brought[];
  readonly scenes: readonly SceneRecord[];
  /** How far each honest validator alone leads a follower. */
  readonly served: readonly Served[];
  /** What followers found false in the pages of honest validators. */
  readonly lies: readonly { readonly validator: number; readonly code: string }[];
  /** What had not come about when the time after the last fault was over. */
  readonly missing: readonly string[];
  /** Which validators lost their stake on L1. */
  readonly slashed: readonly number[];
  /** The one that does not follow the rules in some scenes. */
  readonly byzantine: number | undefined;
  /** How the honest validators ended when the run was over. */
  readonly endings: readonly Ending[];
  /** f + 1, of as many validators as there are. */
  readonly needed: number;
}

export interface Brought {
  readonly id: string;
  readonly namespace: number;
  /** How many honest validators have signed that they have it; 0 until the client is satisfied. */
  readonly receipts: number;
}

export interface Served {
  readonly validator: number;
  readonly namespace: number;
  /** The last height of pages without a gap from the first on. */
  readonly height: number;
}

/** How a validator ended that was to end. */
export interface Ending {
  /** It was told to, or its disk failed. */
  readonly why: "stop" | "disk-full" | "read-only";
  readonly validator: number;
  /** "code N", a signal, or "not at all". */
  readonly how: string;
  readonly ms: number;
  /** Codes of failures in its log since then. */
  readonly said: readonly string[];
}

export interface SceneRecord {
  readonly name: string;
  readonly adversary: string | undefined;
  /** A quorum of honest validators could do its part throughout. */
  readonly mustGoOn: boolean;
  /** Heights that became final while it lasted. */
  readonly progress: number;
  readonly endings: readonly Ending[];
  /** What honest validators noted while it lasted: codes of faults, and types of evidence for them. */
  readonly noted: readonly string[];
  /** From the begin of the mending until all had opened more than anybody had before it; undefined if never. */
  readonly recoveryMs: number | undefined;
  /** Who had not, by then. */
  readonly behind: readonly number[];
}
