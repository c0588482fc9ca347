import { expect, test } from "vitest";
import type { VoteSignatures } from "../../consensus/index.ts";
import { Certificates } from "../../consensus/certificates.ts";
import { type CastVote, VoteCollector } from "../../consensus/vote-collector.ts";
import { contradiction, type SignedPayload, ValidatorIndex, View } from "../../protocol/index.ts";
import { fakeSignatures } from "../sim/signatures.ts";
import { certify, committee, digestOf, headerOn, sign } from "./support.ts";

const block = certify("prepare", headerOn(undefined, 1));
const rival = certify("prepare", headerOn(undefined, 1, [9]));

test("a quorum becomes a certificate with one verification, and later votes add nothing", () => {
  const { collector, counts } = collectorThatCounts();
  expect(collector.add(cast(0)).certificate).toBeUndefined();
  expect(collector.add(cast(1)).certificate).toBeUndefined();
  const { certificate } = collector.add(cast(3));
  expect(certificate?.signers).toEqual([0, 1, 3]);
  expect(counts).toEqual({ single: 0, aggregate: 1 });
  expect(verifies(certificate)).toBe(true);
  expect(collector.add(cast(2))).toEqual({ certificate: undefined, faults: [], isNew: true });
});

test("the same vote twice counts once", () => {
  const { collector } = collectorThatCounts();
  for (let i = 0; i < 5; i++) expect(collector.add(cast(0)).certificate).toBeUndefined();
  expect(collector.add(cast(1)).certificate).toBeUndefined();
});

test("who spoiled the sum is blamed and not heard again, and the others' votes are kept", () => {
  const { collector } = collectorThatCounts();
  collector.add(cast(0));
  collector.add({ ...cast(1), signature: sign(0, block) });
  const { certificate, faults } = collector.add(cast(2));
  expect(certificate).toBeUndefined();
  expect(faults).toEqual([{ peer: 1, code: "BAD_VOTE_SIGNATURE" }]);
  expect(collector.add(cast(1)).certificate).toBeUndefined();
  expect(verifies(collector.add(cast(3)).certificate)).toBe(true);
});

test("two blocks prepared in one view are evidence that anyone can check", () => {
  const { collector } = collectorThatCounts();
  collector.add(cast(1));
  const [fault] = collector.add({ ...cast(1), hash: rival.hash, signature: sign(1, rival) }).faults;
  expect(fault).toMatchObject({ peer: 1, code: "EQUIVOCATION" });
  const sides = [block, rival].map((each) => ({
    kind: "prepare" as const,
    payload: each.hash,
    signature: sign(1, each),
  }));
  const [a, b] = sides as [SignedPayload, SignedPayload];
  const place = { epoch: committee.epoch, offender: ValidatorIndex(1), slot: block.view };
  expect(fault?.evidence).toEqual(contradiction(place, [a, b]));
  expect(fault?.evidence).toEqual(contradiction(place, [b, a]));
});

test("a COMMIT beside a SKIP is evidence, a PREPARE beside a SKIP is not", () => {
  const { collector } = collectorThatCounts();
  const skip = certify("skip", 1);
  collector.add(cast(1));
  expect(
    collector.add({ ...skip, signer: ValidatorIndex(1), signature: sign(1, skip) }).faults,
  ).toEqual([]);
  const commit = certify("commit", headerOn(undefined, 1));
  const { faults } = collector.add({
    ...commit,
    signer: ValidatorIndex(1),
    signature: sign(1, commit),
  });
  expect(faults.map(({ code }) => code)).toEqual(["EQUIVOCATION"]);
});

test("who is framed with an unsigned second statement is the one who sent it", () => {
  const { collector } = collectorThatCounts();
  collector.add(cast(1));
  const { faults } = collector.add({ ...cast(1), hash: rival.hash });
  expect(faults).toEqual([{ peer: 1, code: "BAD_VOTE_SIGNATURE" }]);
});

test("a third statement of a kind is not even kept", () => {
  const { collector, counts } = collectorThatCounts();
  for (let item = 0; item < 50; item++) {
    const other = certify("prepare", headerOn(undefined, 1, [item]));
    collector.add({ ...other, signer: ValidatorIndex(1), signature: sign(1, other) });
  }
  expect(counts.single).toBeLessThanOrEqual(4);
});

test("what a CommitQC has settled is not certified again, and still convicts", () => {
  const { collector, counts } = collectorThatCounts();
  collector.settle(View(1));
  for (const signer of [0, 1, 2, 3])
    expect(collector.add(cast(signer)).certificate).toBeUndefined();
  expect(counts.aggregate).toBe(0);
  const { faults } = collector.add({ ...cast(1), hash: rival.hash, signature: sign(1, rival) });
  expect(faults).toMatchObject([{ peer: 1, code: "EQUIVOCATION" }]);
});

test("what is pruned is forgotten", () => {
  const { collector } = collectorThatCounts();
  collector.add(cast(0));
  collector.add(cast(1));
  collector.prune(View(1));
  expect(collector.add(cast(2)).certificate).toBeUndefined();
});

test("what is remembered from before a restart convicts whoever says otherwise now", () => {
  const { collector } = collectorThatCounts();
  collector.remember([cast(1)]);
  const { faults } = collector.add({ ...cast(1), hash: rival.hash, signature: sign(1, rival) });
  expect(faults).toMatchObject([{ peer: 1, code: "EQUIVOCATION" }]);
  const place = { epoch: committee.epoch, offender: ValidatorIndex(1), slot: block.view };
  const sides = [block, rival].map((each) => ({
    kind: "prepare" as const,
    payload: each.hash,
    signature: sign(1, each),
  }));
  expect(faults[0]?.evidence).toEqual(
    contradiction(place, sides as [SignedPayload, SignedPayload]),
  );
});

test("who says again what it said, and then something else, is convicted once", () => {
  const { collector } = collectorThatCounts();
  collector.remember([cast(1)]);
  expect(collector.add(cast(1)).faults).toEqual([]);
  const { faults } = collector.add({ ...cast(1), hash: rival.hash, signature: sign(1, rival) });
  expect(faults.map(({ code }) => code)).toEqual(["EQUIVOCATION"]);
});

test("what is remembered does not count, and said again it does: a quorum that restarts goes on", () => {
  const { collector } = collectorThatCounts();
  collector.remember([cast(0), cast(1), cast(2)]);
  const again = [0, 1, 2].map((signer) => collector.add(cast(signer)));
  expect(again.map(({ certificate }) => certificate?.signers)).toEqual([
    undefined,
    undefined,
    [0, 1, 2],
  ]);
  expect(verifies(again[2]?.certificate)).toBe(true);
  // It is in the log already.
  expect(again.map(({ isNew }) => isNew)).toEqual([false, false, false]);
});

test("a signature that was remembered unread and is bad convicts nobody", () => {
  const { collector } = collectorThatCounts();
  collector.remember([{ ...cast(1), signature: sign(0, block) }]);
  const { faults } = collector.add({ ...cast(1), hash: rival.hash, signature: sign(1, rival) });
  expect(faults).toEqual([{ peer: 1, code: "BAD_VOTE_SIGNATURE" }]);
});

test("what is remembered is pruned with the rest", () => {
  const { collector } = collectorThatCounts();
  collector.remember([cast(1), cast(2)]);
  expect(collector.sizeRemembered).toBe(2);
  collector.prune(View(1));
  expect(collector.sizeRemembered).toBe(0);
});

function cast(signer: number): CastVote {
  return { ...block, signer: ValidatorIndex(signer), signature: sign(signer, block) };
}

function verifies(qc: Parameters<Certificates["isValid"]>[0] | undefined): boolean {
  const signatures = fakeSignatures(ValidatorIndex(0));
  return qc !== undefined && new Certificates(committee, signatures, digestOf).isValid(qc);
}

function collectorThatCounts(): {
  collector: VoteCollector;
  counts: { single: number; aggregate: number };
} {
  const counts = { single: 0, aggregate: 0 };
  const real = fakeSignatures(ValidatorIndex(0));
  const signatures: VoteSignatures = {
    ...real,
    verify(...parameters) {
      counts.single += 1;
      return real.verify(...parameters);
    },
    verifyAggregate(...parameters) {
      counts.aggregate += 1;
      return real.verifyAggregate(...parameters);
    },
  };
  return { collector: new VoteCollector(committee, signatures, digestOf), counts };
}
