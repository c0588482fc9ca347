export { assert, AssertionError, unreachable } from "./assert.ts";
export { BoundedMap, BoundedQueue, type Gauge } from "./bounded.ts";
export type { Brand } from "./brand.ts";
export { compareBytes, concatBytes, equalBytes, fromHex, toHex, u64Bytes, utf8 } from "./bytes.ts";
export { decode, encode, Reader, Writer } from "./codec.ts";
export { CodedError } from "./errors.ts";
export type { Clock, Logger, Metrics, Random, Store, Transport, Write } from "./ports.ts";
