// Mempools of a whole committee on simulated time, with wires that can fail and disks that survive a restart.

import { decode, encode, equalBytes, fromHex, toHex, utf8 } from "../../base/index.ts";
import { sha256 } from "../../crypto/index.ts";
import {
  type EmissionGate,
  type LaneSignatures,
  Mempool,
  type MempoolEffect,
  type MempoolEvent,
  type Ordering,
} from "../../mempool/index.ts";
import {
  type Class,
  type Committee,
  type Cut,
  type Evidence,
  decodeTransaction,
  Epoch,
  Height,
  type Lane,
  type MempoolMessage,
  Micros,
  Namespace,
  type Parameters,
  readLane,
  type Receipt,
  type SealedTransaction,
  spaces,
  ValidatorIndex,
  writeCut,
} from "../../protocol/index.ts";
import { nodeNetworkSignatures } from "../../sequencer/crypto/index.ts";

export const chainId = 7;
export const genesisHash: Uint8Array = sha256(utf8("genesis"));
export const parameters: Parameters = {
  viewTimeout: 600_000,
  idleTime: 1_000_000,
  laneFlush: 10_000,
  laneHeartbeat: 250_000,
  checkpointHeights: 10,
  checkpointTime: 1_000_000,
  feePerByte: 1,
  epochTime: 0,
  dkgWindow: 0,
  keyEpochs: 0,
  keyOverlap: 0,
  voidAfter: 0,
};
/** One network delay, as the mempool takes it from the parameters. */
export const delta: number = parameters.viewTimeout / 4;

const secret = (index: number): Uint8Array => new Uint8Array(32).fill(index + 1);
const networkKey = (index: number): Uint8Array => nodeNetworkSignatures.publicKey(secret(index));

/** What the validator of this index signs with, and how it checks the others. */
export function signaturesOf(index: number): LaneSignatures {
  return {
    sign: (hash) => nodeNetworkSignatures.sign(secret(index), hash),
    verify: (owner, hash, signature) =>
      nodeNetworkSignatures.verify(networkKey(owner), hash, signature),
  };
}

export function committeeOf(seats: number): Committee {
  return {
    epoch: Epoch(3),
    members: Array.from({ length: seats }, (_, index) => ({
      publicKey: new Uint8Array(48),
      networkKey: networkKey(index),
      verificationKey: new Uint8Array(96),
    })),
    sealing: { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
  };
}

export function transactionOf(
  name: string | number,
  changes: {
    readonly chainId?: number;
    readonly expiry?: number;
    readonly class?: Class;
    readonly bytes?: number;
    readonly isForged?: boolean;
  } = {},
): SealedTransaction {
  const body = new Uint8Array(changes.bytes ?? 64);
  body.set(sha256(utf8(String(name))).subarray(0, Math.min(32, body.length)));
  return {
    version: 1,
    envelope: {
      chainId: changes.chainId ?? chainId,
      namespace: Namespace(1),
      class: changes.class ?? "normal",
      payer: "rollup",
      sender: new Uint8Array(20),
      nonce: 0,
      expiry: Height(changes.expiry ?? 1000),
      feeCap: 1_000_000,
    },
    body,
    signature: new Uint8Array(65).fill(changes.isForged === true ? 0xff : 1),
  };
}

export const openGate: EmissionGate = { admit: () => undefined };

export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly message: MempoolMessage;
}

export interface Block {
  readonly hash: Uint8Array;
  readonly parent: Uint8Array;
  readonly cut: Cut;
}

type Result = { readonly receipt: Receipt } | { readonly code: string };

/** One validator: its mempool, what is on its disk, and how it answers the mempool's questions. */
class Node {
  mempool: Mempool;
  incarnation = 1;
  readonly disk: Map<string, Map<string, Uint8Array>> = new Map();
  isUp = true;
  readonly #index: number;
  readonly #seats: number;
  readonly #refusal: (transaction: SealedTransaction) => string | undefined;

  constructor(
    index: number,
    seats: number,
    refusal: (transaction: SealedTransaction) => string | undefined,
  ) {
    this.#index = index;
    this.#seats = seats;
    this.#refusal = refusal;
    this.mempool = this.start();
  }

  space(name: string): Map<string, Uint8Array> {
    const space = this.disk.get(name) ?? new Map<string, Uint8Array>();
    this.disk.set(name, space);
    return space;
  }

  /** `epoch`, when it is not the first: then the snapshot is that of the block which closed the one before. */
  start(
    at: {
      readonly snapshot?: Uint8Array;
      readonly final: Uint8Array;
      readonly epoch?: { readonly number: Epoch; readonly seats: number };
    } = { final: genesisHash },
  ): Mempool {
    const { snapshot, final, epoch } = at;
    const committee = committeeOf(epoch?.seats ?? this.#seats);
    const lanes = [...this.space(spaces.lane).values()].map((value) => decode(value, readLane));
    const transactions = [...this.space(spaces.transaction).values()].map(decodeTransaction);
    this.mempool = new Mempool(
      { admission: { check: this.#refusal }, signatures: signaturesOf(this.#index) },
      {
        committee: { ...committee, epoch: epoch?.number ?? committee.epoch },
        index: ValidatorIndex(this.#index),
        incarnation: this.incarnation,
        parameters,
        chainId,
        genesisHash,
      },
      {
        ...(snapshot === undefined ? {} : { snapshot }),
        final,
        beginsEpoch: epoch !== undefined,
        lanes: lanes.filter((lane) => lane !== undefined),
        transactions: transactions.filter((each) => each !== undefined),
        stamps: [...this.space(spaces.stamp)].map(([id, value]) => ({
          id: fromHex(id) ?? new Uint8Array(32),
          stamp: Micros(Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0))),
        })),
      },
    );
    return this.mempool;
  }
}

export class Cluster {
  readonly nodes: Node[];
  readonly answers: Map<number, Result> = new Map();
  readonly faults: { by: number; peer: number; code: string; evidence?: Evidence }[] = [];
  readonly sent: Sent[] = [];
  readonly blocks: Block[] = [];
  /** Changes what is sent, or loses it by answering undefined. */
  wire: (sent: Sent) => MempoolMessage | undefined = ({ message }) => message;
  /** What the workers say of a transaction, or undefined if they take their time. */
  validate: (transaction: SealedTransaction) => boolean | undefined = ({ signature }) =>
    signature[0] !== 0xff;
  /** What the ledger says of a submission. */
  refusal: (transaction: SealedTransaction) => string | undefined = () => undefined;
  now = 1_000_000;
  #tickets = 0;
  readonly #queue: [number, MempoolEvent][] = [];

  constructor(seats = 4) {
    this.nodes = Array.from(
      { length: seats },
      (_, index) => new Node(index, seats, (transaction) => this.refusal(transaction)),
    );
  }

  at(index: number): Mempool {
    const node = this.nodes[index];
    if (node === undefined) throw new Error("no such validator");
    return node.mempool;
  }

  get tip(): Uint8Array {
    return this.blocks.at(-1)?.hash ?? genesisHash;
  }

  submit(index: number, transaction: SealedTransaction): Result | undefined {
    const ticket = this.#tickets++;
    this.step(index, { type: "submit", now: this.now, ticket, transaction });
    return this.answers.get(ticket);
  }

  /** Time passes, in steps of a lane flush. */
  pass(micros: number): void {
    for (const end = this.now + micros; this.now < end;) {
      this.now = Math.min(end, this.now + parameters.laneFlush);
      for (const index of this.nodes.keys()) this.step(index, { type: "tick", now: this.now });
    }
  }

  connect(index: number, peer: number): void {
    this.step(index, { type: "peer-connected", now: this.now, peer: ValidatorIndex(peer) });
  }

  receive(index: number, from: number, message: MempoolMessage): void {
    this.step(index, { type: "message", now: this.now, from: ValidatorIndex(from), message });
  }

  /** A step and all that follows from it at once. */
  step(index: number, event: MempoolEvent): void {
    this.#queue.push([index, event]);
    if (this.#queue.length > 1) return;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const [at, due] = next;
      if (this.nodes[at]?.isUp === true)
        for (const effect of this.at(at).step(due)) this.#carryOut(at, effect);
      this.#queue.shift();
    }
  }

  /** Every validator orders the block that this leader proposes; answers the orderings of those that could. */
  propose(leader: number, gate: EmissionGate = openGate): (Ordering | "missing" | "invalid")[] {
    const parent = this.tip;
    return this.orderAll(parent, this.at(leader).bestCut(parent), gate, leader);
  }

  orderAll(
    parent: Uint8Array,
    cut: Cut,
    gate: EmissionGate = openGate,
    leader = 0,
  ): (Ordering | "missing" | "invalid")[] {
    return this.nodes.map(({ mempool }) =>
      mempool.order({ parent, cut, gate, from: ValidatorIndex(leader) }),
    );
  }

  /** A block of this leader becomes final everywhere. Answers its ordering, on which all must agree. */
  block(leader: number, gate: EmissionGate = openGate): Ordering {
    const parent = this.tip;
    const cut = this.at(leader).bestCut(parent);
    const hash = hashOf(parent, cut);
    let agreed: Ordering | undefined;
    for (const [index, { mempool, isUp }] of this.nodes.entries()) {
      if (!isUp) continue;
      const ordering = this.orderUntilDone(index, { parent, cut, gate, leader });
      if (agreed !== undefined && idsOf(agreed).join() !== idsOf(ordering).join())
        throw new Error("validators disagree about the order");
      agreed ??= ordering;
      mempool.extend(parent, hash, cut, ordering);
      mempool.finalize(hash);
    }
    if (agreed === undefined) throw new Error("nobody is up");
    this.blocks.push({ hash, parent, cut });
    return agreed;
  }

  orderUntilDone(
    index: number,
    block: {
      readonly parent: Uint8Array;
      readonly cut: Cut;
      readonly gate?: EmissionGate;
      readonly leader?: number;
    },
  ): Ordering {
    const { parent, cut, gate = openGate, leader = 0 } = block;
    for (let patience = 0; patience < 100; patience++) {
      const from = ValidatorIndex(leader);
      const ordering = this.at(index).order({ parent, cut, gate, from });
      if (typeof ordering === "object") return ordering;
      if (ordering === "invalid") throw new Error("an honest cut is invalid");
      this.pass(parameters.laneFlush);
    }
    throw new Error("what was missing never came");
  }

  /** Stops a validator and starts it again; `forget` says what of its disk is lost. */
  restart(
    index: number,
    forget: (space: string, key: string, value: Uint8Array) => boolean = () => false,
  ): void {
    const node = this.nodes[index];
    if (node === undefined) throw new Error("no such validator");
    for (const [name, space] of node.disk)
      for (const [key, value] of space) if (forget(name, key, value)) space.delete(key);
    node.incarnation++;
    node.start();
    node.isUp = true;
    for (const { parent, cut, hash } of this.blocks) {
      const ordering = this.orderUntilDone(index, { parent, cut });
      node.mempool.extend(parent, hash, cut, ordering);
      node.mempool.finalize(hash);
    }
    for (const peer of this.nodes.keys())
      if (peer !== index) {
        this.connect(index, peer);
        this.connect(peer, index);
      }
  }

  #carryOut(by: number, effect: MempoolEffect): void {
    const node = this.nodes[by];
    if (node === undefined) return;
    switch (effect.type) {
      case "persist":
        for (const { space, key, value } of effect.writes)
          if (value === undefined) node.space(space).delete(toHex(key));
          else node.space(space).set(toHex(key), value);
        return;
      case "send":
        return this.#transmit({
          from: by,
          to: effect.to,
          message: effect.message as MempoolMessage,
        });
      case "broadcast":
        for (const to of this.nodes.keys())
          if (to !== by)
            this.#transmit({ from: by, to, message: effect.message as MempoolMessage });
        return;
      case "fault":
        this.faults.push({ by, ...effect });
        return;
      case "validate": {
        const { id } = effect;
        const isValid = this.validate(effect.transaction);
        if (isValid !== undefined)
          this.#queue.push([by, { type: "validated", now: this.now, id, isValid }]);
        return;
      }
      case "answer":
        this.answers.set(effect.ticket, effect.result);
        return;
      case "load-lanes": {
        const lanes: Lane[] = [];
        for (let { hash } = effect; lanes.length < effect.count;) {
          const bytes = node.space(spaces.lane).get(toHex(hash));
          const lane = bytes === undefined ? undefined : decode(bytes, readLane);
          if (lane === undefined) break;
          lanes.push(lane);
          hash = lane.previous;
        }
        if (lanes.length > 0)
          this.#transmit({ from: by, to: effect.to, message: { type: "lanes", lanes } });
        return;
      }
      case "load-transactions": {
        const transactions = effect.ids
          .map((id) => node.space(spaces.transaction).get(toHex(id)))
          .map((bytes) => (bytes === undefined ? undefined : decodeTransaction(bytes)))
          .filter((each) => each !== undefined);
        if (transactions.length > 0)
          this.#transmit({
            from: by,
            to: effect.to,
            message: { type: "transactions", transactions },
          });
        return;
      }
      case "changed":
        return;
    }
  }

  #transmit(sent: Sent): void {
    this.sent.push(sent);
    const message = this.wire(sent);
    if (message === undefined) return;
    const from = ValidatorIndex(sent.from);
    this.#queue.push([sent.to, { type: "message", now: this.now, from, message }]);
  }
}

export function hashOf(parent: Uint8Array, cut: Cut): Uint8Array {
  return sha256(parent, encode(cut, writeCut));
}

export function idsOf(ordering: Ordering): string[] {
  return ordering.accepted.map(({ id }) => toHex(id));
}

export function isSameCut(a: Cut, b: Cut): boolean {
  return a.every((tip, i) => equalBytes(tip.hash, b[i]?.hash ?? new Uint8Array()));
}
