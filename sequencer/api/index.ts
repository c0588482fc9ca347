export {
  type AnchoredCheckpoint,
  type FinalBlock,
  type Gateway,
  type Health,
  type TransactionState,
  transactionStates,
  type TransactionStatus,
} from "./gateway.ts";
