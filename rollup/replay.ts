// What a rollup derives from its blocks, and from nothing else: two nodes that were delivered the same have the same
// totals, which are those of the rollup's leaf under the committee's checkpoints.

import {
  type Anchor,
  chainBatch,
  chainInbox,
  Height,
  hexJson,
  type JsonRecord,
  strictJson,
  toAnchor,
  toHex,
  type VerifiedBlock,
  type VerifiedTransaction,
} from "../sdk/index.ts";
import { decodeActions } from "./intent-codec.ts";
import { type RollupDomain, signerOfActions } from "./intents.ts";
import { Nonces } from "./nonces.ts";

/** Why a list executes nothing. Only one that expired may be brought again, under another nonce. */
export const refusals = ["VOID", "MALFORMED", "BAD_SIGNATURE", "EXPIRED", "NONCE_USED"] as const;
export type Refusal = (typeof refusals)[number];

const counters = ["batches", "inboxRead", "transactions", "lists", "actions"] as const;
type Counter = (typeof counters)[number];

/** Keys whose nonces are remembered at a time. */
const keysMax = 65_536;

export class Replay {
  readonly #domain: RollupDomain;
  readonly #counts: Record<Counter | Refusal, number>;
  readonly #nonces: Nonces;
  #batchesHash: Uint8Array;
  #inboxHash: Uint8Array;
  #anchor: Anchor | undefined;

  /** From nothing, or from what `toJson` once returned. Throws `CodedError` BAD_CURSOR. */
  constructor(domain: RollupDomain, saved?: unknown) {
    this.#domain = domain;
    const state = saved === undefined ? undefined : strict.record(saved, "state", stateFields);
    const counts = state && strict.record(state["counts"], "counts", [...counters, ...refusals]);
    this.#counts = Object.fromEntries(
      [...counters, ...refusals].map((name) => [
        name,
        counts === undefined ? 0 : strict.integer(counts[name], `counts.${name}`),
      ]),
    ) as Record<Counter | Refusal, number>;
    const hash = (name: string): Uint8Array =>
      state === undefined ? new Uint8Array(32) : strict.bytes(state[name], name, 32);
    this.#batchesHash = hash("batchesHash");
    this.#inboxHash = hash("inboxHash");
    this.#nonces =
      state === undefined ? new Nonces(keysMax) : Nonces.fromJson(state["nonces"], keysMax);
    this.#anchor = state && fromAnchorJson(state["anchor"]);
  }

  /** The last block applied: where following resumes. */
  get anchor(): Anchor | undefined {
    return this.#anchor;
  }

  apply(block: VerifiedBlock): void {
    for (const { messageHash } of block.inbox)
      this.#inboxHash = chainInbox(this.#inboxHash, messageHash);
    this.#counts.inboxRead += block.inbox.length;
    const timeMs = Math.floor(block.time / 1_000);
    for (const transaction of block.transactions) this.#execute(transaction, timeMs);
    if (block.batchHash !== undefined) {
      this.#counts.batches++;
      this.#batchesHash = chainBatch(this.#batchesHash, block.batchHash);
    }
    this.#anchor = toAnchor(block.header, block.hash);
  }

  /** For people and their tools. */
  summary(): JsonRecord {
    return {
      height: this.#anchor?.height ?? 0,
      hash: hexJson(this.#anchor?.hash ?? new Uint8Array(32)),
      ...this.#counts,
      batchesHash: hexJson(this.#batchesHash),
      inboxHash: hexJson(this.#inboxHash),
    };
  }

  /** Everything, for the file that a restart reads. */
  toJson(): JsonRecord {
    const anchor = this.#anchor;
    return {
      anchor: anchor === undefined ? null : { ...anchor, hash: hexJson(anchor.hash) },
      counts: { ...this.#counts },
      batchesHash: hexJson(this.#batchesHash),
      inboxHash: hexJson(this.#inboxHash),
      nonces: this.#nonces.toJson(),
    };
  }

  #execute({ payload }: VerifiedTransaction, timeMs: number): void {
    this.#counts.transactions++;
    const refusal = this.#refuse(payload, timeMs);
    if (refusal !== undefined) this.#counts[refusal]++;
  }

  /** A nonce is used up once the signature holds, whatever becomes of the actions. */
  #refuse(payload: Uint8Array | undefined, timeMs: number): Refusal | undefined {
    if (payload === undefined) return "VOID";
    const signed = decodeActions(payload);
    if (signed === undefined) return "MALFORMED";
    const signer = signerOfActions(this.#domain, signed);
    if (signer === undefined) return "BAD_SIGNATURE";
    const { account, key, nonce, validUntilMs, actions } = signed.list;
    if (validUntilMs < timeMs) return "EXPIRED";
    // Which key an account may use is the state's to say; here each signer is its own.
    if (!this.#nonces.use(`${toHex(signer)}/${account}/${key}`, nonce)) return "NONCE_USED";
    this.#counts.lists++;
    this.#counts.actions += actions.length;
    return undefined;
  }
}

const strict = strictJson("BAD_CURSOR");
const stateFields = ["anchor", "counts", "batchesHash", "inboxHash", "nonces"];

function fromAnchorJson(json: unknown): Anchor | undefined {
  if (json === null) return undefined;
  const anchor = strict.record(json, "anchor", ["height", "hash", "view"], ["isClosing"]);
  return {
    height: Height(strict.integer(anchor["height"], "anchor.height")),
    hash: strict.bytes(anchor["hash"], "anchor.hash", 32),
    view: strict.integer(anchor["view"], "anchor.view"),
    isClosing: anchor["isClosing"] === true,
  };
}
