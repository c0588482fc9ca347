// What L1 answers, read strictly: a value that is not of its type and range is L1_BAD_ANSWER, never something near it.

import { fromHex } from "../../base/index.ts";
import { badAnswer } from "./rpc.ts";

/** 0x and hex, lower case, as L1 takes it again. */
export type Hex = string;

export interface Block {
  readonly number: number;
  readonly hash: Hex;
  readonly parentHash: Hex;
  /** Seconds. */
  readonly timestamp: number;
  /** Of a unit of gas, wei; 0 on a chain without it. */
  readonly baseFee: bigint;
}

export interface Log {
  readonly address: Hex;
  /** 32 bytes each, at most 4. */
  readonly topics: readonly Hex[];
  readonly data: Uint8Array;
  readonly blockNumber: number;
  readonly blockHash: Hex;
  readonly transactionHash: Hex;
  /** In its block. */
  readonly index: number;
}

export interface Receipt {
  readonly isSuccess: boolean;
  readonly gasUsed: number;
}

export function readQuantity(value: unknown): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-f]{1,64}$/i.test(value)) throw badAnswer("a number");
  return BigInt(value);
}

/** A number that counts something. */
export function readCount(value: unknown): number {
  const count = readQuantity(value);
  if (count > BigInt(Number.MAX_SAFE_INTEGER)) throw badAnswer("a number in range");
  return Number(count);
}

export function readHash(value: unknown): Hex {
  return readFixed(value, 32);
}

export function readBytes(value: unknown): Uint8Array {
  const bytes = typeof value === "string" && value.startsWith("0x") ? fromHex(value) : undefined;
  if (bytes === undefined) throw badAnswer("bytes");
  return bytes;
}

/** Undefined for a block that L1 does not have, or not yet. */
export function readBlock(value: unknown): Block | undefined {
  if (value === null) return undefined;
  const block = readRecord(value);
  return {
    number: readCount(block["number"]),
    hash: readHash(block["hash"]),
    parentHash: readHash(block["parentHash"]),
    timestamp: readCount(block["timestamp"]),
    baseFee: block["baseFeePerGas"] === undefined ? 0n : readQuantity(block["baseFeePerGas"]),
  };
}

/** In the order of blocks, and in a block of logs. */
export function readLogs(value: unknown): Log[] {
  if (!Array.isArray(value)) throw badAnswer("a list");
  const logs = value.map(readLog);
  logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
  for (const [i, log] of logs.entries()) {
    const before = logs[i - 1];
    if (before?.blockNumber === log.blockNumber && before.index === log.index)
      throw badAnswer("logs of different places");
  }
  return logs;
}

/** Undefined while the transaction is in no block. */
export function readReceipt(value: unknown): Receipt | undefined {
  if (value === null) return undefined;
  const receipt = readRecord(value);
  return {
    isSuccess: readCount(receipt["status"]) === 1,
    gasUsed: readCount(receipt["gasUsed"]),
  };
}

function readLog(value: unknown): Log {
  const log = readRecord(value);
  const topics = log["topics"];
  if (!Array.isArray(topics) || topics.length > 4) throw badAnswer("topics");
  if (log["removed"] === true) throw badAnswer("a log that stands");
  return {
    address: readFixed(log["address"], 20),
    topics: topics.map(readHash),
    data: readBytes(log["data"]),
    blockNumber: readCount(log["blockNumber"]),
    blockHash: readHash(log["blockHash"]),
    transactionHash: readHash(log["transactionHash"]),
    index: readCount(log["logIndex"]),
  };
}

function readFixed(value: unknown, length: number): Hex {
  if (typeof value !== "string" || value.length !== 2 + 2 * length || !/^0x[0-9a-f]*$/i.test(value))
    throw badAnswer(`${length} bytes`);
  return value.toLowerCase();
}

function readRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw badAnswer("an object");
  return value as Record<string, unknown>;
}
