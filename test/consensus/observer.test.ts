// A node without a seat: it follows what the committee agrees on, and nobody hears a vote of it.

import { expect, test } from "vitest";
import { Height, limits, View } from "../../protocol/index.ts";
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
  voteOf,
  votesIn,
} from "./support.ts";

/** One above the last seat. */
const observer = 4;
const first = headerOn(undefined, 1, [7]);

test("an observer finalizes what the committee commits, and says nothing but where it is", () => {
  const bench = new Bench(observer);
  bench.application.receive(7, true);
  const effects = [
    ...bench.hear(leaderOf(View(1)), proposalOf(first, undefined)),
    ...[0, 1, 2].flatMap((seat) => bench.hear(seat, voteOf(seat, "prepare", first))),
    ...[0, 1, 2].flatMap((seat) => bench.hear(seat, voteOf(seat, "commit", first))),
  ];
  expect(effects).toContainEqual(expect.objectContaining({ type: "finalized", headers: [first] }));
  expect(votesIn(effects)).toEqual([]);
  expect(bench.replica.view).toBe(2);
});

test("an observer proposes and skips nothing, however long the view lasts", () => {
  const bench = new Bench(observer);
  bench.application.receive(7, true);
  const said = messagesIn([...bench.started, ...bench.wait(3_000_000)]);
  expect(new Set(said.map(({ type }) => type))).toEqual(new Set(["status"]));
});

test("an observer does not follow a leader that gives up", () => {
  const bench = new Bench(observer);
  const leader = leaderOf(View(1));
  expect(votesIn(bench.hear(leader, voteOf(leader, "skip", 1)))).toEqual([]);
});

test("of an observer only questions are heard", () => {
  const bench = new Bench(0);
  bench.application.receive(7, true);
  for (const message of [
    proposalOf(first, undefined),
    voteOf(0, "skip", 1),
    { type: "certificate", qc: certify("skip", 1) } as const,
    { type: "blocks", headers: [first], certificate: undefined } as const,
  ]) {
    const effects = bench.hear(observer, message);
    expect([votesIn(effects), faultsIn(effects)]).toEqual([[], []]);
  }
  expect(bench.replica.view).toBe(1);
});

test("an observer that is behind is answered, within its ration", () => {
  const bench = new Bench(0);
  bench.hear(1, { type: "certificate", qc: certify("skip", 1) });
  const status = {
    type: "status",
    epoch,
    view: View(1),
    entry: undefined,
    commitQC: undefined,
  } as const;
  const answers = Array.from({ length: 100 }, () => messagesIn(bench.hear(observer, status)));
  expect(answers[0]).toEqual([{ type: "certificate", qc: certify("skip", 1) }]);
  expect(answers.flat()).toHaveLength(limits.answersBurstMax);
  const blocks = { type: "get-blocks", hash: first.payload, count: 3 } as const;
  expect(bench.hear(observer + limits.observersMax, blocks)).toEqual([]);
});

test("an epoch begins on the block that closed the one before, in view 1", () => {
  const origin = { height: Height(40), hash: new Uint8Array(32).fill(9) };
  const recovered = { ...fresh, final: { ...origin, view: View(0) } };
  const benches = [0, 1, 2, 3].map((index) => new Bench(index, recovered, origin));
  for (const bench of benches) bench.application.receive(7, true);
  const said = benches.flatMap((bench) => messagesIn(bench.wait(20_000)));
  const proposals = said.filter(({ type }) => type === "propose");
  expect(proposals).toMatchObject([
    { header: { height: 41, view: 1, parentView: 0, parent: origin.hash }, parentQC: undefined },
  ]);
  const [proposal] = proposals;
  if (proposal?.type !== "propose") throw new Error("one of them leads");
  const votes = benches.flatMap((bench) => votesIn(bench.hear(bench.replica.leader, proposal)));
  expect(votes).toEqual(["prepare 1", "prepare 1", "prepare 1"]);
});
