import { expect, test } from "vitest";
import { compareBytes, type Write } from "../../base/index.ts";
import {
  forgettableVotes,
  readVote,
  type ReplicaEffect,
  voteLogKey,
} from "../../consensus/index.ts";
import { writeVote } from "../../consensus/vote-log.ts";
import { Epoch, spaces, ValidatorIndex, View } from "../../protocol/index.ts";
import {
  Bench,
  certify,
  committee,
  epoch,
  faultsIn,
  fresh,
  headerOn,
  leaderOf,
  sign,
  voteOf,
} from "./support.ts";

const first = headerOn(undefined, 1);
const rival = headerOn(undefined, 1, [9]);
const leader = leaderOf(View(1));
const me = (leader + 1) % 4;
const liar = (leader + 2) % 4;
const honest = (leader + 3) % 4;

test("two halves of a lie, one before a restart and one after it, convict", () => {
  const before = new Bench(me);
  const effects = [...before.hear(liar, voteOf(liar, "prepare", first)), ...before.wait(600_000)];
  expect(faultsIn(effects)).toEqual([]);
  const votes = votesWritten(effects);
  expect(votes.filter(({ signer }) => signer === liar)).toHaveLength(1);

  const after = new Bench(me, { ...fresh, votes });
  expect(faultsIn(after.hear(liar, voteOf(liar, "prepare", first)))).toEqual([]);
  const told = after.hear(liar, voteOf(liar, "prepare", rival));
  expect(faultsIn(told)).toEqual(["EQUIVOCATION"]);
  expect(told.find((effect) => effect.type === "fault")).toHaveProperty("evidence");
  // Whoever lost the log knows nothing of it.
  expect(faultsIn(new Bench(me).hear(liar, voteOf(liar, "prepare", rival)))).toEqual([]);
});

test("remembered votes make no certificate, and said again they make one", () => {
  const votes = [leader, liar, honest].map((signer) => castOf(signer));
  const bench = new Bench(me, { ...fresh, votes });
  bench.wait(40_000);
  expect(bench.replica.view).toBe(1);
  for (const { signer } of votes) bench.hear(signer, voteOf(signer, "prepare", first));
  expect(bench.replica.view).toBe(2);
});

test("votes go to disk with the certificate that they make, in one write", () => {
  const bench = new Bench(me);
  const effects = [leader, liar, honest].flatMap((signer) =>
    bench.hear(signer, voteOf(signer, "prepare", first)),
  );
  const writes = persisted(effects);
  const spacesOf = (batch: readonly Write[]): string[] => batch.map(({ space }) => space).sort();
  expect(writes.map(spacesOf)).toContainEqual(
    [spaces.certificate, spaces.vote, spaces.vote, spaces.vote].sort(),
  );
  expect(writes.flat().filter(({ space }) => space === spaces.vote)).toHaveLength(3);
});

test("a vote comes back from the log as it was, and nothing else does", () => {
  const vote = castOf(liar);
  const { key, value = new Uint8Array() } = writeVote(epoch, vote);
  expect(readVote(committee, { key, value })).toEqual(vote);
  expect(readVote(committee, { key, value: value.subarray(1) })).toBeUndefined();
  expect(readVote(committee, { key: key.subarray(1), value })).toBeUndefined();
  expect(readVote({ ...committee, epoch: Epoch(1) }, { key, value })).toBeUndefined();
  const stranger = writeVote(epoch, { ...vote, signer: ValidatorIndex(4) });
  expect(readVote(committee, { key: stranger.key, value })).toBeUndefined();
});

test("the epoch before the last stays whole, earlier ones go, and so do views long past", () => {
  const isForgotten = (at: number, view: number): boolean => {
    const newest = writeVote(Epoch(5), { ...castOf(liar), view: View(1_000) }).key;
    const { key } = writeVote(Epoch(at), { ...castOf(liar), view: View(view) });
    return forgettableVotes(newest, 100).some(
      ({ from, to }) => compareBytes(from, key) <= 0 && compareBytes(key, to) < 0,
    );
  };
  expect([0, 3].map((at) => isForgotten(at, 7_000))).toEqual([true, true]);
  expect([1, 900, 7_000].map((view) => isForgotten(4, view))).toEqual([false, false, false]);
  expect([1, 899, 900, 1_000].map((view) => isForgotten(5, view))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(forgettableVotes(voteLogKey(Epoch(0), View(100)), 100)).toEqual([]);
});

function castOf(signer: number): NonNullable<ReturnType<typeof readVote>> {
  const { kind, view, hash } = certify("prepare", first);
  const statement = { kind, view, hash };
  return { ...statement, signer: ValidatorIndex(signer), signature: sign(signer, statement) };
}

function persisted(effects: readonly ReplicaEffect[]): (readonly Write[])[] {
  return effects.flatMap((effect) => (effect.type === "persist" ? [effect.writes] : []));
}

function votesWritten(effects: readonly ReplicaEffect[]): ReturnType<typeof castOf>[] {
  return persisted(effects)
    .flat()
    .filter(({ space }) => space === spaces.vote)
    .flatMap(({ key, value = new Uint8Array() }) => readVote(committee, { key, value }) ?? []);
}
