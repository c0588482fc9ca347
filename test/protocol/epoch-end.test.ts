import { describe, expect, test } from "vitest";
import { concatBytes, equalBytes } from "../../base/index.ts";
import { g1Uncompressed, keccak256, nobleBls, sha256 } from "../../crypto/index.ts";
import {
  type Checkpoint,
  checkpointDigest,
  type Committee,
  committeeDigest,
  committeeHash,
  committeeHead,
  Epoch,
  type EpochEnd,
  Height,
  isEndOf,
  nextCommitteeHash,
  type RetiringKey,
  ValidatorIndex,
  zeroHash,
  sealingOf,
} from "../../protocol/index.ts";
import { committee, epochEnd } from "./examples.ts";

const domain = new Uint8Array(32).fill(3);
const [first] = committee.members;
if (first === undefined) throw new Error("the example has members");

/** The committee of the epoch that ends; its keys are known here. */
const secrets = [1, 2, 3, 4].map((seat) => new Uint8Array(32).fill(seat));
const ending: Committee = {
  ...committee,
  epoch: Epoch(1),
  members: secrets.map((secret, seat) => ({
    ...first,
    publicKey: nobleBls.publicKey(secret),
    networkKey: new Uint8Array(32).fill(seat),
  })),
};

function verifyAggregate(
  signers: readonly ValidatorIndex[],
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const keys = signers.flatMap((signer) => ending.members[signer]?.publicKey ?? []);
  return nobleBls.verifyAggregate(keys, digest, signature);
}

function endSignedBy(signers: readonly number[], changes: Partial<Checkpoint> = {}): EpochEnd {
  const next = nextCommitteeHash(committee) ?? zeroHash;
  const checkpoint = { ...epochEnd.certified.checkpoint, epoch: Epoch(1), next, ...changes };
  const digest = checkpointDigest(domain, checkpoint);
  const signatures = signers.map((signer) =>
    nobleBls.sign(secrets[signer] ?? new Uint8Array(32), digest),
  );
  const signature = nobleBls.aggregateSignatures(signatures) ?? new Uint8Array(96);
  const certified = { checkpoint, signers: signers.map(ValidatorIndex), signature };
  return { certified, committee, commitQC: undefined };
}

const isEnd = (end: EpochEnd): boolean => isEndOf(ending, end, { domain, verifyAggregate });

describe("the hash of the next committee", () => {
  test("is that of the voting keys, as contracts keep it, and of all the rest", () => {
    const seats = committee.members.map(({ publicKey }) => ({
      publicKey: g1Uncompressed(publicKey) ?? new Uint8Array(96),
      weight: 1,
    }));
    const votingKeys = committeeHash(committeeHead(seats) ?? new Uint8Array(138));
    expect(nextCommitteeHash(committee)).toEqual(
      keccak256(concatBytes(votingKeys, committeeDigest(committee))),
    );
  });

  test.each<[string, Committee]>([
    ["another epoch", { ...committee, epoch: Epoch(3) }],
    ["another network key", withFirst({ networkKey: sha256() })],
    ["another verification key", withFirst({ verificationKey: new Uint8Array(96) })],
    [
      "another voting key",
      withFirst({ publicKey: nobleBls.publicKey(new Uint8Array(32).fill(9)) }),
    ],
    ["another sealing key", { ...committee, sealing: { ...sealingOf(committee), keyId: 9 } }],
    ["another end of the old key", withRetiring({ until: Height(20_501) })],
    [
      "another verification key of the old key",
      withRetiring({ verificationKeys: Array.from(committee.members, () => new Uint8Array(96)) }),
    ],
    ["no old key", { ...committee, retiring: undefined }],
    ["another order", { ...committee, members: committee.members.toReversed() }],
  ])("differs for %s", (_, other) => {
    const [a, b] = [nextCommitteeHash(committee), nextCommitteeHash(other)];
    expect(a !== undefined && b !== undefined && equalBytes(a, b)).toBe(false);
  });

  test("does not exist for a key that is no point", () => {
    expect(nextCommitteeHash(withFirst({ publicKey: new Uint8Array(48) }))).toBeUndefined();
  });
});

describe("the end of an epoch", () => {
  test("is shown by a quorum of its own committee", () => {
    expect(isEnd(endSignedBy([0, 1, 3]))).toBe(true);
  });

  test.each<[string, EpochEnd]>([
    ["one signature too few", endSignedBy([0, 1])],
    ["a signer twice", endSignedBy([0, 1, 1])],
    ["a checkpoint that ends nothing", endSignedBy([0, 1, 2], { next: zeroHash })],
    ["another committee than was signed", endSignedBy([0, 1, 2], { next: sha256() })],
    ["another epoch", endSignedBy([0, 1, 2], { epoch: Epoch(2) })],
    [
      "a committee of a later epoch than the next",
      { ...endSignedBy([0, 1, 2]), committee: { ...committee, epoch: Epoch(3) } },
    ],
    [
      "a signer without a seat",
      {
        ...endSignedBy([0, 1, 2]),
        certified: {
          ...endSignedBy([0, 1, 2]).certified,
          signers: [0, 1, 2, 4].map(ValidatorIndex),
        },
      },
    ],
    [
      "a changed checkpoint",
      {
        ...endSignedBy([0, 1, 2]),
        certified: {
          ...endSignedBy([0, 1, 2]).certified,
          checkpoint: { ...endSignedBy([0, 1, 2]).certified.checkpoint, number: 99 },
        },
      },
    ],
  ])("is not shown by %s", (_, end) => {
    expect(isEnd(end)).toBe(false);
  });
});

function withRetiring(changes: Partial<RetiringKey>): Committee {
  const { retiring } = committee;
  if (retiring === undefined) throw new Error("the example has an old key");
  return { ...committee, retiring: { ...retiring, ...changes } };
}

function withFirst(changes: Partial<Committee["members"][number]>): Committee {
  const members = committee.members.map((member, i) =>
    i === 0 ? { ...member, ...changes } : member,
  );
  return { ...committee, members };
}
