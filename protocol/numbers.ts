import { assert, type Brand } from "../base/index.ts";

/** A leader's turn in consensus; the first is 1, and 0 is the genesis block's. */
export type View = Brand<number, "View">;
/** Distance from genesis; no gaps. */
export type Height = Brand<number, "Height">;
/** A span with one committee and its threshold keys. */
export type Epoch = Brand<number, "Epoch">;
/** A validator's place in the committee, from 0. Its seat in the sharing of the key is one more. */
export type ValidatorIndex = Brand<number, "ValidatorIndex">;
/** A rollup's own stream of transactions; equals its rollup id on L1, u32. */
export type Namespace = Brand<number, "Namespace">;
/** Microseconds since the Unix epoch. */
export type Micros = Brand<number, "Micros">;

export function View(value: number): View {
  return natural(value) as View;
}

export function Height(value: number): Height {
  return natural(value) as Height;
}

export function Epoch(value: number): Epoch {
  return natural(value) as Epoch;
}

export function ValidatorIndex(value: number): ValidatorIndex {
  return natural(value) as ValidatorIndex;
}

export function Namespace(value: number): Namespace {
  return natural(value) as Namespace;
}

export function Micros(value: number): Micros {
  return natural(value) as Micros;
}

function natural(value: number): number {
  assert(Number.isSafeInteger(value) && value >= 0, `${value} is not a natural number`);
  return value;
}
