// Two-phase HotStuff with skip certificates (docs/protocol.md, A view). Messages only add to what is known; what to do
// about it follows from a few rules that are applied until none has anything to say.

import { assert, equalBytes, type Gauge } from "../base/index.ts";
import {
  blockHash,
  type Blocks,
  type Committee,
  type ConsensusMessage,
  type Epoch,
  type Header,
  Height,
  isMember,
  limits,
  Micros,
  type Parameters,
  type Propose,
  type QC,
  type Status,
  type ValidatorIndex,
  View,
  type Vote,
  zeroHash,
} from "../protocol/index.ts";
import { Asker } from "./asker.ts";
import { BlockSync, type Goal, proofsMax } from "./block-sync.ts";
import { BlockTree } from "./block-tree.ts";
import { Certificates } from "./certificates.ts";
import type { ReplicaEffect, ReplicaEvent } from "./events.ts";
import { Finality, toHeaders } from "./finality.ts";
import { leaderSchedule } from "./leader.ts";
import { dropCertificates, Outbox, writeCertificate, writeHeaderOf } from "./outbox.ts";
import { isInWindow, Pacemaker } from "./pacemaker.ts";
import type { Application, VoteSignatures } from "./ports.ts";
import {
  type Candidate,
  gapViews,
  isChild,
  isJustified,
  type Origin,
  toCandidate,
} from "./proposal.ts";
import type { Recovered } from "./recovery.ts";
import {
  committed,
  initialSafety,
  mayCommit,
  mayPrepare,
  maySkip,
  prepared,
  type SafetyState,
  skipped,
  writeSafety,
} from "./safety.ts";
import { Serving } from "./serving.ts";
import { digestIn, inEnvelope, type VoteStatement } from "./statement.ts";
import { VoteCollector } from "./vote-collector.ts";

export interface ReplicaOptions {
  readonly committee: Committee;
  /** This validator's own place. From the number of seats on it is an observer's, which follows and says nothing. */
  readonly index: ValidatorIndex;
  /** `settlementDomain`: binds votes to the chain and the Hub. 32 bytes. */
  readonly domain: Uint8Array;
  readonly origin: Origin;
  readonly parameters: Parameters;
}

/** How often the view is told to everyone, µs. */
const statusInterval = 500_000;

export class Replica {
  readonly #application: Application;
  readonly #signatures: VoteSignatures;
  readonly #committee: Committee;
  readonly #index: ValidatorIndex;
  readonly #origin: Origin;
  readonly #domain: Uint8Array;
  readonly #outbox = new Outbox();
  readonly #certificates: Certificates;
  readonly #votes: VoteCollector;
  readonly #tree: BlockTree;
  readonly #sync: BlockSync;
  readonly #gapAsker: Asker;
  readonly #finality: Finality;
  readonly #pacemaker: Pacemaker;
  readonly #serving: Serving;
  readonly #leaderOf: (view: View) => ValidatorIndex;
  /** For the current view and those within the window above it. */
  readonly #candidates = new Map<View, Candidate>();
  #safety: SafetyState;
  #now: Micros;
  #statusDueAt = 0;
  #isStarted = false;
  /** Something changed since the rules were last applied. */
  #isUnsettled = false;

  constructor(
    ports: { readonly application: Application; readonly signatures: VoteSignatures },
    options: ReplicaOptions,
    recovered: Recovered,
    now: Micros,
  ) {
    const { committee, index, parameters } = options;
    const { epoch, members } = committee;
    const seats = members.length;
    this.#application = ports.application;
    this.#signatures = ports.signatures;
    this.#committee = committee;
    this.#index = index;
    this.#origin = options.origin;
    this.#domain = options.domain;
    const digestOf = digestIn(options.domain, epoch);
    this.#leaderOf = leaderSchedule(options.origin.hash, epoch, seats);
    this.#certificates = new Certificates(committee, ports.signatures, digestOf);
    this.#votes = new VoteCollector(committee, ports.signatures, digestOf);
    this.#tree = new BlockTree(recovered.final);
    this.#sync = new BlockSync(this.#tree, index);
    this.#gapAsker = new Asker(index);
    this.#pacemaker = new Pacemaker({ parameters, seats, index, leaderOf: this.#leaderOf }, now);
    const parts = { certificates: this.#certificates, outbox: this.#outbox };
    this.#serving = new Serving(parts, { epoch, seats }, now);
    const { application } = ports;
    this.#finality = new Finality({ ...parts, application, tree: this.#tree, sync: this.#sync });
    this.#now = now;
    this.#safety = recovered.safety ?? initialSafety(epoch);
    assert(this.#safety.epoch === epoch, "votes of one epoch do not bind in another");
    this.#recover(recovered);
  }

  get epoch(): Epoch {
    return this.#committee.epoch;
  }

  get view(): View {
    return this.#pacemaker.view;
  }

  get leader(): ValidatorIndex {
    return this.#pacemaker.leader;
  }

  /** Of the last block that a `finalized` effect has named. */
  get finalHeight(): Height {
    return this.#tree.final.height;
  }

  get finalHash(): Uint8Array {
    return this.#tree.final.hash;
  }

  get finalView(): View {
    return this.#tree.final.view;
  }

  /** The highest CommitQC known; its block may still be on its way. */
  get commitQC(): QC | undefined {
    return this.#certificates.commit;
  }

  /** Headers are being fetched that others have finalized. */
  get isCatchingUp(): boolean {
    return this.#sync.isActive;
  }

  /** What it holds of what others say. Certificates are not among it: each one took a quorum. */
  get gauges(): Gauge[] {
    const seats = this.#committee.members.length;
    const votesMax = (2 * limits.viewsAheadMax + 1) * seats * VoteCollector.perSeatMax;
    return [
      { name: "headers", size: this.#tree.size, max: limits.headersHeldMax },
      { name: "header-trail", size: this.#sync.size, max: limits.trailMax },
      { name: "page-proofs", size: this.#sync.proofs, max: proofsMax },
      { name: "candidates", size: this.#candidates.size, max: limits.viewsAheadMax + 1 },
      { name: "votes", size: this.#votes.size, max: votesMax },
      { name: "votes-remembered", size: this.#votes.sizeRemembered, max: votesMax },
    ];
  }

  /** What a quorum finalized is invalid by this node's state, so it does nothing any more. */
  get isBroken(): boolean {
    return this.#finality.isBroken;
  }

  /** Says again what this validator said last: to all, and to itself, or nobody ever counts it (docs/protocol.md). */
  start(now: Micros): ReplicaEffect[] {
    assert(!this.#isStarted, "a replica starts once");
    this.#isStarted = true;
    this.#now = now;
    if (this.#isSeated) this.#repeatVotes();
    this.#isUnsettled = true;
    this.#settle();
    return this.#outbox.take();
  }

  /** Nothing is done before `start`: answers must not come from a state that is not restored yet. */
  step(event: ReplicaEvent): ReplicaEffect[] {
    if (!this.#isStarted || this.#finality.isBroken) return [];
    this.#now = Micros(Math.max(this.#now, event.now));
    switch (event.type) {
      case "message":
        this.#onMessage(event.from, event.message);
        break;
      case "tick":
      case "application-changed":
        this.#isUnsettled = true;
        break;
      case "peer-connected":
        if (event.peer !== this.#index) this.#outbox.send(event.peer, this.#status());
        break;
      case "shown":
        this.#learn(event.from, event.qc);
        break;
    }
    if (this.#isUnsettled) this.#settle();
    return this.#outbox.take();
  }

  // ---- What others say --------------------------------------------------------------------------------------

  #onMessage(from: ValidatorIndex, message: ConsensusMessage): void {
    if (from === this.#index) return;
    if (!isMember(this.#committee, from)) return this.#onAsked(from, message);
    this.#pacemaker.heard(from, this.#now);
    switch (message.type) {
      case "propose":
        return this.#onPropose(from, message);
      case "vote":
        return this.#onVote(from, message);
      case "certificate":
        return void this.#learn(from, message.qc);
      case "status":
        return this.#onStatus(from, message);
      case "blocks":
        return this.#onBlocks(from, message);
      case "get-blocks":
      case "get-certificates":
        return this.#onAsked(from, message);
    }
  }

  /** All that an observer may say: how far it is, and what it lacks. */
  #onAsked(from: ValidatorIndex, message: ConsensusMessage): void {
    if (message.type === "get-blocks") this.#serving.onGetBlocks(from, message, this.#now);
    if (message.type === "get-certificates")
      this.#serving.onGetCertificates(from, message, this.#now);
    if (message.type === "status" && message.epoch === this.epoch)
      this.#serving.onStatus(from, message, this.#now);
  }

  #onPropose(from: ValidatorIndex, proposal: Propose): void {
    const { header, parentQC, skips, commitQC, signature } = proposal;
    if (header.epoch !== this.epoch) return;
    if (from !== this.#leaderOf(header.view)) return this.#outbox.fault(from, "NOT_THE_LEADER");
    if (!isJustified(proposal, this.epoch, this.#origin))
      return this.#outbox.fault(from, "UNJUSTIFIED_PROPOSAL");
    if (!this.#learn(from, commitQC, parentQC, ...skips)) return;
    const candidate = toCandidate(proposal);
    const { hash } = candidate;
    this.#cast({ kind: "prepare", view: header.view, hash, signer: from, signature });
    if (this.#isCertified(header.view, hash)) this.#addHeader(header, hash);
    if (header.view < this.view || !isInWindow(header.view, this.view)) return;
    if (this.#candidates.has(header.view)) return;
    this.#candidates.set(header.view, candidate);
    this.#isUnsettled = true;
  }

  #onVote(from: ValidatorIndex, vote: Vote): void {
    const { kind, view, hash, signature, justification, commitQC } = vote;
    if (vote.epoch !== this.epoch) return;
    if (kind === "skip" && !equalBytes(hash, zeroHash))
      return this.#outbox.fault(from, "SKIP_OF_A_BLOCK");
    if (!this.#learn(from, commitQC, justification)) return;
    this.#cast({ kind, view, hash, signer: from, signature });
    // The leader itself says that it has nothing to propose, so nobody needs to wait for it.
    if (kind === "skip" && view === this.view && from === this.leader && this.#isSeated)
      this.#skip();
  }

  #onStatus(from: ValidatorIndex, status: Status): void {
    if (status.epoch !== this.epoch || !this.#learn(from, status.commitQC, status.entry)) return;
    this.#serving.onStatus(from, status, this.#now);
  }

  #onBlocks(from: ValidatorIndex, { headers, certificate }: Blocks): void {
    if (certificate?.epoch === this.epoch && this.#sync.isAwaited(from, certificate.hash)) {
      const isCommit = certificate.kind === "commit" && this.#certificates.isValid(certificate);
      if (!isCommit) return this.#outbox.fault(from, "BAD_CERTIFICATE");
      this.#sync.prove(certificate);
    }
    for (const header of this.#sync.take(from, headers)) this.#addHeader(header, blockHash(header));
    if (this.#sync.isActive) this.#isUnsettled = true;
  }

  /** False when one of them is forged, and then nothing else of the message is looked at. */
  #learn(from: ValidatorIndex, ...qcs: readonly (QC | undefined)[]): boolean {
    for (const qc of qcs) {
      if (qc === undefined || this.#certificates.isKnown(qc)) continue;
      if (!this.#certificates.isValid(qc)) {
        this.#outbox.fault(from, "BAD_CERTIFICATE");
        return false;
      }
      this.#accept(qc);
    }
    return true;
  }

  #cast(vote: VoteStatement & { signer: ValidatorIndex; signature: Uint8Array }): void {
    if (!isInWindow(vote.view, this.view)) return;
    const { certificate, faults, isNew } = this.#votes.add(vote);
    if (isNew) this.#outbox.log(this.epoch, vote);
    for (const { peer, code, evidence } of faults) this.#outbox.fault(peer, code, evidence);
    if (certificate !== undefined && !this.#certificates.isKnown(certificate))
      this.#accept(certificate);
  }

  /** A certificate that is new and verified: the one thing that moves a view or makes a block final. */
  #accept(qc: QC): void {
    const isNews = qc.view >= this.view || qc.kind === "commit";
    const { commit: before } = this.#certificates;
    const isBehind = before !== undefined && before.view > this.#tree.final.view;
    if (qc.kind === "commit" && isBehind) this.#sync.overtake(before);
    const dropped = this.#certificates.add(qc);
    // In one batch: a view whose certificate went while the later one was lost would be entered by nothing.
    this.#outbox.keep(writeCertificate(qc), ...dropCertificates(dropped));
    if (qc.kind === "commit") this.#votes.settle(qc.view);
    const candidate = this.#candidates.get(qc.view);
    if (candidate !== undefined && this.#isCertified(qc.view, candidate.hash))
      this.#addHeader(candidate.proposal.header, candidate.hash);
    if (qc.kind === "prepare" && this.#isSeated) this.#tryCommit();
    // A COMMIT of ours carries the PrepareQC to everyone.
    const isTold = qc.kind === "prepare" && this.#safety.lastCommit === qc.view;
    if (isNews && !isTold) this.#outbox.broadcast({ type: "certificate", qc });
    this.#enter(View(qc.view + 1));
    this.#isUnsettled = true;
  }

  #enter(view: View): void {
    if (view <= this.view) return;
    const closed = View(view - 1);
    const isCertified = this.#certificates.block(closed) !== undefined;
    const isAfterFailure = !isCertified || this.#safety.lastSkip >= closed;
    this.#pacemaker.enter(view, isAfterFailure, this.#now);
    this.#votes.prune(View(Math.max(0, view - limits.viewsAheadMax)));
    for (const earlier of this.#candidates.keys())
      if (earlier < view) this.#candidates.delete(earlier);
  }

  #addHeader(header: Header, hash: Uint8Array): void {
    if (this.#tree.get(hash) !== undefined) return;
    if (this.#tree.insert(header, hash) === undefined) return;
    this.#outbox.keep(writeHeaderOf({ header, hash }));
    this.#isUnsettled = true;
  }

  // ---- The rules --------------------------------------------------------------------------------------------

  #settle(): void {
    do {
      this.#isUnsettled = false;
      if (!this.#isSeated) break;
      this.#tryPrepare();
      this.#tryCommit();
      this.#tryPropose();
      this.#trySkip();
    } while (this.#isUnsettled);
    this.#trySync();
    this.#tryStatus();
    this.#finality.advance(this.#now);
  }

  #tryPrepare(): void {
    const candidate = this.#candidates.get(this.view);
    if (candidate === undefined) return;
    this.#pacemaker.sawProposal(this.#now);
    if (!mayPrepare(this.#safety, this.view)) return;
    const { header } = candidate.proposal;
    const verdict = this.#judge(header);
    if (verdict === "missing") return;
    if (verdict === "invalid") this.#outbox.fault(this.leader, "INVALID_PROPOSAL");
    if (verdict !== "valid") return this.#skip();
    this.#prepare(header, candidate.hash);
    this.#vote({ kind: "prepare", view: header.view, hash: candidate.hash });
  }

  /** S3: the certificates of the parent and of the gap are held; then whatever the payload means. */
  #judge(header: Header): ReturnType<Application["evaluate"]> {
    if (!this.#isGapClosed(header.parentView)) return "missing";
    const branch = this.#tree.branch(header.parent);
    if (branch === undefined) return "missing";
    if (!isChild(header, branch.at(-1)?.header ?? this.#tree.final)) return "invalid";
    return this.#application.evaluate(header, toHeaders(branch), this.#now);
  }

  /** S2 and S4, for every view whose block is certified. */
  #tryCommit(): void {
    for (const { view, hash } of this.#certificates.blocksAbove(this.commitQC?.view ?? View(0))) {
      if (!mayCommit(this.#safety, view)) continue;
      const branch = this.#tree.branch(hash);
      if (branch === undefined || !this.#finality.hasData(branch, this.#now)) continue;
      this.#safety = committed(this.#safety, view);
      this.#outbox.barrier(writeSafety(this.#safety));
      this.#vote({ kind: "commit", view, hash });
    }
  }

  #tryPropose(): void {
    const { view } = this;
    if (this.leader !== this.#index || !mayPrepare(this.#safety, view)) return;
    const parent = this.#parent();
    if (parent === undefined || !this.#isGapClosed(parent.view)) return;
    const branch = this.#tree.branch(parent.hash);
    if (branch === undefined) return;
    const allowEmpty = this.#pacemaker.mayBeIdle(this.#now);
    // Slowly, but for ever: blocks that were certified too late to be committed become final only by a new one.
    if (branch.length >= limits.unfinalizedMax && !allowEmpty) return;
    const options = { view, parentView: parent.view, allowEmpty, now: this.#now };
    const payload = this.#application.propose(toHeaders(branch), options);
    if (payload === undefined) return;
    const header: Header = {
      version: 1,
      epoch: this.epoch,
      view,
      height: Height((branch.at(-1)?.header ?? this.#tree.final).height + 1),
      parent: parent.hash,
      parentView: parent.view,
      payload,
    };
    const hash = blockHash(header);
    this.#prepare(header, hash);
    this.#propose(header, hash);
  }

  #trySkip(): void {
    if (!this.#pacemaker.hasSeenWork && this.#hasWork()) this.#pacemaker.sawWork(this.#now);
    if (this.#pacemaker.isSkipDue(this.#now)) this.#skip();
  }

  #trySync(): void {
    const { delay } = this.#pacemaker;
    this.#sync.pursue(this.#syncGoal(), this.#now, delay);
    const request = this.#sync.ask(this.#now, delay);
    if (request !== undefined) this.#outbox.send(request.to, request.message);
  }

  #tryStatus(): void {
    if (this.#now < this.#statusDueAt) return;
    this.#statusDueAt = this.#now + statusInterval;
    // When nothing is certified for a while, and so nothing is written.
    this.#outbox.flushLog();
    this.#outbox.broadcast(this.#status());
  }

  // ---- What this validator says -----------------------------------------------------------------------------

  /** On disk before anyone sees it: who forgot its PREPARE would give another one in the same view. */
  #prepare(header: Header, hash: Uint8Array): void {
    this.#safety = prepared(this.#safety, header.view, hash);
    const node = this.#tree.insert(header, hash);
    if (node !== undefined) node.isValid = true;
    this.#outbox.barrier(writeHeaderOf({ header, hash }), writeSafety(this.#safety));
  }

  /** A proposal is its leader's PREPARE, and carries all that shows that it may stand where it stands. */
  #propose(header: Header, hash: Uint8Array): void {
    const { view, parentView } = header;
    const signature = this.#sign({ kind: "prepare", view, hash });
    const gap = gapViews(parentView, view);
    const skips: QC[] = [];
    for (let at = gap.from; at <= gap.to; at++) {
      const skip = this.#certificates.skip(View(at));
      if (skip !== undefined) skips.push(skip);
    }
    const parentQC = this.#certificates.block(parentView);
    const { commitQC } = this;
    this.#outbox.broadcast({ type: "propose", header, parentQC, skips, commitQC, signature });
    this.#cast({ kind: "prepare", view, hash, signer: this.#index, signature });
  }

  #skip(): void {
    const { view } = this;
    this.#pacemaker.sentSkip(this.#now);
    if (!maySkip(this.#safety, view, this.view)) return;
    if (view > this.#safety.lastSkip) {
      this.#safety = skipped(this.#safety, view);
      this.#outbox.barrier(writeSafety(this.#safety));
    }
    this.#vote({ kind: "skip", view, hash: zeroHash });
  }

  /** To all, and into our own count. Whatever forbids to say otherwise is on disk by now. */
  #vote(statement: VoteStatement): void {
    const { kind, view } = statement;
    const signature = this.#sign(statement);
    const justification = {
      prepare: undefined,
      commit: this.#certificates.block(view),
      skip: this.#certificates.highest,
    }[kind];
    const commitQC = kind === "skip" ? this.commitQC : undefined;
    const { epoch } = this;
    const vote = { type: "vote", ...statement, epoch, signature, justification, commitQC } as const;
    this.#outbox.broadcast(vote);
    this.#cast({ ...statement, signer: this.#index, signature });
  }

  #sign(statement: VoteStatement): Uint8Array {
    const { epoch } = this;
    return this.#signatures.sign(inEnvelope(statement, { domain: this.#domain, epoch }));
  }

  #repeatVotes(): void {
    const { lastCommit, lastPrepare, lastSkip, prepareHash } = this.#safety;
    const { view } = this;
    const certified = this.#certificates.block(lastCommit);
    if (lastCommit > (this.commitQC?.view ?? 0) && certified !== undefined)
      this.#vote({ kind: "commit", view: lastCommit, hash: certified.hash });
    if (lastSkip >= view) return this.#skip();
    if (lastPrepare !== view) return;
    const header = this.#tree.get(prepareHash)?.header;
    const isOwn = this.leader === this.#index && header !== undefined;
    if (isOwn && this.#isGapClosed(header.parentView)) return this.#propose(header, prepareHash);
    this.#vote({ kind: "prepare", view, hash: prepareHash });
  }

  #status(): Status {
    const { epoch, view, commitQC } = this;
    return { type: "status", epoch, view, entry: this.#certificates.highest, commitQC };
  }

  // ---- What it knows ----------------------------------------------------------------------------------------

  #recover({ certificates, headers, final, votes = [] }: Recovered): void {
    const held = [...certificates, ...(final.certificate === undefined ? [] : [final.certificate])];
    for (const qc of held.sort((a, b) => a.view - b.view))
      if (qc.epoch === this.epoch && !this.#certificates.isKnown(qc)) this.#certificates.add(qc);
    for (const header of headers.toSorted((a, b) => a.height - b.height)) this.#tree.insert(header);
    const closed = Math.max(final.view, this.#certificates.highest?.view ?? 0);
    this.#pacemaker.enter(View(closed + 1), false, this.#now);
    this.#votes.remember(votes.filter(({ view }) => isInWindow(view, this.view)));
  }

  get #isSeated(): boolean {
    return isMember(this.#committee, this.#index);
  }

  #isCertified(view: View, hash: Uint8Array): boolean {
    const qc = this.#certificates.block(view);
    return qc !== undefined && equalBytes(qc.hash, hash);
  }

  /** The certified block of the highest view: what a proposal stands on. Undefined while its certificate is lost. */
  #parent(): { readonly view: View; readonly hash: Uint8Array } | undefined {
    const qc = this.#certificates.highestBlockBelow(this.view);
    if (qc !== undefined) return qc;
    return this.#tree.final.height === this.#origin.height ? this.#tree.final : undefined;
  }

  /** Every view between that one and the current one was skipped; if not known yet, peers are asked. */
  #isGapClosed(parentView: View): boolean {
    let first: number | undefined;
    for (let at = parentView + 1; at < this.view && first === undefined; at++)
      if (this.#certificates.skip(View(at)) === undefined) first = at;
    if (first === undefined) return true;
    const peers = this.#committee.members.map((_, seat) => seat as ValidatorIndex);
    const to = this.#gapAsker.next(peers, this.#now, this.#pacemaker.delay);
    if (to !== undefined)
      this.#outbox.send(to, {
        type: "get-certificates",
        epoch: this.epoch,
        from: View(first),
        to: View(Math.min(this.view - 1, first + limits.skipsMax - 1)),
      });
    return false;
  }

  #hasWork(): boolean {
    const parent = this.#parent();
    const branch = parent === undefined ? undefined : this.#tree.branch(parent.hash);
    // On a long branch the leader may take its time, whatever there is to do.
    if (branch === undefined || branch.length >= limits.unfinalizedMax) return false;
    return this.#application.hasWork(toHeaders(branch));
  }

  /** What is final comes first, then what the current proposal stands on, then what the next one will. */
  #syncGoal(): Goal | undefined {
    const { commit } = this.#certificates;
    const parentQC = this.#candidates.get(this.view)?.proposal.parentQC;
    const highest = this.#certificates.highestBlockBelow(this.view);
    for (const qc of [commit, parentQC, highest])
      if (
        qc !== undefined &&
        qc.view > this.#tree.final.view &&
        this.#tree.missing(qc.hash) !== undefined
      )
        return { hash: qc.hash, view: qc.view, signers: qc.signers, isFinal: qc === commit };
    return undefined;
  }
}
