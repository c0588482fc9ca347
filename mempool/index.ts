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
export { Mempool, type Ordering } from "./mempool.ts";
export type {
  FinalBatch,
  OpeningEffect,
  OpeningEvent,
  OpeningOptions,
  RecoveredOpening,
} from "./opening-events.ts";
export { Opening } from "./opening.ts";
