// What a node tells a client about its transaction: the signed receipt, and how far it has come. Both in JSON, which
// the API writes and the SDK reads strictly.

import { Epoch, Height, Micros, ValidatorIndex } from "./numbers.ts";
import type { Receipt } from "./receipt.ts";
import { hexJson, type JsonRecord, strictJson } from "./strict-json.ts";

/** How far a transaction has come; `void`, `expired` and `rejected` lead nowhere but to the records. */
export const transactionStates = [
  "received",
  "ordered",
  "opened",
  "void",
  "anchored",
  "settled",
  "expired",
  "rejected",
] as const;
export type TransactionState = (typeof transactionStates)[number];

/** One node's word; only what is delivered with its proofs is certain. */
export interface TransactionStatus {
  /** 32 bytes. */
  readonly id: Uint8Array;
  readonly state: TransactionState;
  /** Where it stands, once it is ordered: the block, and its place among the namespace's transactions there. */
  readonly height?: Height;
  readonly index?: number;
  /** Why it is void, expired or rejected. */
  readonly code?: string;
  /** Number of the first checkpoint that covers it. */
  readonly checkpoint?: number;
  /** 32 bytes. */
  readonly l1Transaction?: Uint8Array;
  /** When the node saw it reach each state. */
  readonly times: Readonly<Partial<Record<TransactionState, Micros>>>;
}

export function toStatusJson(status: TransactionStatus): JsonRecord {
  const { id, l1Transaction, ...rest } = status;
  return {
    id: hexJson(id),
    ...rest,
    ...(l1Transaction === undefined ? {} : { l1Transaction: hexJson(l1Transaction) }),
  };
}

/** Throws `CodedError` MALFORMED_ANSWER. */
export function fromStatusJson(json: unknown): TransactionStatus {
  const optional = ["height", "index", "code", "checkpoint", "l1Transaction"];
  const status = strict.record(json, "status", ["id", "state", "times"], optional);
  const times = strict.record(status["times"], "times", [], transactionStates);
  const { height, index, code, checkpoint, l1Transaction } = status;
  return {
    id: strict.bytes(status["id"], "id", 32),
    state: strict.word(status["state"], "state", transactionStates),
    ...(height === undefined ? {} : { height: Height(strict.integer(height, "height")) }),
    ...(index === undefined ? {} : { index: strict.integer(index, "index") }),
    ...(code === undefined ? {} : { code: toCode(code) }),
    ...(checkpoint === undefined ? {} : { checkpoint: strict.integer(checkpoint, "checkpoint") }),
    ...(l1Transaction === undefined
      ? {}
      : { l1Transaction: strict.bytes(l1Transaction, "l1Transaction", 32) }),
    times: Object.fromEntries(
      Object.entries(times).map(([state, at]) => [
        state,
        Micros(strict.integer(at, `times.${state}`)),
      ]),
    ),
  };
}

export function toReceiptJson(receipt: Receipt): JsonRecord {
  return { ...receipt, id: hexJson(receipt.id), signature: hexJson(receipt.signature) };
}

/** Throws `CodedError` MALFORMED_ANSWER. Whether the signature holds is not asked here. */
export function fromReceiptJson(json: unknown): Receipt {
  const names = ["epoch", "validator", "incarnation", "id", "stamp", "signature"];
  const receipt = strict.record(json, "receipt", names);
  return {
    epoch: Epoch(strict.integer(receipt["epoch"], "epoch")),
    validator: ValidatorIndex(strict.integer(receipt["validator"], "validator", 0xffff)),
    incarnation: strict.integer(receipt["incarnation"], "incarnation", 0xffff_ffff),
    id: strict.bytes(receipt["id"], "id", 32),
    stamp: Micros(strict.integer(receipt["stamp"], "stamp")),
    signature: strict.bytes(receipt["signature"], "signature", 64),
  };
}

const strict = strictJson("MALFORMED_ANSWER");

function toCode(json: unknown): string {
  if (typeof json !== "string" || json.length > 64) throw strict.wrong("code", "a short word");
  return json;
}
