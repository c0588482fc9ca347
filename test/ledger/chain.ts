// A small network's genesis, L1 and transactions, and blocks made of them.

import { concatBytes, utf8 } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import {
  type AppliedBlock,
  type BlockContext,
  BlockDraft,
  type BlockState,
  type DropReason,
  type FinishedBlock,
  type L1Position,
  type L1View,
  Ledger,
  type LedgerSnapshot,
} from "../../ledger/index.ts";
import {
  Epoch,
  type Envelope,
  type Genesis,
  genesisHash,
  Height,
  inboxMessageHash,
  type L1Event,
  Micros,
  Namespace,
  namespacesRoot,
  type Parameters,
  type Policy,
  type SealedTransaction,
  transactionId,
  zeroHash,
} from "../../protocol/index.ts";

export const bytes = (length: number, fill = 0): Uint8Array => new Uint8Array(length).fill(fill);

export function genesisOf(parameters: Partial<Parameters> = {}): Genesis {
  return {
    chainId: 31_337,
    contracts: { hub: bytes(20, 1), rollups: bytes(20, 2) },
    l1Start: 5,
    committee: {
      epoch: Epoch(1),
      members: [],
      sealing: { keyId: 1, pk1: bytes(48), pk2: bytes(96) },
    },
    parameters: {
      viewTimeout: 1,
      idleTime: 1,
      laneFlush: 1,
      laneHeartbeat: 1,
      checkpointHeights: 3,
      checkpointTime: 0,
      feePerByte: 1,
      epochTime: 0,
      dkgWindow: 0,
      keyEpochs: 0,
      keyOverlap: 0,
      voidAfter: 0,
      ...parameters,
    },
  };
}

/** L1 as a node has read it. */
export class L1Log implements L1View {
  readonly #blocks = new Map<number, { readonly hash: Uint8Array; readonly events: L1Event[] }>();
  #number = 4;

  /** One more finalized block. */
  add(...events: L1Event[]): L1Position {
    this.#number++;
    const hash = sha256(utf8(`L1 ${this.#number}`));
    this.#blocks.set(this.#number, { hash, events });
    return { number: this.#number, hash };
  }

  at(number: number): L1Position {
    return { number, hash: this.#blocks.get(number)?.hash ?? zeroHash };
  }

  eventsBetween(fromExclusive: number, to: L1Position): readonly L1Event[] | undefined {
    const last = this.#blocks.get(to.number);
    if (last === undefined || String(last.hash) !== String(to.hash)) return undefined;
    const events: L1Event[] = [];
    for (let number = fromExclusive + 1; number <= to.number; number++)
      events.push(...(this.#blocks.get(number)?.events ?? []));
    return events;
  }
}

export const openPolicy: Policy = {
  sealingRequired: false,
  classOrder: false,
  senderMayPay: false,
};

export function subscribed(namespace: number, policy: Partial<Policy> = {}): L1Event {
  const settlement = bytes(20, namespace);
  return {
    type: "subscribed",
    namespace: Namespace(namespace),
    settlement,
    policy: { ...openPolicy, ...policy },
  };
}

export function funded(namespace: number, amount: number): L1Event {
  return { type: "funded", namespace: Namespace(namespace), amount };
}

export function left(namespace: number): L1Event {
  return { type: "left", namespace: Namespace(namespace) };
}

export function policySet(namespace: number, policy: Partial<Policy>): L1Event {
  return {
    type: "policy-set",
    namespace: Namespace(namespace),
    policy: { ...openPolicy, ...policy },
  };
}

export function reserveSet(namespace: number, feePerByte: number): L1Event {
  return { type: "reserve-set", namespace: Namespace(namespace), feePerByte };
}

export function inbox(namespace: number, index: number, data = `message ${index}`): L1Event {
  const message = {
    namespace: Namespace(namespace),
    index,
    sender: bytes(20, 7),
    timestamp: 1_000 + index,
    data: utf8(data),
  };
  return { type: "inbox", ...message, messageHash: inboxMessageHash(message) };
}

export function transaction(
  envelope: Partial<Envelope> = {},
  content: { readonly version?: 0 | 1; readonly body?: string } = {},
): SealedTransaction {
  return {
    version: content.version ?? 0,
    envelope: {
      chainId: 31_337,
      namespace: Namespace(0),
      class: "normal",
      payer: "rollup",
      sender: bytes(20, 9),
      nonce: 0,
      expiry: Height(50),
      feeCap: 1_000,
      ...envelope,
    },
    body: utf8(content.body ?? "do it"),
    signature: bytes(65),
  };
}

/** What `transaction()` costs in the networks made here. */
export const fee: number = 128 + "do it".length;

/** A block as the tests want it; what is not said is as in its parent. */
export interface BlockWish {
  readonly parent?: Place;
  readonly time?: number;
  /** Of a closing block. */
  readonly nextCommittee?: Uint8Array;
  readonly l1?: L1Position;
  readonly transactions?: readonly SealedTransaction[];
}

type Place = Omit<BlockState, "epochStart" | "baseFee">;

export interface MadeBlock extends Place, FinishedBlock {
  readonly draft: BlockDraft;
  readonly drops: readonly (DropReason | undefined)[];
}

/** A node's ledger, with the steps that a node would take. */
export class Chain {
  readonly l1: L1Log;
  readonly genesis: Genesis;
  ledger: Ledger;

  constructor(options: { l1?: L1Log; genesis?: Genesis; snapshot?: LedgerSnapshot } = {}) {
    this.l1 = options.l1 ?? new L1Log();
    this.genesis = options.genesis ?? genesisOf();
    const { genesis } = this;
    const { committee } = genesis;
    const facts = { genesis, genesisHash: genesisHash(genesis), committee };
    this.ledger = new Ledger({ l1: this.l1 }, facts, options.snapshot);
  }

  context(wish: BlockWish): BlockContext {
    const parent = wish.parent ?? this.ledger.final;
    return {
      parent: parent.hash,
      height: Height(parent.height + 1),
      l1: wish.l1 ?? parent.l1,
    };
  }

  /** A block that stands as an overlay. */
  propose(wish: BlockWish = {}): MadeBlock {
    const context = this.context(wish);
    const time = Micros(wish.time ?? (wish.parent ?? this.ledger.final).time);
    const draft = this.ledger.open(context);
    if (!(draft instanceof BlockDraft)) throw new Error(`the block is ${draft}`);
    const drops = (wish.transactions ?? []).map((each) => draft.admit(transactionId(each), each));
    const finished = draft.finish();
    const place = utf8(`${context.height} ${time} ${String(context.parent)}`);
    const { nextCommittee = zeroHash } = wish;
    const root = namespacesRoot(finished.leaves);
    const hash = sha256(place, root, context.l1.hash, nextCommittee);
    this.ledger.extend(hash, draft, { time, nextCommittee });
    return { ...context, ...finished, hash, time, draft, drops };
  }

  finalize(block: MadeBlock): MadeBlock {
    this.ledger.finalize(block.hash);
    return block;
  }

  /** A final block. */
  add(wish: BlockWish = {}): MadeBlock {
    return this.finalize(this.propose(wish));
  }

  /** Its openings; all payloads are in the clear here, and those of "void" are void. */
  open(block: MadeBlock): AppliedBlock {
    return this.ledger.applyOpened({
      height: block.height,
      blockHash: block.hash,
      transactions: block.ordered.map(({ id, transaction: each }) => ({
        id,
        transaction: each,
        opening: new Uint8Array(),
        payload: String(each.body) === String(utf8("void")) ? undefined : each.body,
      })),
    });
  }
}

/** As it stands now: of one height, and so the state to begin from, when all is opened. */
export function snapshotOf({ ledger }: Chain): LedgerSnapshot {
  return { ordering: concatBytes(...ledger.orderingSnapshot()), totals: ledger.totalsSnapshot() };
}

/** A chain whose first block has read a subscription of namespace 0 and its funds. */
export function fundedChain(policy: Partial<Policy> = {}, amount: number = 100 * fee): Chain {
  const chain = new Chain();
  chain.add({ l1: chain.l1.add(subscribed(0, policy), funded(0, amount)) });
  return chain;
}
