// What a proposer posts of a batch: its steps in chunks, each with the root after it. A step's words are what L1 cannot know
// otherwise, in the order in which contracts/derivatives reads them.

import { assert, concatBytes, unreachable } from "../../sdk/index.ts";
import { hashAction } from "../action-hashes.ts";
import type { EngineStep, SignedList } from "../engine/index.ts";
import { Words } from "../state/index.ts";

/** Kind 0 is all that nobody can show on L1 yet. */
export const chunkKinds = {
  other: 0,
  deposit: 1,
  withdraw: 2,
  fill: 3,
  "funding-mark": 4,
  admit: 5,
} as const;

export const chunkStepsMax = 16;
/** How many open orders a chunk's admissions or withdrawals ask for at most, unless it is a single one. */
export const chunkOrdersMax = 64;

/** As the contracts have it. */
export interface Chunk {
  readonly batch: number;
  readonly kind: number;
  /** The root after it, 32 bytes. */
  readonly post: Uint8Array;
  readonly steps: Uint8Array;
}

export interface StepContext {
  /** Where a market stands in the state. */
  readonly placeOf: (market: number) => number;
  /** 65 bytes of a list; undefined when it is not known. */
  readonly signatureOf: (list: SignedList) => Uint8Array | undefined;
}

/** Undefined for what cannot be shown. */
export function encodeStep(step: EngineStep, context: StepContext): Uint8Array | undefined {
  switch (step.type) {
    case "deposit": {
      const { owner, subId, tokenAmount } = step.deposit;
      const words = new Words(4).uint(32, step.account).address(owner).uint(16, subId);
      // Amounts of one message have 96 bits.
      return tokenAmount < 2n ** 96n ? words.uint128(tokenAmount).finish() : undefined;
    }
    case "funding-mark":
      return new Words(1).uint(32, context.placeOf(step.market)).finish();
    case "fill": {
      const { slot, lots, priceTicks } = step;
      return new Words(3).uint(32, slot).uint(64, lots).uint(32, priceTicks).finish();
    }
    case "withdraw":
    case "admit": {
      const signature = context.signatureOf(step.list);
      if (signature?.length !== 65) return undefined;
      const list = encodeList(step.list, step.place, signature);
      return concatBytes(
        list,
        step.type === "admit" ? encodeAdmission(step) : encodeWithdrawal(step),
      );
    }
    default:
      return unreachable(step);
  }
}

/** The first words of a chunk of FundingMark. */
export function encodeClock(timeMs: number, isLast: boolean): Uint8Array {
  return new Words(2).uint(64, timeMs).flag(isLast).finish();
}

function encodeList(list: SignedList, place: number, signature: Uint8Array): Uint8Array {
  const { account, key, nonce, validUntilMs, relayTip, relayer, actions } = list;
  const words = new Words(11 + actions.length)
    .uint(32, account)
    .uint(8, key)
    .uint(64, nonce)
    .uint(64, validUntilMs)
    .uint128(relayTip)
    .address(relayer)
    .uint(8, place)
    .bytes32(signature.slice(0, 32))
    .bytes32(signature.slice(32, 64))
    .uint(8, signature[64] ?? 0)
    .uint(8, actions.length);
  for (const hash of hashesOf(list)) words.bytes32(hash);
  return words.finish();
}

/** Each list's once: each of its steps names them all. */
const hashes = new WeakMap<SignedList, readonly Uint8Array[]>();

function hashesOf(list: SignedList): readonly Uint8Array[] {
  const known = hashes.get(list) ?? list.actions.map(hashAction);
  hashes.set(list, known);
  return known;
}

function encodeWithdrawal({ list, place }: Extract<EngineStep, { type: "withdraw" }>): Uint8Array {
  const action = list.actions[place];
  assert(action?.type === "withdraw", "the step names its action");
  return new Words(2).uint128(action.tokenAmount).address(action.to).finish();
}

function encodeAdmission(step: Extract<EngineStep, { type: "admit" }>): Uint8Array {
  const action = step.list.actions[step.place];
  assert(action?.type === "order" || action?.type === "replace", "the step names its action");
  const order = action.type === "order" ? action : action.order;
  const { guard } = order;
  return new Words(16)
    .flag(action.type === "replace")
    .uint(64, action.type === "replace" ? action.orderNonce : 0)
    .uint(64, step.age)
    .uint(32, step.slot)
    .uint(32, order.market)
    .flag(order.isBuy)
    .uint(32, order.priceTicks)
    .uint(64, order.lots)
    .uint(8, order.timeInForce)
    .uint(8, order.flags)
    .uint(64, order.validUntilMs)
    .uint(64, order.clientId)
    .uint(32, guard?.market ?? 0)
    .uint(8, guard?.op ?? 0)
    .uint(32, guard?.priceTicks ?? 0)
    .uint(32, guard?.maxAgeMs ?? 0)
    .finish();
}
