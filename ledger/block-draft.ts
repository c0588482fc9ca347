import { assert, equalBytes } from "../base/index.ts";
import {
  classes,
  controlNamespace,
  type Height,
  type Micros,
  type Namespace,
  type NamespaceLeaf,
  namespaceLeaf,
  type SealedTransaction,
  transactionBytes,
  zeroHash,
} from "../protocol/index.ts";
import {
  type AdmissionRules,
  chargeOf,
  dropReasons,
  refusalByPlace,
  refusalOf,
} from "./admission.ts";
import { afterControl, type Assembly, assemblyAt, controlRefusalOf } from "./assembly.ts";
import { nextBaseFee } from "./base-fee.ts";
import type { L1Reading } from "./l1-reading.ts";
import { type IdKey, toIdKey } from "./replay-window.ts";
import type {
  BlockContext,
  BlockMeaning,
  Charge,
  DropReason,
  FinishedBlock,
  NamedTransaction,
  NamespaceState,
  Overlay,
} from "./types.ts";

/** The state that a block stands on: that of its parent. */
export interface Foundation {
  namespace(namespace: Namespace): NamespaceState | undefined;
  isSeen(id: IdKey, expiry: Height): boolean;
  readonly assembly: Assembly;
}

/**
 * One block in the making; it is also what the fair order asks before it emits. What it read on L1 is in from the
 * start, so that a rollup can be funded and served by one block.
 */
export class BlockDraft {
  readonly context: BlockContext;
  /** Since when the epoch lasts that the block is of, as `BlockState.epochStart` of the parent. */
  readonly epochStart: Micros;
  /** What a byte costs in it at least, in fee units. */
  readonly baseFee: number;
  readonly #foundation: Foundation;
  readonly #reading: L1Reading;
  readonly #rules: AdmissionRules;
  readonly #seen = new Map<IdKey, Height>();
  readonly #charged = new Map<Namespace, Charge>();
  readonly #admitted: NamedTransaction[] = [];
  readonly #controls: NamedTransaction[] = [];
  #assembly: Assembly;
  /** Ordered so far, but for what validators say. */
  #bytes = 0;
  #finished: FinishedBlock | undefined;

  constructor(
    parts: {
      context: BlockContext;
      epochStart: Micros;
      baseFee: number;
      foundation: Foundation;
      reading: L1Reading;
    },
    rules: AdmissionRules,
  ) {
    this.context = parts.context;
    this.epochStart = parts.epochStart;
    this.baseFee = parts.baseFee;
    this.#foundation = parts.foundation;
    this.#reading = parts.reading;
    this.#rules = rules;
    const { height } = parts.context;
    const { prepared } = parts.reading;
    const before = parts.foundation.assembly;
    this.#assembly = assemblyAt(before, { height, prepared }, rules.committee);
  }

  /** Takes the transaction in, with its fee, or says why not and changes nothing. In the fair order. */
  admit(id: Uint8Array, transaction: SealedTransaction): DropReason | undefined {
    assert(this.#finished === undefined, "a finished block takes nothing in");
    if (transaction.version === 2) return this.#admitControl(id, transaction);
    const { namespace, expiry, payer } = transaction.envelope;
    const state = this.#namespace(namespace);
    const { baseFee } = this;
    const place = { height: this.context.height, baseFee };
    const refusal = refusalOf(transaction, state, place, this.#rules);
    if (refusal !== undefined) return dropReasons[refusal];
    if (this.#isSeen(id, expiry)) return "seen";
    assert(state !== undefined && payer === "rollup", "what is not refused is paid for");
    this.#seen.set(toIdKey(id), expiry);
    this.#admitted.push({ id, transaction });
    this.#bytes += transactionBytes(transaction);
    this.#charge(state, chargeOf(transaction, { baseFee, reserve: state.reserve }));
    return undefined;
  }

  /** Closes the block. What it orders stands by namespace, then by class where the policy says so, then fairly. */
  finish(): FinishedBlock {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  /** What the ledger keeps of the finished block. */
  overlay(hash: Uint8Array, meaning: BlockMeaning): Overlay {
    this.finish();
    const { parent, height, l1 } = this.context;
    const { time, nextCommittee } = meaning;
    // Genesis has no time of its own, so the first block that has one begins its epoch.
    const begins = this.epochStart === 0 || !equalBytes(nextCommittee, zeroHash);
    const epochStart = begins ? time : this.epochStart;
    const { feePerByte } = this.#rules;
    const baseFee = nextBaseFee(this.baseFee, { bytes: this.#bytes, feePerByte });
    const place = { parent, hash, height, time, l1, epochStart, baseFee, nextCommittee };
    const { namespaces, subscribed, inbox } = this.#reading;
    const assembly = this.#assembly;
    const changes = { namespaces, subscribed, inbox, assembly, charged: this.#charged };
    return { ...changes, ...place, seen: this.#seen };
  }

  #charge(state: NamespaceState, { spent, earned }: Charge): void {
    const { namespace, balance } = state;
    const before = this.#charged.get(namespace) ?? { spent: 0, earned: 0 };
    this.#reading.namespaces.set(namespace, { ...state, balance: balance - spent });
    const after = { spent: before.spent + spent, earned: before.earned + earned };
    this.#charged.set(namespace, after);
  }

  /** What one validator says to all: of no rollup, and for nothing. */
  #admitControl(id: Uint8Array, transaction: SealedTransaction): DropReason | undefined {
    const refusal =
      refusalByPlace(transaction, this.context.height, this.#rules) ??
      controlRefusalOf(transaction, this.#assembly, this.#rules.committee);
    if (refusal !== undefined) return dropReasons[refusal];
    const { expiry } = transaction.envelope;
    if (this.#isSeen(id, expiry)) return "seen";
    this.#seen.set(toIdKey(id), expiry);
    this.#controls.push({ id, transaction });
    this.#assembly = afterControl(this.#assembly, transaction);
    return undefined;
  }

  #isSeen(id: Uint8Array, expiry: Height): boolean {
    const key = toIdKey(id);
    return this.#seen.has(key) || this.#foundation.isSeen(key, expiry);
  }

  #finish(): FinishedBlock {
    const inboxOf = Map.groupBy(this.#reading.inbox, ({ namespace }) => namespace);
    const admittedOf = Map.groupBy(this.#admitted, (each) => each.transaction.envelope.namespace);
    const ordered: NamedTransaction[] = [];
    const leaves: NamespaceLeaf[] = [];
    const namespaces = new Set([...inboxOf.keys(), ...admittedOf.keys()]);
    for (const namespace of [...namespaces].sort((a, b) => a - b)) {
      const part = this.#sorted(namespace, admittedOf.get(namespace) ?? []);
      const inbox = inboxOf.get(namespace)?.map(({ messageHash }) => messageHash) ?? [];
      leaves.push(namespaceLeaf(namespace, { inbox, ids: part.map(({ id }) => id) }));
      ordered.push(...part);
    }
    // Behind all rollups, in the fair order: nothing is to be gained by speaking first.
    if (this.#controls.length > 0) {
      const ids = this.#controls.map(({ id }) => id);
      leaves.push(namespaceLeaf(controlNamespace, { inbox: [], ids }));
    }
    return { ordered: [...ordered, ...this.#controls], leaves };
  }

  #sorted(namespace: Namespace, part: NamedTransaction[]): NamedTransaction[] {
    if (this.#namespace(namespace)?.policy.classOrder !== true) return part;
    const rank = ({ transaction }: NamedTransaction): number =>
      classes.indexOf(transaction.envelope.class);
    // Sorting is stable: inside a class the fair order holds.
    return part.toSorted((a, b) => rank(a) - rank(b));
  }

  #namespace(namespace: Namespace): NamespaceState | undefined {
    return this.#reading.namespaces.get(namespace) ?? this.#foundation.namespace(namespace);
  }
}
