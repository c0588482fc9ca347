export type { RefusalCode } from "./admission.ts";
export {
  type AttestedBefore,
  Attester,
  type AttesterEffect,
  type AttesterEvent,
  type AttesterOptions,
} from "./attester.ts";
export { BlockDraft } from "./block-draft.ts";
export type { CheckpointSignatures } from "./checkpoint-votes.ts";
export { Ledger, type LedgerSnapshot } from "./ledger.ts";
export type { AppliedBlock, OpenedBlock } from "./totals.ts";
export type {
  BlockContext,
  BlockMeaning,
  BlockState,
  DropReason,
  Fees,
  FinishedBlock,
  L1Position,
  L1View,
  NamedTransaction,
  NamespaceState,
} from "./types.ts";
