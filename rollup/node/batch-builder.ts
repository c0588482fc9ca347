// From a delivered block to what the engine is given: pure, so that every node makes the same of it. The work is in proportion
// to the block's bytes, which the sequencer bounds, and to those of its inbox, which L1 does.

import { assert, equalBytes, keccak256, utf8, type VerifiedBlock } from "../../sdk/index.ts";
import type {
  EngineBatch,
  Globals,
  L1Info,
  L1Message,
  OracleUpdate,
  SignedList,
} from "../engine/index.ts";
import { MarketId } from "../engine/index.ts";
import type { SignedOracleUpdate } from "../oracle-codec.ts";
import { decodePayload } from "../payloads.ts";
import type { SignedBy } from "../signatures/index.ts";
import { toSignedList } from "./lists.ts";
import type { RollupSpec } from "./spec.ts";
import { type Anchored, decodeVaultMessage, type UnnumberedL1Message } from "./system-messages.ts";

export interface BuiltBatch {
  readonly batch: EngineBatch;
  /** One for each transaction of the block. */
  readonly transactions: readonly {
    readonly id: Uint8Array;
    readonly list: SignedList | undefined;
  }[];
  /** The 65 bytes by which each list was signed. */
  readonly signatures: ReadonlyMap<SignedList, Uint8Array>;
}

/**
 * Whose signatures are to be recovered: what was forced through the inbox, then what was sequenced. A void transaction has
 * an empty payload here, which is none.
 */
export function payloadsOf(
  block: VerifiedBlock,
  { vault }: Pick<RollupSpec, "vault">,
): Uint8Array[] {
  const forced = block.inbox.filter(({ sender }) => !equalBytes(sender, vault));
  return [
    ...forced.map(({ data }) => data),
    ...block.transactions.map(({ payload }) => payload ?? nothing),
  ];
}

const nothing = new Uint8Array(0);

/**
 * Of a block that holds a batch. `signatures` are those of `payloadsOf`; `globals` are the engine's before it.
 */
export function buildBatch(
  block: VerifiedBlock,
  signatures: readonly (readonly SignedBy[])[],
  { spec, globals }: { readonly spec: RollupSpec; readonly globals: Readonly<Globals> },
): BuiltBatch {
  assert(block.batchHash !== undefined, "a block without a batch has nothing to execute");
  const payloads = payloadsOf(block, spec);
  assert(signatures.length === payloads.length, "every payload was looked at");
  const executables = payloads.map((bytes, i) => toExecutable(bytes, signatures[i] ?? [], spec));
  const lists = executables.flatMap((each) => (each?.type === "list" ? [each] : []));
  const updates = executables.flatMap((each) => (each?.type === "oracle" ? [each.update] : []));
  const first = payloads.length - block.transactions.length;
  const batch = {
    number: globals.batch + 1,
    timeMs: Math.floor(block.time / 1_000),
    seed: keccak256(utf8("CONCLAVE_DERIV_SEED"), block.hash, block.batchHash),
    system: [...fromL1(block, spec, globals), ...updates],
    lists: lists.map(({ list }) => list),
  };
  const transactions = block.transactions.map(({ id }, i) => {
    const executable = executables[first + i];
    return { id, list: executable?.type === "list" ? executable.list : undefined };
  });
  const signed = new Map(lists.map(({ list, signature }) => [list, signature]));
  return { batch, transactions, signatures: signed };
}

type Executable =
  | { readonly type: "list"; readonly list: SignedList; readonly signature: Uint8Array }
  | { readonly type: "oracle"; readonly update: OracleUpdate };

/** Undefined for what nobody signed. */
function toExecutable(
  bytes: Uint8Array,
  signatures: readonly SignedBy[],
  spec: RollupSpec,
): Executable | undefined {
  const payload = decodePayload(bytes);
  if (payload === undefined) return undefined;
  if (payload.type === "oracle") {
    const update = toOracleUpdate(payload.update, signatures, spec);
    return update && { type: "oracle", update };
  }
  const [signed] = signatures;
  if (signed?.signer === undefined) return undefined;
  const { digest, signer } = signed;
  const { list, signature } = payload.signed;
  return { type: "list", list: toSignedList(list, { digest, signer }), signature };
}

/** With the reports that their reporters have signed, and no other. */
function toOracleUpdate(
  { market, publishTimeMs, reports }: SignedOracleUpdate,
  signatures: readonly SignedBy[],
  { reporters }: RollupSpec,
): OracleUpdate | undefined {
  const valid = reports.filter(({ reporter }, i) => {
    const [address, signer] = [reporters[reporter], signatures[i]?.signer];
    return address !== undefined && signer !== undefined && equalBytes(address, signer);
  });
  if (valid.length === 0) return undefined;
  return {
    type: "oracle",
    market: MarketId(market),
    publishTimeMs,
    reports: valid.map(({ reporter, priceTicks, confidencePpm }) => ({
      reporter,
      priceTicks,
      confidencePpm,
    })),
  };
}

/** What the vault says, numbered on from where the engine is, and what that tells of L1. */
function fromL1(
  block: VerifiedBlock,
  { vault }: RollupSpec,
  globals: Readonly<Globals>,
): (L1Message | L1Info)[] {
  const heard = block.inbox
    .filter(({ sender }) => equalBytes(sender, vault))
    .flatMap(({ data, timestamp }) => {
      const message = decodeVaultMessage(data);
      return message === undefined ? [] : [{ message, timeMs: timestamp * 1_000 }];
    });
  const messages = heard.flatMap(({ message }) => (message.type === "anchored" ? [] : [message]));
  const numbered = messages.map((message, k) => withNumber(message, globals.l1Index + k));
  const [first] = heard;
  return first === undefined ? numbered : [...numbered, toL1Info(heard, first, globals)];
}

function withNumber(message: UnnumberedL1Message, l1Index: number): L1Message {
  return { ...message, l1Index };
}

interface Heard {
  readonly message: UnnumberedL1Message | Anchored;
  readonly timeMs: number;
}

/** Until a root is proposed, the vault's first word stands for one: of nothing, at that time. */
function toL1Info(heard: readonly Heard[], first: Heard, globals: Readonly<Globals>): L1Info {
  const isFirst = globals.anchoredTimeMs === 0;
  let { anchoredBatch } = globals;
  let anchoredTimeMs = isFirst ? first.timeMs : globals.anchoredTimeMs;
  for (const { message, timeMs } of heard)
    if (message.type === "anchored" && message.batch >= anchoredBatch) {
      anchoredBatch = message.batch;
      anchoredTimeMs = timeMs;
    }
  const l1TimeMs = Math.max(...heard.map(({ timeMs }) => timeMs));
  return { type: "l1-info", l1TimeMs, anchoredBatch, anchoredTimeMs };
}
