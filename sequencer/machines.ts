// The machines of a core, built from what is on disk, and what each may ask of another while it decides. What they do to
// each other goes through the core.

import { type Gauge } from "../base/index.ts";
import {
  initialSafety,
  leaderSchedule,
  Replica,
  StateSync,
  type VoteSignatures,
} from "../consensus/index.ts";
import { Attester, Ledger } from "../ledger/index.ts";
import { type LaneSignatures, Mempool, Opening } from "../mempool/index.ts";
import {
  checkpointHash,
  type Committee,
  type Genesis,
  genesisHash,
  isMember,
  limits,
  type Micros,
  type ValidatorIndex,
} from "../protocol/index.ts";
import { Chain, genesisTip } from "./chain.ts";
import { Delivery } from "./delivery.ts";
import { EvidenceBook } from "./evidence-book.ts";
import { Handover } from "./handover.ts";
import { L1Log } from "./l1-log.ts";
import { LaterEpochs, type VerifyAggregateOf } from "./later-epochs.ts";
import type { Recovery } from "./records.ts";
import { Rounds } from "./rounds.ts";
import { guardSigning } from "./signing-guard.ts";
import { Snapshots } from "./snapshots.ts";
import { Voiding } from "./voiding.ts";

export interface CorePorts {
  readonly votes: VoteSignatures;
  readonly lanes: LaneSignatures;
  /** For the committees of later epochs. */
  readonly verifyAggregateOf: VerifyAggregateOf;
}

export interface CoreOptions {
  readonly genesis: Genesis;
  /** This node's place in the peer table of its epoch (`Recovery.epoch`): a seat, or an observer's behind them. */
  readonly index: ValidatorIndex;
  /** Of this node, 32 bytes. */
  readonly networkKey: Uint8Array;
  /** Counts the starts of this node; on disk before the first step. */
  readonly incarnation: number;
  /** The first word of every signed digest. */
  readonly domain: Uint8Array;
  /** See `ChainParts`, µs; 0 proposes as soon as there is work. */
  readonly blockInterval?: number;
  /** How far behind this node may be before it fetches a snapshot, in heights; `stateSyncHeights` if not said. */
  readonly behindMax?: number;
}

export interface Machines {
  readonly committee: Committee;
  readonly replica: Replica;
  readonly stateSync: StateSync;
  readonly mempool: Mempool;
  readonly opening: Opening;
  readonly ledger: Ledger;
  readonly attester: Attester;
  readonly chain: Chain;
  readonly delivery: Delivery;
  readonly voiding: Voiding;
  readonly snapshots: Snapshots;
  readonly l1: L1Log;
  readonly evidence: EvidenceBook;
  readonly handover: Handover;
  readonly later: LaterEpochs;
  readonly rounds: Rounds;
}

export function createMachines(
  ports: CorePorts,
  options: CoreOptions,
  recovery: Recovery,
  now: Micros,
): Machines {
  const { genesis, index, incarnation, domain } = options;
  const { parameters, chainId } = genesis;
  const hash = genesisHash(genesis);
  const { snapshot, epoch } = recovery;
  const { committee } = epoch;
  const seats = committee.members.length;
  const self = isMember(committee, index) ? index : undefined;
  const tip = snapshot === undefined ? genesisTip(genesis, hash) : snapshot.tip;
  const beginsEpoch = tip.height === epoch.height;
  const votes = guardSigning(ports.votes, {
    safety: recovery.replica.safety ?? initialSafety(committee.epoch),
    attested: recovery.attester.attested.map((checkpoint) => ({
      height: checkpoint.height,
      hash: checkpointHash(checkpoint),
    })),
  });

  const handover = new Handover({
    committee,
    domain,
    verifyAggregate: (signers, digest, signature) =>
      ports.votes.verifyAggregate(signers, digest, signature),
  });
  const rounds = new Rounds(
    {
      handover,
      committee,
      parameters,
      chainId,
      networkKey: options.networkKey,
      sign: (digest) => ports.lanes.sign(digest),
    },
    { height: tip.height, snapshot: beginsEpoch ? undefined : snapshot?.state.succession },
  );
  // What the state has read already is not read again.
  const l1 = new L1Log(Math.max(genesis.l1Start, tip.l1.number + 1), recovery.l1);
  const ledger = new Ledger(
    { l1 },
    { genesis, genesisHash: hash, committee },
    snapshot?.state.ledger,
  );
  const mempool = new Mempool(
    {
      admission: { check: (transaction) => ledger.check(transaction, chain.final.height) },
      signatures: ports.lanes,
    },
    { committee, index, incarnation, parameters, chainId, genesisHash: hash },
    {
      ...(snapshot === undefined ? {} : { snapshot: snapshot.state.mempool }),
      lanes: recovery.lanes,
      transactions: recovery.transactions,
      stamps: recovery.stamps,
      final: tip.hash,
      beginsEpoch: snapshot !== undefined && beginsEpoch,
    },
  );
  const delivery = new Delivery(ledger, { delivered: tip.height, openings: recovery.openings });
  const voiding = new Voiding(delivery, parameters.voidAfter, recovery.voidPromise);
  voiding.onFinal(tip.height);
  const snapshots = new Snapshots(recovery.snapshots);
  const chain: Chain = new Chain(
    {
      mempool,
      ledger,
      l1,
      snapshots,
      epochTime: parameters.epochTime,
      hasSealingKey: committee.sealing !== undefined,
      nextCommittee: (height) => rounds.nextCommittee(height),
      isOpeningBehind: (at) => delivery.isBehind(at),
      voiding,
      leaderOf: leaderSchedule(epoch.hash, committee.epoch, seats),
      blockInterval: options.blockInterval ?? 0,
    },
    tip,
  );
  for (const { header, certificate } of recovery.headers) chain.enqueue([header], certificate);
  return {
    committee,
    replica: new Replica(
      { application: chain.application, signatures: votes },
      { committee, index, domain, origin: epoch, parameters },
      recovery.replica,
      now,
    ),
    stateSync: new StateSync(
      {
        self: index,
        seats,
        viewTimeout: parameters.viewTimeout,
        behindMax: options.behindMax ?? limits.stateSyncHeights,
      },
      recovery.fetched,
      now,
    ),
    mempool,
    opening: new Opening(
      { signatures: votes },
      { committee, index, domain },
      { final: tip.height, unopened: [] },
    ),
    ledger,
    attester: new Attester({ signatures: votes }, { committee, self, domain }, recovery.attester),
    chain,
    delivery,
    voiding,
    snapshots,
    l1,
    evidence: new EvidenceBook(recovery.evidence),
    handover,
    later: new LaterEpochs({ domain, seats, verifyAggregateOf: ports.verifyAggregateOf }),
    rounds,
  };
}

/** What is held of everything that grows, by machine. */
export function gaugesOf(machines: Machines): Gauge[] {
  const { replica, mempool, opening, ledger, attester, chain, delivery } = machines;
  const parts = {
    consensus: replica,
    mempool,
    opening,
    ledger,
    attester,
    chain,
    delivery,
    snapshots: machines.snapshots,
    "state-sync": machines.stateSync,
  };
  return Object.entries(parts).flatMap(([part, { gauges }]) =>
    gauges.map((gauge) => ({ ...gauge, name: `${part}/${gauge.name}` })),
  );
}
