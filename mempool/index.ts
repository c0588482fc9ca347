export type {
  AdmissionGate,
  DropReason,
  EmissionGate,
  LaneSignatures,
  MempoolEffect,
  MempoolEvent,
  MempoolOptions,
  MempoolPorts,
  RecoveredMempool,
} from "./events.ts";
export type { AdmissionCode } from "./admission.ts";
export { Mempool, type MempoolCounters, type Ordering } from "./mempool.ts";
export type {
  FinalBatch,
  OpeningEffect,
  OpeningEvent,
  OpeningOptions,
  RecoveredOpening,
} from "./opening-events.ts";
export { Opening } from "./opening.ts";
export type { ReleaseSignatures } from "./releases.ts";
