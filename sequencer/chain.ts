// What the blocks of consensus mean. Consensus agrees on payloads it does not understand; here they are worked
// out: a cut through the lanes (mempool) whose transactions the state after the parent admits (ledger). The answer is a
// pure function of the chain, so a proposal is valid when a validator works out what its header says.

import { assert, BoundedMap, equalBytes, type Gauge, toHex } from "../base/index.ts";
import type { Application } from "../consensus/index.ts";
import type { BlockDraft, Ledger } from "../ledger/index.ts";
import type { Mempool, Ordering } from "../mempool/index.ts";
import {
  blockHash,
  type Committee,
  type Cut,
  decodePayload,
  emptyTip,
  encodePayload,
  type Genesis,
  type Header,
  Height,
  limits,
  Micros,
  namespacesRoot,
  type Payload,
  type QC,
  type ValidatorIndex,
  type View,
  zeroHash,
} from "../protocol/index.ts";
import { isClosing, judgeClosing, mayClose } from "./closing.ts";
import type { ExecutedBlock, FinalBlock, OrderedTransaction } from "./executed-block.ts";
import type { L1Log } from "./l1-log.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Voiding } from "./voiding.ts";

/** A leader names an L1 block only this long after it read it, so that the others have read it too, µs. */
const l1Settling = 3_000_000;
/** A block this much older than our clock is stale; twice as much for every view skipped before it, µs. */
const freshness = 2_000_000;
const freshnessDoublingsMax = 6;
/** Final blocks that wait: one page of them, or what a restart finds on disk above the last snapshot. */
const backlogMax = limits.unopenedHeightsMax + 2 * limits.snapshotHeights;
/** Blocks above the final one whose order is at hand, over all branches. */
const executedMax = 4 * limits.unfinalizedMax;

/** Where a branch ends: what the next block stands on. */
export interface Tip {
  readonly height: Height;
  readonly hash: Uint8Array;
  readonly cut: Cut;
  readonly time: Micros;
  readonly l1: { readonly number: number; readonly hash: Uint8Array };
  /** Height of the last snapshot that the branch names, 0 for none. */
  readonly named: Height;
  /** The branch closes the epoch: what follows in it is empty, and nothing at all once that is final. */
  readonly isClosed: boolean;
}

export interface ChainParts {
  readonly mempool: Mempool;
  readonly ledger: Ledger;
  readonly l1: L1Log;
  readonly snapshots: Pick<Snapshots, "newest" | "rootAt">;
  /** `Parameters.epochTime`. */
  readonly epochTime: number;
  /** Whether the committee of this epoch has a key to seal to. */
  readonly hasSealingKey: boolean;
  /**
   * `nextCommitteeHash` of the committee with which a block of this height may close the epoch; undefined when it may
   * not, "unknown" when that is not known here yet.
   */
  nextCommittee(height: Height): Uint8Array | "unknown" | undefined;
  /** Whether final blocks await their opening in such numbers, or for so long, that nothing should be added to them. */
  isOpeningBehind(now: Micros): boolean;
  readonly voiding: Pick<Voiding, "wish" | "isAgreed" | "promise">;
  leaderOf(view: View): ValidatorIndex;
  /**
   * How long after its parent's time this node proposes a block at the earliest, µs. A leader's own choice and no rule:
   * fewer blocks cost less when machines are small, at half of it in latency.
   */
  readonly blockInterval: number;
}

type Work = "valid" | "missing" | "invalid";
type Worked = {
  readonly payload: Payload;
  readonly draft: BlockDraft;
  readonly ordering: Ordering;
  readonly ordered: readonly OrderedTransaction[];
  /** The epoch has lasted long enough to be closed by this block. */
  readonly mayClose: boolean;
};

/** What a leader chooses; the rest of a payload follows. */
type Claim = Pick<Payload, "cut" | "l1" | "snapshot" | "nextCommittee" | "voided">;

export class Chain {
  readonly #parts: ChainParts;
  /** Blocks above the last executed final one, by hash; each is an overlay in ledger and mempool. */
  readonly #executed = new BoundedMap<string, ExecutedBlock>(executedMax);
  /** Final headers whose order cannot be worked out yet, because something of theirs is still missing here. */
  readonly #queue: { readonly header: Header; readonly certificate: QC | undefined }[] = [];
  #final: Tip;
  /** What we proposed last, so that it is not worked out again when it comes back as a header. */
  #proposed: { readonly parent: string; readonly payload: Uint8Array; worked: Worked } | undefined;

  constructor(parts: ChainParts, final: Tip) {
    this.#parts = parts;
    this.#final = final;
  }

  /** The last final block that is executed here. */
  get final(): Tip {
    return this.#final;
  }

  /** Final headers that wait for data. */
  get backlog(): number {
    return this.#queue.length;
  }

  get gauges(): Gauge[] {
    return [
      { name: "executed", size: this.#executed.size, max: executedMax },
      { name: "backlog", size: this.#queue.length, max: backlogMax },
    ];
  }

  /** A block above the last final one, if its order has been worked out. */
  executed(hash: Uint8Array): ExecutedBlock | undefined {
    return this.#executed.get(toHex(hash));
  }

  /** Takes headers that consensus has finalized, ascending. */
  enqueue(headers: readonly Header[], certificate: QC | undefined): void {
    for (const [i, header] of headers.entries())
      this.#queue.push({ header, certificate: i === headers.length - 1 ? certificate : undefined });
  }

  /** Executes the next final header for good; undefined when there is none or something is missing. */
  advance(): FinalBlock | undefined {
    const next = this.#queue[0];
    if (next === undefined || this.#final.isClosed) return undefined;
    const verdict = this.#execute(next.header, this.#final);
    // A quorum worked it out otherwise than we do: going on would mean to deliver something else than they.
    assert(verdict !== "invalid", "a final block follows from the chain before it");
    if (verdict === "missing") return undefined;
    this.#queue.shift();
    const hash = blockHash(next.header);
    const block = this.#executed.get(toHex(hash));
    if (block === undefined) return undefined;
    this.#parts.ledger.finalize(hash);
    this.#parts.mempool.finalize(hash);
    this.#final = tipOf(block);
    // Only descendants of a final block have a future.
    for (const [key, { header }] of this.#executed.entries())
      if (header.height <= block.header.height) this.#executed.delete(key);
    return { ...block, certificate: next.certificate };
  }

  /** What consensus asks. */
  readonly application: Application = {
    propose: (branch, options) => this.#propose(branch, options),
    evaluate: (header, branch, now) => {
      const ancestors = this.#executeBranch(branch);
      if (ancestors !== "valid") return ancestors;
      const parent = this.#tip(branch);
      const verdict = this.#execute(header, parent);
      if (verdict !== "valid") return verdict;
      return this.#isStale(header, parent, now) || this.#isUntimely(header, now)
        ? "stale"
        : "valid";
    },
    // The order cannot be worked out without every transaction of the block, hence executed means present.
    hasData: (header, branch) =>
      this.#executeBranch(branch) === "valid" &&
      this.#execute(header, this.#tip(branch)) === "valid",
    hasWork: (branch) =>
      this.#executeBranch(branch) === "valid" && this.#hasWork(this.#tip(branch)),
  };

  #hasWork({ hash, isClosed }: Tip): boolean {
    return !isClosed && this.#parts.mempool.hasWork(hash);
  }

  #propose(
    branch: readonly Header[],
    options: Parameters<Application["propose"]>[1],
  ): Uint8Array | undefined {
    const { allowEmpty, now } = options;
    if (this.#executeBranch(branch) !== "valid") return undefined;
    const parent = this.#tip(branch);
    // Asked at every turn while it is ours to propose, so that what is cheap to know comes first.
    const isEarly = now < parent.time + this.#parts.blockInterval;
    const voided = isDirect(options) ? this.#unopened(branch, now) : undefined;
    const mayBeEmpty = allowEmpty || voided !== undefined;
    if (!mayBeEmpty && (isEarly || !this.#hasWork(parent))) return undefined;
    // Nothing sealed is ordered while too much waits to be opened: a stalled opening shows, and stays bounded.
    const isStalled = this.#parts.isOpeningBehind(now);
    const wish = {
      cut: isStalled ? parent.cut : this.#parts.mempool.bestCut(parent.hash),
      snapshot: isDirect(options) ? this.#unnamed(parent) : undefined,
      nextCommittee: zeroHash,
      voided,
    };
    // Nor is anything more read on L1, whose messages would wait in memory as well.
    const worked = isStalled
      ? this.#work(parent, { ...wish, l1: parent.l1 })
      : this.#furthest(parent, wish, now);
    if (worked === undefined || typeof worked === "string") return undefined;
    if (worked.payload.count === 0 && !mayBeEmpty) return undefined;
    const height = Height(parent.height + 1);
    // An epoch that closes while blocks wait to be opened could be over for nobody.
    const proposed = isStalled ? worked : this.#closed(worked, height);
    const payload = encodePayload(proposed.payload);
    if (voided !== undefined) this.#parts.voiding.promise(voided, height);
    this.#proposed = { parent: toHex(parent.hash), payload, worked: proposed };
    return payload;
  }

  /** The block, so that it closes the epoch if it can. */
  #closed(worked: Worked, height: Height): Worked {
    const nextCommittee = worked.mayClose ? this.#parts.nextCommittee(height) : undefined;
    if (nextCommittee === undefined || nextCommittee === "unknown") return worked;
    return { ...worked, payload: { ...worked.payload, nextCommittee } };
  }

  /** As far on L1 as a block may read, one block when that is too much at once, or no further than the parent. */
  #furthest(parent: Tip, wish: Omit<Claim, "l1">, now: Micros): Worked | undefined {
    const { l1 } = this.#parts;
    const settled = l1.newest(Micros(Math.max(0, now - l1Settling)));
    const ahead = settled === undefined ? 0 : settled.number - parent.l1.number;
    const steps = ahead <= 0 ? [0] : [Math.min(ahead, limits.l1BlocksPerBlockMax), 1, 0];
    for (const step of steps) {
      const hash = step === 0 ? parent.l1.hash : l1.hashAt(parent.l1.number + step);
      if (hash === undefined) continue;
      const number = parent.l1.number + step;
      const worked = this.#work(parent, { ...wish, l1: { number, hash } });
      if (typeof worked !== "string") return worked;
    }
    return undefined;
  }

  #executeBranch(branch: readonly Header[]): Work {
    // While final blocks wait for their data, nothing above them can be worked out; and nothing counts above the last.
    if (this.#queue.length > 0 || this.#final.isClosed) return "missing";
    let parent = this.#final;
    for (const header of branch) {
      const verdict = this.#execute(header, parent);
      if (verdict !== "valid") return verdict;
      parent = this.#tipAt(header) ?? parent;
    }
    return "valid";
  }

  /** Works the block out and keeps it as an overlay on its parent. */
  #execute(header: Header, parent: Tip): Work {
    const hash = blockHash(header);
    const key = toHex(hash);
    if (this.#isExecuted(hash)) return "valid";
    if (!equalBytes(header.parent, parent.hash)) return "invalid";
    const worked = this.#workOut(header, parent);
    if (typeof worked === "string") return worked;
    this.#parts.ledger.extend(hash, worked.draft, worked.payload);
    this.#parts.mempool.extend(parent.hash, hash, worked.payload.cut, worked.ordering);
    const { payload, ordered, ordering } = worked;
    const { dropped } = ordering;
    const named = payload.snapshot?.height ?? parent.named;
    const isClosed = parent.isClosed || isClosing(payload.nextCommittee);
    this.#executed.set(key, { header, hash, payload, ordered, dropped, named, isClosed });
    return "valid";
  }

  /** What ledger or mempool had to let go of, because there were too many branches, is worked out again. */
  #isExecuted(hash: Uint8Array): boolean {
    const { ledger, mempool } = this.#parts;
    return this.#executed.has(toHex(hash)) && ledger.hasBlock(hash) && mempool.isOrdered(hash);
  }

  #workOut(header: Header, parent: Tip): Worked | "missing" | "invalid" {
    const worked = this.#ownProposal(header, parent) ?? this.#workOutClaimed(header, parent);
    if (typeof worked === "string") return worked;
    const { payload } = worked;
    const known = this.#parts.nextCommittee(header.height);
    const verdicts = [
      judgeClosing(payload.nextCommittee, { mayClose: worked.mayClose, known }),
      this.#judgeSnapshot(payload.snapshot, header, parent),
      judgeVoided(payload.voided, header),
    ];
    if (verdicts.includes("invalid")) return "invalid";
    return verdicts.includes("missing") ? "missing" : worked;
  }

  #ownProposal(header: Header, parent: Tip): Worked | undefined {
    const proposed = this.#proposed;
    this.#proposed = undefined;
    const isOurs =
      proposed !== undefined &&
      proposed.parent === toHex(parent.hash) &&
      equalBytes(proposed.payload, header.payload);
    return isOurs ? proposed.worked : undefined;
  }

  #workOutClaimed(header: Header, parent: Tip): Worked | "missing" | "invalid" {
    const claimed = decodePayload(header.payload);
    if (claimed === undefined) return "invalid";
    // Whose proposal it is has what it names: a lane may have been shown to nobody else.
    const worked = this.#work(parent, claimed, this.#parts.leaderOf(header.view));
    if (typeof worked === "string") return worked;
    // One encoding per value: equal bytes are the equal cut, time, count, order and cursor.
    return equalBytes(encodePayload(worked.payload), header.payload) ? worked : "invalid";
  }

  /**
   * A block may name a state only right after its parent's view, so that states which differ, or openings that few have,
   * cost every other view and never stop the chain. It names one of the two newest, which whoever holds the parent's
   * state has made, was given with the state it began from, or makes as soon as the openings are here; and each once.
   */
  #judgeSnapshot(snapshot: Payload["snapshot"], header: Header, parent: Tip): Work {
    if (snapshot === undefined) return "valid";
    const { height, root } = snapshot;
    if (!isDirect(header) || !mayName(height, parent)) return "invalid";
    const ours = this.#parts.snapshots.rootAt(height);
    if (ours === undefined) return "missing";
    return equalBytes(ours, root) ? "valid" : "invalid";
  }

  /** The newest state that is known here and that the branch has not named. */
  #unnamed(parent: Tip): Payload["snapshot"] {
    const { newest } = this.#parts.snapshots;
    return newest !== undefined && mayName(newest.height, parent) ? newest : undefined;
  }

  /** What this node would declare void, unless the branch does. */
  #unopened(branch: readonly Header[], now: Micros): Height | undefined {
    const height = this.#parts.voiding.wish(now);
    if (height === undefined) return undefined;
    const isNamed = branch.some(({ payload }) => decodePayload(payload)?.voided === height);
    return isNamed ? undefined : height;
  }

  /**
   * What a node thinks of a block by its own openings alone, which is no rule: whether it agrees that a height is void,
   * and that nothing waits so long that the epoch could not end. Who votes for a void height holds it back from here on.
   */
  #isUntimely(header: Header, now: Micros): boolean {
    const payload = this.#executed.get(toHex(blockHash(header)))?.payload;
    if (payload === undefined) return false;
    const { voided, nextCommittee } = payload;
    if (isClosing(nextCommittee) && this.#parts.isOpeningBehind(now)) return true;
    if (voided === undefined) return false;
    if (!this.#parts.voiding.isAgreed(voided, now)) return true;
    this.#parts.voiding.promise(voided, header.height);
    return false;
  }

  #work(
    parent: Tip,
    { cut, l1, snapshot, nextCommittee, voided }: Claim,
    from?: ValidatorIndex,
  ): Worked | "missing" | "invalid" {
    if (parent.isClosed) return this.#workEmpty(parent);
    const { ledger, mempool, epochTime, hasSealingKey } = this.#parts;
    const height = Height(parent.height + 1);
    const draft = ledger.open({ parent: parent.hash, height, l1 });
    if (typeof draft === "string") return draft;
    const ordering = mempool.order({ parent: parent.hash, cut, gate: draft, from });
    if (typeof ordering === "string") return ordering;
    if (ordering.time < parent.time) return "invalid";
    const { ordered, leaves } = draft.finish();
    const payload: Payload = {
      cut,
      time: ordering.time,
      count: ordered.length,
      ordered: namespacesRoot(leaves),
      l1,
      nextCommittee,
      snapshot,
      voided,
    };
    const { epochStart } = draft;
    const isTime = mayClose({ epochTime, hasSealingKey, epochStart, time: ordering.time });
    return { payload, draft, ordering, ordered, mayClose: isTime };
  }

  /** What stands on a closing block is there to make it final, and goes with the epoch. */
  #workEmpty(parent: Tip): Worked | "missing" | "invalid" {
    const { ledger, mempool } = this.#parts;
    const { cut, time, l1 } = parent;
    const height = Height(parent.height + 1);
    const draft = ledger.open({ parent: parent.hash, height, l1 });
    if (typeof draft === "string") return draft;
    const ordering = mempool.orderNothing(parent.hash);
    if (ordering === "missing") return "missing";
    const { ordered, leaves } = draft.finish();
    const root = namespacesRoot(leaves);
    const place = {
      cut,
      time,
      l1,
      nextCommittee: zeroHash,
      snapshot: undefined,
      voided: undefined,
    };
    const payload: Payload = { ...place, count: 0, ordered: root };
    return { payload, draft, ordering, ordered, mayClose: false };
  }

  /**
   * Timestamp hygiene (docs/protocol.md, Order): a leader that leaves out what it must have heard long ago loses its view at
   * once. Subjective, so it relaxes with every skipped view and can stop nothing for ever.
   */
  #isStale(header: Header, parent: Tip, now: Micros): boolean {
    const block = this.#executed.get(toHex(blockHash(header)));
    const skipped = Math.min(header.view - header.parentView - 1, freshnessDoublingsMax);
    if (block === undefined || block.payload.time + freshness * 2 ** skipped >= now) return false;
    // Who adds nothing itself while too much waits to be opened expects nothing more of a leader.
    if (this.#parts.isOpeningBehind(now)) return false;
    const ours = this.#work(parent, {
      cut: this.#parts.mempool.bestCut(parent.hash),
      l1: block.payload.l1,
      snapshot: undefined,
      nextCommittee: zeroHash,
      voided: undefined,
    });
    return typeof ours !== "string" && block.payload.time < ours.payload.time;
  }

  #tip(branch: readonly Header[]): Tip {
    const last = branch.at(-1);
    return (last === undefined ? undefined : this.#tipAt(last)) ?? this.#final;
  }

  #tipAt(header: Header): Tip | undefined {
    const block = this.#executed.get(toHex(blockHash(header)));
    return block === undefined ? undefined : tipOf(block);
  }
}

/** Whether no view was skipped below the block. */
function isDirect({ view, parentView }: Pick<Header, "view" | "parentView">): boolean {
  return view === parentView + 1;
}

/** As with states: opinions on what can be opened cost every other view at most. That it is so, the votes say. */
function judgeVoided(voided: Height | undefined, header: Header): "valid" | "invalid" {
  if (voided === undefined) return "valid";
  return isDirect(header) && voided > 0 && voided < header.height ? "valid" : "invalid";
}

function mayName(height: Height, parent: Tip): boolean {
  const { snapshotHeights } = limits;
  const isNew = height > parent.named && height > parent.height - 2 * snapshotHeights;
  return isNew && height <= parent.height && height % snapshotHeights === 0;
}

/** Where the chain begins. */
export function genesisTip(genesis: Genesis, hash: Uint8Array): Tip {
  return {
    height: Height(0),
    hash,
    cut: emptyCut(genesis.committee),
    time: Micros(0),
    l1: { number: genesis.l1Start - 1, hash: zeroHash },
    named: Height(0),
    isClosed: false,
  };
}

/** Where the epoch of this committee begins, on the block that closed the one before. */
export function epochTip(closing: Tip, committee: Committee): Tip {
  return { ...closing, cut: emptyCut(committee), isClosed: false };
}

export function tipOf({
  header,
  hash,
  payload,
  named,
  isClosed,
}: Pick<ExecutedBlock, "header" | "hash" | "payload" | "named" | "isClosed">): Tip {
  const { cut, time, l1 } = payload;
  return { height: header.height, hash, cut, time, l1, named, isClosed };
}

/** No lane of the committee has been read. */
function emptyCut({ members }: Committee): Cut {
  return members.map(() => emptyTip);
}
