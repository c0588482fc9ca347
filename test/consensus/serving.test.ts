import { expect, test } from "vitest";
import { Ration } from "../../consensus/ration.ts";
import { limits, Micros, ValidatorIndex, View } from "../../protocol/index.ts";
import { Bench, certify, epoch, headerOn, messagesIn, startTime } from "./support.ts";

const block = headerOn(undefined, 1);
const commit = certify("commit", block);

test("who is behind gets the certificate of our view and of what is final", () => {
  const bench = benchInView4();
  const behind = {
    type: "status",
    epoch,
    view: View(1),
    entry: undefined,
    commitQC: undefined,
  } as const;
  expect(messagesIn(bench.hear(1, behind))).toEqual([
    { type: "certificate", qc: commit },
    { type: "certificate", qc: certify("skip", 3) },
  ]);
  const abreast = { ...behind, view: View(4), entry: certify("skip", 3), commitQC: commit };
  expect(messagesIn(bench.hear(1, abreast))).toEqual([]);
});

test("what closed the views of a gap is handed out, and the CommitQC for all below it", () => {
  const bench = benchInView4();
  const request = { type: "get-certificates", epoch, from: View(1), to: View(9) } as const;
  const answer = messagesIn(bench.hear(2, request));
  expect(answer).toEqual([
    { type: "certificate", qc: commit },
    { type: "certificate", qc: certify("skip", 2) },
    { type: "certificate", qc: certify("skip", 3) },
  ]);
});

test("blocks are served by the node, as many as an answer holds", () => {
  const bench = new Bench(0);
  const hash = new Uint8Array(32).fill(4);
  expect(bench.hear(1, { type: "get-blocks", hash, count: 60_000 })).toEqual([
    { type: "serve-blocks", to: 1, hash, count: limits.headersPerAnswerMax },
  ]);
  expect(bench.hear(1, { type: "get-blocks", hash, count: 0 })).toEqual([]);
});

test("one peer's hunger is bounded, and takes nothing from another", () => {
  const bench = new Bench(0);
  const request = { type: "get-blocks", hash: new Uint8Array(32), count: 1 } as const;
  const answers = Array.from({ length: 100 }, () => bench.hear(1, request).length);
  expect(answers.filter((count) => count > 0)).toHaveLength(limits.answersBurstMax);
  expect(bench.hear(2, request)).toHaveLength(1);
});

test("a ration grows back with time, up to the burst", () => {
  const ration = new Ration(4, startTime);
  const peer = ValidatorIndex(1);
  const takeAll = (now: number): number => {
    let taken = 0;
    while (ration.take(peer, Micros(now))) taken += 1;
    return taken;
  };
  expect(takeAll(startTime)).toBe(limits.answersBurstMax);
  expect(takeAll(startTime + 3 * limits.answerInterval)).toBe(3);
  expect(takeAll(startTime + 1_000_000_000)).toBe(limits.answersBurstMax);
  expect(ration.take(ValidatorIndex(77), startTime)).toBe(false);
});

function benchInView4(): Bench {
  const bench = new Bench(0);
  for (const qc of [commit, certify("skip", 2), certify("skip", 3)])
    bench.hear(3, { type: "certificate", qc });
  expect(bench.replica.view).toBe(4);
  return bench;
}
