// What the campaigns of both harnesses are told.

import type { AdversaryName } from "./adversaries/index.ts";
import type { FaultName } from "./faults.ts";
import type { Observation } from "./observation.ts";

/**
 * "safety": faults never stop, and nothing has to go forward. "liveness": after the faults, either all links are good,
 * or those between a quorum of honest processes are, while the rest may stay cut off in any directions for ever.
 */
export type Mode = "safety" | "liveness";

export interface CommonOptions {
  readonly seed: number;
  /** Validators. */
  readonly n: number;
  /** Views under faults. */
  readonly views: number;
  /** Liveness by default. */
  readonly mode?: Mode;
  /** Which adversaries there may be; all of them by default. */
  readonly adversaryNames?: readonly AdversaryName[];
  /** Who exactly is Byzantine, by seat, in place of whom the seed picks. */
  readonly wicked?: ReadonlyMap<number, AdversaryName>;
  /** Faults that do not happen; all else of the seed stays as it is. */
  readonly without?: readonly FaultName[];
  /** Planted bugs of the world around the machines. */
  readonly sendsOvertakeBarriers?: boolean;
  readonly tearsBatches?: boolean;
  /** Sees everything as well, to print it. */
  readonly watch?: (observation: Observation, now: number) => void;
}

export interface CommonReport {
  readonly views: number;
  readonly height: number;
  readonly events: number;
  readonly messages: number;
  readonly crashes: number;
  readonly traceHash: string;
  /** Simulated µs from the end of all faults until nothing was left to do; 0 when they never ended. */
  readonly recovery: number;
  /** Who was Byzantine. */
  readonly adversaries: readonly AdversaryName[];
  /** How often rare things happened. */
  readonly coverage: ReadonlyMap<string, number>;
}
