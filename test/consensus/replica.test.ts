import fc from "fast-check";
import { expect, test } from "vitest";
import type { Recovered } from "../../consensus/index.ts";
import { committed, initialSafety, prepared, skipped } from "../../consensus/safety.ts";
import {
  blockHash,
  type ConsensusMessage,
  type Header,
  Micros,
  type QC,
  spaces,
  View,
  zeroHash,
} from "../../protocol/index.ts";
import {
  Bench,
  certify,
  epoch,
  faultsIn,
  fresh,
  headerOn,
  leaderOf,
  messagesIn,
  proposalOf,
  startTime,
  voteOf,
  votesIn,
} from "./support.ts";

const leader = leaderOf(View(1));
const follower = (leader + 1) % 4;
const others = [0, 1, 2, 3].filter((seat) => seat !== follower);
const first = headerOn(undefined, 1, [7]);

test("a leader with work proposes, and its block and its PREPARE are on disk before anyone hears of them", () => {
  const bench = new Bench(leader);
  bench.application.receive(7, true);
  const effects = bench.wait(20_000).filter(({ type }) => type !== "send");
  expect(effects.map(({ type }) => type)).toEqual(["persist", "broadcast"]);
  expect(effects[0]).toMatchObject({ sync: true });
  expect(spacesOf(effects[0])).toEqual([spaces.block, spaces.safety]);
  expect(messagesIn(effects)).toMatchObject([{ type: "propose", header: { height: 1 } }]);
});

test("a leader without work waits, and then shows that it is there", () => {
  const bench = new Bench(leader);
  expect(messagesIn(bench.wait(280_000)).filter(({ type }) => type === "propose")).toEqual([]);
  expect(messagesIn(bench.wait(40_000)).map(({ type }) => type)).toContain("propose");
});

test("a good proposal is voted for once, after the disk knows", () => {
  const bench = benchWith(7);
  const effects = bench.hear(leader, proposalOf(first, undefined));
  expect(effects.map(({ type }) => type)).toEqual(["persist", "broadcast"]);
  expect(effects[0]).toMatchObject({ sync: true });
  expect(votesIn(effects)).toEqual(["prepare 1"]);
  expect(votesIn(bench.hear(leader, proposalOf(first, undefined)))).toEqual([]);
  const second = bench.hear(leader, proposalOf(headerOn(undefined, 1), undefined));
  expect(votesIn(second)).toEqual([]);
  expect(faultsIn(second)).toEqual(["EQUIVOCATION"]);
});

test("three phases later the block is final", () => {
  const bench = benchWith(7);
  bench.hear(leader, proposalOf(first, undefined));
  const prepares = others.flatMap((seat) => bench.hear(seat, voteOf(seat, "prepare", first)));
  expect(votesIn(prepares)).toEqual(["commit 1"]);
  expect(bench.replica.view).toBe(2);
  const commits = others.flatMap((seat) => bench.hear(seat, voteOf(seat, "commit", first)));
  expect(commits).toContainEqual({
    type: "finalized",
    headers: [first],
    certificate: expect.objectContaining({ kind: "commit", view: 1 }),
  });
  expect(bench.replica.finalHeight).toBe(1);
});

test("a COMMIT waits for the data, and follows when it is there", () => {
  const bench = new Bench(follower);
  bench.application.receive(7, false);
  bench.hear(leader, proposalOf(first, undefined));
  expect(votesIn(bench.hear(leader, certificate(certify("prepare", first))))).toEqual([]);
  bench.application.receive(7, true);
  const effects = bench.replica.step({ type: "application-changed", now: bench.now });
  expect(votesIn(effects)).toEqual(["commit 1"]);
});

test("a COMMIT also waits for the data of unfinalized ancestors", () => {
  const bench = benchWith(8);
  const second = headerOn(first, 2, [8]);
  bench.application.receive(7, false);
  bench.hear(leader, proposalOf(first, undefined));
  bench.hear(leader, certificate(certify("prepare", first)));
  bench.hear(leaderOf(View(2)), proposalOf(second, certify("prepare", first)));
  expect(votesIn(bench.hear(leader, certificate(certify("prepare", second))))).toEqual([]);
});

test("a proposal that misses something is voted for when that arrives", () => {
  const bench = new Bench(follower);
  expect(votesIn(bench.hear(leader, proposalOf(first, undefined)))).toEqual([]);
  bench.application.receive(7, false);
  const effects = bench.replica.step({ type: "application-changed", now: bench.now });
  expect(votesIn(effects)).toEqual(["prepare 1"]);
});

test("an invalid proposal is answered with a SKIP at once", () => {
  const bench = new Bench(follower);
  const bad = { ...first, payload: new Uint8Array([1, 2, 3]) };
  const effects = bench.hear(leader, proposalOf(bad, undefined));
  expect(faultsIn(effects)).toEqual(["INVALID_PROPOSAL"]);
  expect(votesIn(effects)).toEqual(["skip 1"]);
});

test("a stale one as well, but nobody is blamed for our clock", () => {
  const bench = benchWith(7);
  bench.now = Micros(startTime + 60_000_000);
  const effects = bench.hear(leader, proposalOf(first, undefined));
  expect(faultsIn(effects)).toEqual([]);
  expect(votesIn(effects)).toContain("skip 1");
});

test("a leader that gives up need not be waited for", () => {
  const bench = new Bench(follower);
  expect(votesIn(bench.hear(leader, voteOf(leader, "skip", 1)))).toEqual(["skip 1"]);
  const another = new Bench(follower);
  const stranger = others.find((seat) => seat !== leader) ?? 0;
  expect(votesIn(another.hear(stranger, voteOf(stranger, "skip", 1)))).toEqual([]);
});

test("after a SKIP, a late certificate moves the view and is passed on, but is not committed", () => {
  const bench = benchWith(7);
  expect(votesIn(bench.wait(140_000))).toEqual(["skip 1"]);
  const effects = bench.hear(leader, certificate(certify("prepare", first)));
  expect(bench.replica.view).toBe(2);
  expect(votesIn(effects)).toEqual([]);
  expect(messagesIn(effects)).toContainEqual(certificate(certify("prepare", first)));
  bench.hear(leader, proposalOf(first, undefined));
  expect(votesIn(bench.wait(400_000)).filter((vote) => vote.startsWith("commit"))).toEqual([]);
});

test("a SKIP is said again as long as the view lasts, and carries what helps others into it", () => {
  const bench = new Bench(follower);
  bench.hear(leader, certificate(certify("skip", 1)));
  bench.application.receive(7, true);
  const skips = messagesIn(bench.wait(400_000)).filter(
    (message) => message.type === "vote" && message.kind === "skip",
  );
  expect(skips.length).toBeGreaterThanOrEqual(3);
  expect(skips[0]).toMatchObject({ view: 2, justification: certify("skip", 1) });
});

test("only certificates move a view: neither time nor f + 1 votes do", () => {
  const bench = new Bench(follower);
  bench.wait(5_000_000);
  expect(bench.replica.view).toBe(1);
  bench.hear(others[0] ?? 0, voteOf(others[0] ?? 0, "skip", 1));
  expect(bench.replica.view).toBe(1);
  bench.hear(others[1] ?? 0, voteOf(others[1] ?? 0, "skip", 1));
  expect(bench.replica.view).toBe(2);
});

test("a proposal of a view to come is kept until the view comes", () => {
  const bench = benchWith(7);
  const second = headerOn(first, 3);
  const skip = certify("skip", 2);
  const proposal = proposalOf(second, certify("prepare", first), [skip]);
  bench.hear(leader, proposalOf(first, undefined));
  // The certificates in it bring us there.
  expect(votesIn(bench.hear(leaderOf(View(3)), proposal))).toContain("prepare 3");
});

test("proposals of strangers and without justification are faults", () => {
  const bench = benchWith(7);
  expect(faultsIn(bench.hear((leader + 2) % 4, proposalOf(first, undefined)))).toEqual([
    "NOT_THE_LEADER",
  ]);
  const gap = headerOn(undefined, 1 + 4, [7]);
  expect(faultsIn(bench.hear(leader, proposalOf(gap, undefined)))).toEqual([
    "UNJUSTIFIED_PROPOSAL",
  ]);
  expect(bench.replica.view).toBe(1);
});

test("a forged certificate is a fault, whatever carries it", () => {
  const forged: QC = { ...certify("prepare", first), view: View(50) };
  const bench = new Bench(follower);
  const carriers: ConsensusMessage[] = [
    certificate(forged),
    voteOf(leader, "commit", first, forged),
    { type: "status", epoch, view: View(1), entry: forged, commitQC: undefined },
    proposalOf({ ...headerOn(undefined, 51), parentView: View(50), parent: forged.hash }, forged),
  ];
  for (const message of carriers)
    expect(faultsIn(bench.hear(leaderOf(View(51)), message))).toEqual(["BAD_CERTIFICATE"]);
  expect(bench.replica.view).toBe(1);
});

test("a leader that lacks a gap's certificates asks for them, and then proposes", () => {
  const bench = new Bench(leaderOf(View(4)));
  bench.application.receive(9, true);
  const from = (leaderOf(View(4)) + 1) % 4;
  const effects = bench.hear(from, certificate(certify("skip", 3)));
  expect(messagesIn(effects)).toContainEqual({
    type: "get-certificates",
    epoch,
    from: View(1),
    to: View(3),
  });
  bench.hear(from, certificate(certify("skip", 1)));
  const proposals = messagesIn(bench.hear(from, certificate(certify("skip", 2))));
  expect(proposals).toContainEqual(
    expect.objectContaining({
      type: "propose",
      skips: [1, 2, 3].map((view) => certify("skip", view)),
    }),
  );
});

test("the parent of a proposal is fetched when it is unknown", () => {
  const from = leaderOf(View(2));
  const bench = new Bench([0, 1, 2].find((seat) => seat !== leader && seat !== from) ?? 3);
  bench.hear(from, proposalOf(headerOn(first, 2), certify("prepare", first)));
  const request = messagesIn(bench.wait(60_000)).find(({ type }) => type === "get-blocks");
  expect(request).toMatchObject({ type: "get-blocks", hash: blockHash(first) });
});

test("blocks that were certified too late to be committed slow a leader down and do not stop it", () => {
  const bench = benchWith(7);
  const chain: Header[] = [];
  let view = 1;
  for (; chain.length < 16 || leaderOf(View(view)) !== bench.index; view++) {
    const parent = chain.at(-1);
    const gap = view - (parent?.view ?? 0) - 1;
    const skips = Array.from({ length: gap }, (_, i) => certify("skip", view - gap + i));
    const header = headerOn(parent, view);
    const isOwn = leaderOf(View(view)) === bench.index;
    if (!isOwn) chain.push(header);
    if (!isOwn)
      bench.hear(
        leaderOf(View(view)),
        proposalOf(header, parent && certify("prepare", parent), skips),
      );
    const closing = isOwn ? certify("skip", view) : certify("prepare", header);
    bench.hear((bench.index + 1) % 4, certificate(closing));
  }
  expect(bench.replica.view).toBe(view);
  const isProposed = (duration: number): boolean =>
    messagesIn(bench.wait(duration)).some(({ type }) => type === "propose");
  expect(isProposed(280_000)).toBe(false);
  expect(isProposed(40_000)).toBe(true);
});

test("what a quorum finalized and we find invalid stops us: our own state is wrong", () => {
  const bench = benchWith(7);
  const bad = { ...first, payload: new Uint8Array([1, 2, 3]) };
  bench.hear(leader, certificate(certify("commit", bad)));
  bench.hear(leader, proposalOf(bad, undefined));
  expect(bench.replica.isBroken).toBe(true);
  expect(bench.wait(2_000_000)).toEqual([]);
});

test("nothing is said before the start", () => {
  const bench = new Bench(follower);
  expect(messagesIn(bench.started)).toMatchObject([{ type: "status", view: 1 }]);
});

test("a peer that connects hears where we are", () => {
  const bench = new Bench(follower);
  const peer = bench.index === 0 ? 1 : 0;
  const effects = bench.replica.step({
    type: "peer-connected",
    now: bench.now,
    peer: peer as never,
  });
  expect(effects).toMatchObject([{ type: "send", to: peer, message: { type: "status", view: 1 } }]);
});

test("after a restart a SKIP is said again, and counts for ourselves", () => {
  const bench = new Bench(follower, recoveredWith(skipped(initialSafety(epoch), View(1))));
  expect(votesIn(bench.started)).toEqual(["skip 1"]);
  bench.hear(others[0] ?? 0, voteOf(others[0] ?? 0, "skip", 1));
  bench.hear(others[1] ?? 0, voteOf(others[1] ?? 0, "skip", 1));
  expect(bench.replica.view).toBe(2);
});

test("after a restart a PREPARE is said again, for the same block only", () => {
  const safety = prepared(initialSafety(epoch), View(1), blockHash(first));
  const bench = new Bench(follower, recoveredWith(safety));
  expect(messagesIn(bench.started)).toContainEqual(
    expect.objectContaining({ type: "vote", kind: "prepare", hash: blockHash(first) }),
  );
  bench.application.receive(9, true);
  const rival = proposalOf(headerOn(undefined, 1, [9]), undefined);
  expect(votesIn(bench.hear(leader, rival))).toEqual([]);
});

test("after a restart a leader makes the proposal that it made, and no other", () => {
  const safety = prepared(initialSafety(epoch), View(1), blockHash(first));
  const bench = new Bench(leader, { ...recoveredWith(safety), headers: [first] });
  expect(messagesIn(bench.started)).toContainEqual(proposalOf(first, undefined));
  bench.application.receive(9, true);
  expect(messagesIn(bench.wait(80_000)).filter(({ type }) => type === "propose")).toEqual([]);
});

test("after a restart a COMMIT is said again with its certificate, until it is final", () => {
  const safety = committed(prepared(initialSafety(epoch), View(1), blockHash(first)), View(1));
  const qc = certify("prepare", first);
  const bench = new Bench(follower, { ...recoveredWith(safety), certificates: [qc] });
  expect(messagesIn(bench.started)).toContainEqual(
    expect.objectContaining({ type: "vote", kind: "commit", hash: qc.hash, justification: qc }),
  );
  expect(bench.replica.view).toBe(2);
  const done = { ...recoveredWith(safety), certificates: [qc, certify("commit", first)] };
  expect(votesIn(new Bench(follower, done).started)).toEqual([]);
});

test("no message can make it throw", () => {
  const bench = benchWith(7);
  const blocks = [first, headerOn(first, 2), headerOn(undefined, 3, [1])];
  const view = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constant(Number.MAX_SAFE_INTEGER));
  const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.oneof(
      fc.constantFrom(...blocks.map(blockHash), zeroHash).map((hash) => hash.slice(0, length)),
      fc.uint8Array({ minLength: length, maxLength: length }),
    );
  const kind = fc.constantFrom("prepare", "commit", "skip");
  const qc = fc.oneof(
    fc.constantFrom(...blocks).chain((block) => kind.map((k) => certify(k, block))),
    view.filter((v) => v < 100).map((v) => certify("skip", v)),
    fc.record({
      kind,
      epoch: fc.constantFrom(0, 1),
      view,
      hash: bytes(32),
      signers: fc.array(fc.integer({ min: 0, max: 127 }), { maxLength: 6 }),
      signature: bytes(96),
    }),
  );
  const maybe = fc.option(qc, { nil: undefined });
  const header = fc.oneof(
    fc.constantFrom(...blocks),
    fc.record({
      version: fc.constant(1),
      epoch: fc.constantFrom(0, 1),
      view,
      height: view,
      parent: bytes(32),
      parentView: view,
      payload: fc.uint8Array({ maxLength: 40 }),
    }),
  );
  const message = fc.oneof(
    fc.record({
      type: fc.constant("propose"),
      header,
      parentQC: maybe,
      skips: fc.array(qc, { maxLength: 3 }),
      commitQC: maybe,
      signature: bytes(96),
    }),
    fc.record({
      type: fc.constant("vote"),
      kind,
      epoch: fc.constantFrom(0, 1),
      view,
      hash: bytes(32),
      signature: bytes(96),
      justification: maybe,
      commitQC: maybe,
    }),
    fc.record({ type: fc.constant("certificate"), qc }),
    fc.record({
      type: fc.constant("status"),
      epoch: fc.constant(0),
      view,
      entry: maybe,
      commitQC: maybe,
    }),
    fc.record({ type: fc.constant("get-blocks"), hash: bytes(32), count: fc.nat(65_535) }),
    fc.record({
      type: fc.constant("blocks"),
      headers: fc.array(header, { maxLength: 4 }),
      certificate: fc.option(qc, { nil: undefined }),
    }),
    fc.record({
      type: fc.constant("get-certificates"),
      epoch: fc.constant(0),
      from: view,
      to: view,
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), message, (from, each) => {
      bench.now = Micros(bench.now + 1_000);
      bench.hear(from, each as unknown as ConsensusMessage);
      bench.wait(20_000);
    }),
    { numRuns: 2_000 },
  );
});

/** A follower that holds this item. */
function benchWith(item: number): Bench {
  const bench = new Bench(follower);
  bench.application.receive(item, true);
  return bench;
}

function recoveredWith(safety: Recovered["safety"]): Recovered {
  return safety === undefined ? fresh : { ...fresh, safety };
}

function certificate(qc: QC): ConsensusMessage {
  return { type: "certificate", qc };
}

function spacesOf(effect: { type: string } | undefined): string[] {
  const writes = (effect as { writes?: { space: string }[] } | undefined)?.writes ?? [];
  return writes.map(({ space }) => space);
}
