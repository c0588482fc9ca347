// The sequencer's own replicated state. It moves at two paces: what ordering needs, with the final blocks; what the
// checkpoints carry, with their openings. Blocks that are not final yet are overlays over the final state.

import { assert, BoundedMap, CodedError, equalBytes, type Gauge, toHex } from "../base/index.ts";
import {
  type Candidate,
  type Committee,
  type Genesis,
  Height,
  type L1Event,
  limits,
  Micros,
  type Namespace,
  type Policy,
  type SealedTransaction,
  zeroHash,
} from "../protocol/index.ts";
import { type AdmissionRules, type RefusalCode, refusalByPlace, refusalOf } from "./admission.ts";
import {
  type Assembly,
  assemblyAt,
  candidatesOf,
  controlRefusalOf,
  emptyAssembly,
} from "./assembly.ts";
import { BlockDraft, type Foundation } from "./block-draft.ts";
import { readL1 } from "./l1-reading.ts";
import { ReplayWindow, toIdKey } from "./replay-window.ts";
import {
  decodeOrderingSnapshot,
  decodeTotals,
  encodeOrderingSnapshot,
  encodeTotals,
  type OrderingSnapshot,
} from "./snapshot.ts";
import {
  type AppliedBlock,
  type OpenedBlock,
  Totals,
  totalsAtGenesis,
  type TotalsState,
} from "./totals.ts";
import type {
  BlockContext,
  BlockMeaning,
  BlockState,
  Fees,
  L1View,
  NamespaceState,
  Overlay,
} from "./types.ts";

/** Branches come from views without a certificate; an overlay that had to go is judged again when it is needed. */
const overlaysMax = 4 * limits.unfinalizedMax;

/** The ledger in bytes after one final block, executed and opened. */
export interface LedgerSnapshot {
  readonly ordering: Uint8Array;
  readonly totals: Uint8Array;
}

export class Ledger {
  readonly #l1: L1View;
  readonly #rules: AdmissionRules;
  readonly #genesisHash: Uint8Array;
  readonly #namespaces: Map<Namespace, NamespaceState>;
  readonly #window = new ReplayWindow();
  readonly #totals: Totals;
  readonly #overlays = new BoundedMap<string, Overlay>(overlaysMax);
  #final: BlockState;
  #assembly: Assembly;

  /** Throws `CodedError` BAD_SNAPSHOT when the snapshot is not one of this network. */
  constructor(
    ports: { readonly l1: L1View },
    options: {
      readonly genesis: Genesis;
      readonly genesisHash: Uint8Array;
      /** Of the epoch; genesis has the first alone. */
      readonly committee: Committee;
    },
    snapshot?: LedgerSnapshot,
  ) {
    const { genesis, genesisHash, committee } = options;
    const { parameters } = genesis;
    const state = snapshot === undefined ? stateAtGenesis(options) : stateOf(snapshot, genesisHash);
    this.#l1 = ports.l1;
    this.#rules = { chainId: genesis.chainId, feePerByte: parameters.feePerByte, committee };
    this.#genesisHash = genesisHash;
    this.#final = state.final;
    this.#namespaces = new Map(state.namespaces.map((each) => [each.namespace, each]));
    for (const [expiry, ids] of state.seen)
      for (let at = 0; at < ids.length; at += 32)
        this.#window.add(toIdKey(ids.subarray(at, at + 32)), expiry);
    this.#assembly = state.assembly;
    this.#totals = new Totals({ parameters, epoch: committee.epoch }, state.totals);
  }

  /** The last final block. */
  get final(): BlockState {
    return this.#final;
  }

  /** The last height whose openings are applied; final heights above it must be opened, again after a restart. */
  get openedHeight(): Height {
    return this.#totals.height;
  }

  /** The last height, up to the opened one, that was void as a whole; 0 for none. */
  get voidedHeight(): Height {
    return this.#totals.voided;
  }

  /** Whom L1 has named for the next committee, as of the last final block. */
  get candidates(): readonly Candidate[] | undefined {
    return candidatesOf(this.#assembly, this.#rules.committee);
  }

  /** As of the last final block. */
  get fees(): Fees {
    const reserves = this.namespaces()
      .filter(({ reserve }) => reserve > 0)
      .map(({ namespace, reserve }) => ({ namespace, reserve }));
    return { baseFee: this.#final.baseFee, reserves };
  }

  get gauges(): Gauge[] {
    const idsMax = limits.expiryHorizon * limits.blockTransactionsMax;
    return [
      { name: "overlays", size: this.#overlays.size, max: overlaysMax },
      { name: "replay-window", size: this.#window.size, max: idsMax },
      { name: "unopened-totals", size: this.#totals.unopened, max: limits.unopenedHeightsMax },
      { name: "namespaces", size: this.#namespaces.size, max: limits.namespacesMax },
    ];
  }

  /** Whether a block can be judged on top of this one. */
  hasBlock(hash: Uint8Array): boolean {
    return equalBytes(hash, this.#final.hash) || this.#overlays.has(toHex(hash));
  }

  /**
   * A block on top of `context.parent`. "missing": the parent, the L1 blocks it reads or too many openings are not
   * here yet. "invalid": it stands where no block may stand, or reads L1 backwards or too fast; a leader that is
   * told so reads one L1 block further than the parent, which is never too fast.
   */
  open(context: BlockContext): BlockDraft | "missing" | "invalid" {
    const branch = this.#branchTo(context.parent);
    if (branch === undefined) return "missing";
    const parent = branch[0] ?? this.#final;
    if (context.height !== parent.height + 1) return "invalid";
    if (this.#totals.unopened + branch.length >= limits.unopenedHeightsMax) return "missing";
    const events = this.#eventsBetween(parent, context);
    if (typeof events === "string") return events;
    const foundation = this.#foundation(branch);
    const reading = readL1(events, (namespace) => foundation.namespace(namespace));
    const { epochStart, baseFee } = parent;
    return new BlockDraft({ context, epochStart, baseFee, foundation, reading }, this.#rules);
  }

  /**
   * Registers a finished draft under its block's hash, with its time, which may not lie before its parent's. A draft on
   * a branch that has lost is let go.
   */
  extend(hash: Uint8Array, draft: BlockDraft, meaning: BlockMeaning): void {
    if (this.hasBlock(hash) || !this.hasBlock(draft.context.parent)) return;
    this.#overlays.set(toHex(hash), draft.overlay(hash, meaning));
  }

  /** Folds the block, a child of the final one, into the final state and drops the branches that have lost. */
  finalize(hash: Uint8Array): void {
    const overlay = this.#overlays.get(toHex(hash));
    assert(
      overlay !== undefined && equalBytes(overlay.parent, this.#final.hash),
      "a block is judged before it is final, and its parent is final before it",
    );
    const { height, time, l1, epochStart, baseFee, subscribed, inbox, charged, nextCommittee } =
      overlay;
    for (const [namespace, state] of overlay.namespaces) this.#namespaces.set(namespace, state);
    for (const [id, expiry] of overlay.seen) this.#window.add(id, expiry);
    this.#window.prune(height);
    this.#final = { height, hash, time, l1, epochStart, baseFee };
    this.#assembly = overlay.assembly;
    this.#totals.expect({ hash, time, subscribed, inbox, charged, nextCommittee });
    this.#overlays.delete(toHex(hash));
    for (const [key, other] of this.#overlays.entries())
      if (this.#branchTo(other.hash) === undefined) this.#overlays.delete(key);
  }

  /** Why a client's transaction is not taken at this height; the id, where it is known, finds a replay. */
  check(transaction: SealedTransaction, height: Height, id?: Uint8Array): RefusalCode | undefined {
    const { namespace, expiry } = transaction.envelope;
    const place = { height, baseFee: this.#final.baseFee };
    const refusal =
      transaction.version === 2
        ? this.#checkControl(transaction, height)
        : refusalOf(transaction, this.#namespaces.get(namespace), place, this.#rules);
    const isSeen = id !== undefined && this.#window.has(toIdKey(id), expiry);
    return refusal ?? (isSeen ? "ALREADY_SEEN" : undefined);
  }

  #checkControl(transaction: SealedTransaction, height: Height): RefusalCode | undefined {
    const { committee } = this.#rules;
    const block = { height: height + 1, prepared: undefined };
    const assembly = assemblyAt(this.#assembly, block, committee);
    return (
      refusalByPlace(transaction, height, this.#rules) ??
      controlRefusalOf(transaction, assembly, committee)
    );
  }

  /** The openings of height `openedHeight` + 1, which must be final: its batches, and the checkpoint if one is due. */
  applyOpened(opened: OpenedBlock): AppliedBlock {
    return this.#totals.apply(opened);
  }

  policyOf(namespace: Namespace): Policy | undefined {
    return this.#namespaces.get(namespace)?.policy;
  }

  /** Ascending, at the final block. */
  namespaces(): readonly NamespaceState[] {
    return [...this.#namespaces.values()].sort((a, b) => a.namespace - b.namespace);
  }

  /**
   * What ordering needs after the last final block, in pieces that nothing changes any more. With `totalsSnapshot` of
   * the same height, a ledger made of it goes on with the blocks above.
   */
  orderingSnapshot(): Uint8Array[] {
    return encodeOrderingSnapshot({
      genesisHash: this.#genesisHash,
      final: this.#final,
      namespaces: this.namespaces(),
      seen: this.#window.entries(),
      assembly: this.#assembly,
    });
  }

  /** What the checkpoints carry, after `openedHeight`. */
  totalsSnapshot(): Uint8Array {
    return encodeTotals(this.#totals.state());
  }

  /** The overlays from this block down to the final one, which is not among them. */
  #branchTo(hash: Uint8Array): readonly Overlay[] | undefined {
    const branch: Overlay[] = [];
    for (let next = hash; !equalBytes(next, this.#final.hash);) {
      const overlay = this.#overlays.get(toHex(next));
      if (overlay === undefined) return undefined;
      branch.push(overlay);
      next = overlay.parent;
    }
    return branch;
  }

  #foundation(branch: readonly Overlay[]): Foundation {
    return {
      namespace: (namespace) =>
        branch.find(({ namespaces }) => namespaces.has(namespace))?.namespaces.get(namespace) ??
        this.#namespaces.get(namespace),
      isSeen: (id, expiry) =>
        branch.some(({ seen }) => seen.has(id)) || this.#window.has(id, expiry),
      assembly: branch[0]?.assembly ?? this.#assembly,
    };
  }

  #eventsBetween(
    parent: BlockState,
    { l1 }: BlockContext,
  ): readonly L1Event[] | "missing" | "invalid" {
    const step = l1.number - parent.l1.number;
    if (step === 0) return equalBytes(l1.hash, parent.l1.hash) ? [] : "invalid";
    if (step < 0 || step > limits.l1BlocksPerBlockMax) return "invalid";
    const events = this.#l1.eventsBetween(parent.l1.number, l1);
    if (events === undefined) return "missing";
    return step > 1 && events.length > limits.l1EventsPerBlockMax ? "invalid" : events;
  }
}

interface LedgerState extends OrderingSnapshot {
  readonly totals: TotalsState;
}

function stateAtGenesis(options: { genesis: Genesis; genesisHash: Uint8Array }): LedgerState {
  const { genesis, genesisHash } = options;
  // The events of the L1 block that genesis names are the first to be read.
  const l1 = { number: Math.max(genesis.l1Start - 1, 0), hash: zeroHash };
  return {
    genesisHash,
    final: {
      height: Height(0),
      hash: genesisHash,
      time: Micros(0),
      l1,
      epochStart: Micros(0),
      baseFee: genesis.parameters.feePerByte,
    },
    namespaces: [],
    seen: [],
    assembly: emptyAssembly,
    totals: totalsAtGenesis,
  };
}

function stateOf(snapshot: LedgerSnapshot, genesisHash: Uint8Array): LedgerState {
  const ordering = decodeOrderingSnapshot(snapshot.ordering);
  const totals = decodeTotals(snapshot.totals);
  if (ordering === undefined || totals?.height !== ordering.final.height)
    throw new CodedError(
      "BAD_SNAPSHOT",
      "the snapshot cannot be read: delete it and start from an older one or from genesis",
    );
  if (!equalBytes(ordering.genesisHash, genesisHash))
    throw new CodedError(
      "BAD_SNAPSHOT",
      "the snapshot belongs to another network: check the data directory",
    );
  return { ...ordering, totals };
}
