// A committee of four whose votes are cheap, and what it may say.

import { type Origin, type Recovered, Replica, type ReplicaEffect } from "../../consensus/index.ts";
import { digestIn, inEnvelope, type VoteStatement } from "../../consensus/statement.ts";
import {
  blockHash,
  type Committee,
  type ConsensusMessage,
  Epoch,
  type Header,
  Height,
  Micros,
  type Propose,
  type QC,
  ValidatorIndex,
  View,
  type Vote,
  type VoteKind,
  zeroHash,
} from "../../protocol/index.ts";
import { leaderSchedule } from "../../consensus/leader.ts";
import { parameters } from "../sim/parameters.ts";
import { fakeSignatures } from "../sim/signatures.ts";
import { encodeToyPayload, ToyApplication } from "../sim/replicas/toy-application.ts";

export const epoch: Epoch = Epoch(0);
export const domain: Uint8Array = new Uint8Array(32).fill(1);
export const genesis: Uint8Array = new Uint8Array(32).fill(2);
export const origin: Origin = { height: Height(0), hash: genesis };
export const digestOf: (statement: VoteStatement) => Uint8Array = digestIn(domain, epoch);
export const leaderOf: (view: View) => ValidatorIndex = leaderSchedule(genesis, epoch, 4);
export const startTime: Micros = Micros(1_700_000_000_000_000);

const member = {
  publicKey: new Uint8Array(48),
  networkKey: new Uint8Array(32),
  verificationKey: new Uint8Array(96),
};

export const committee: Committee = {
  epoch,
  members: [member, member, member, member],
  sealing: { keyId: 0, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
};

export function seats(...indices: readonly number[]): ValidatorIndex[] {
  return indices.map(ValidatorIndex);
}

export function sign(signer: number, statement: VoteStatement): Uint8Array {
  return fakeSignatures(ValidatorIndex(signer)).sign(inEnvelope(statement, { domain, epoch }));
}

/** A block that orders these items. */
export function headerOn(
  parent: Header | undefined,
  view: number,
  items: readonly number[] = [],
): Header {
  return {
    version: 1,
    epoch,
    view: View(view),
    height: Height((parent?.height ?? 0) + 1),
    parent: parent === undefined ? genesis : blockHash(parent),
    parentView: parent?.view ?? View(0),
    payload: encodeToyPayload({ items, time: startTime }),
  };
}

/** What these three say of a block, or of a view. */
export function certify(
  kind: VoteKind,
  block: Header | number,
  signers: readonly number[] = [0, 1, 2],
): QC {
  const view = typeof block === "number" ? View(block) : block.view;
  const hash = typeof block === "number" ? zeroHash : blockHash(block);
  const signatures = signers.map((signer) => sign(signer, { kind, view, hash }));
  const signature = fakeSignatures(ValidatorIndex(0)).aggregate(signatures) ?? new Uint8Array(96);
  return { kind, epoch, view, hash, signers: seats(...signers), signature };
}

export function voteOf(
  signer: number,
  kind: VoteKind,
  block: Header | number,
  justification?: QC,
): Vote {
  const { view, hash } = certify(kind, block);
  const signature = sign(signer, { kind, view, hash });
  return { type: "vote", kind, epoch, view, hash, signature, justification, commitQC: undefined };
}

export function proposalOf(
  header: Header,
  parentQC: QC | undefined,
  skips: readonly QC[] = [],
): Propose {
  const statement = { kind: "prepare", view: header.view, hash: blockHash(header) } as const;
  const signature = sign(leaderOf(header.view), statement);
  return { type: "propose", header, parentQC, skips, commitQC: undefined, signature };
}

export const fresh: Recovered = {
  certificates: [],
  headers: [],
  final: { height: Height(0), hash: genesis, view: View(0) },
};

/** One replica, spoken to by hand. */
export class Bench {
  readonly application: ToyApplication = new ToyApplication();
  readonly replica: Replica;
  readonly index: ValidatorIndex;
  /** Effects of `start`. */
  readonly started: readonly ReplicaEffect[];
  now: Micros = startTime;

  constructor(index: number, recovered: Recovered = fresh, start: Origin = origin) {
    this.index = ValidatorIndex(index);
    this.replica = new Replica(
      { application: this.application, signatures: fakeSignatures(this.index) },
      { committee, index: this.index, domain, origin: start, parameters },
      recovered,
      this.now,
    );
    this.started = this.replica.start(this.now);
  }

  hear(from: number, message: ConsensusMessage): ReplicaEffect[] {
    const { now } = this;
    return this.replica.step({ type: "message", now, from: ValidatorIndex(from), message });
  }

  /** Lets time pass in ticks of 20 ms. */
  wait(duration: number): ReplicaEffect[] {
    const effects: ReplicaEffect[] = [];
    for (const end = this.now + duration; this.now < end;) {
      this.now = Micros(this.now + 20_000);
      effects.push(...this.replica.step({ type: "tick", now: this.now }));
    }
    return effects;
  }
}

/** The votes among the effects, as "kind view". */
export function votesIn(effects: readonly ReplicaEffect[]): string[] {
  return messagesIn(effects).flatMap((message) =>
    message.type === "vote" ? [`${message.kind} ${message.view}`] : [],
  );
}

export function messagesIn(effects: readonly ReplicaEffect[]): ConsensusMessage[] {
  return effects.flatMap((effect) =>
    effect.type === "send" || effect.type === "broadcast"
      ? [effect.message as ConsensusMessage]
      : [],
  );
}

export function faultsIn(effects: readonly ReplicaEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "fault" ? [effect.code] : []));
}
