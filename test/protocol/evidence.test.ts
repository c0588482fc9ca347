import { describe, expect, test } from "vitest";
import { concatBytes } from "../../base/index.ts";
import { type Bls, nobleNetworkSignatures, sha256 } from "../../crypto/index.ts";
import {
  type Committee,
  contradiction,
  decodeEvidence,
  encodeEvidence,
  Epoch,
  type Evidence,
  isConvicting,
  type Lane,
  laneFork,
  laneHash,
  Micros,
  signedDigest,
  type SignedPayload,
  toContradictionCall,
  ValidatorIndex,
  zeroHash,
} from "../../protocol/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";

const bls: Bls = blstBls;
const domain = new Uint8Array(32).fill(1);
const epoch = Epoch(4);
const offender = ValidatorIndex(1);
const secrets = [0, 1, 2, 3].map((i) => sha256(Uint8Array.of(i)).fill(0, 0, 1));
const hashA = new Uint8Array(32).fill(10);
const hashB = new Uint8Array(32).fill(11);
const committee: Committee = {
  epoch,
  members: secrets.map((secret) => ({
    publicKey: bls.publicKey(secret),
    networkKey: nobleNetworkSignatures.publicKey(secret),
    verificationKey: new Uint8Array(96),
  })),
  sealing: undefined,
};

function side(
  kind: SignedPayload["kind"],
  payload: Uint8Array,
  changes: object = {},
): SignedPayload {
  const said = { domain, kind, epoch, slot: 7, payload, ...changes };
  const secret = secrets[offender] ?? zeroHash;
  return { kind, payload, signature: bls.sign(secret, signedDigest(said)) };
}

function lie(a: SignedPayload, b: SignedPayload): Evidence {
  return contradiction({ epoch, offender, slot: 7 }, [a, b]);
}

function laneOf(head: number, changes: Partial<Lane> = {}): Lane {
  const unsigned = {
    epoch,
    owner: offender,
    incarnation: 2,
    sequence: 5,
    previous: zeroHash,
    head: Micros(head),
    entries: [],
    ...changes,
  };
  const secret = secrets[offender] ?? zeroHash;
  return { ...unsigned, signature: nobleNetworkSignatures.sign(secret, laneHash(unsigned)) };
}

function convicts(evidence: Evidence): boolean {
  const judge = { committee, domain, bls, networkSignatures: nobleNetworkSignatures };
  return isConvicting(evidence, judge);
}

describe("a validator is convicted", () => {
  test.each<[string, () => Evidence]>([
    ["by two blocks that it prepared", () => lie(side("prepare", hashA), side("prepare", hashB))],
    ["by two blocks that it committed", () => lie(side("commit", hashA), side("commit", hashB))],
    ["by a COMMIT beside a SKIP", () => lie(side("skip", zeroHash), side("commit", hashB))],
    ["by two checkpoints", () => lie(side("checkpoint", hashA), side("checkpoint", hashB))],
    ["by two messages of its lane", () => laneFork(laneOf(1), laneOf(2))],
  ])("%s, in whatever order they came, and over the wire", (_, make) => {
    const evidence = make();
    expect(convicts(evidence)).toBe(true);
    expect(decodeEvidence(encodeEvidence(evidence))).toEqual(evidence);
  });
});

describe("an honest validator is not convicted", () => {
  test.each<[string, () => Evidence]>([
    ["by the same statement twice", () => lie(side("prepare", hashA), side("prepare", hashA))],
    ["by two skips", () => lie(side("skip", zeroHash), side("skip", zeroHash))],
    ["by a PREPARE beside a SKIP", () => lie(side("prepare", hashA), side("skip", zeroHash))],
    ["by a PREPARE beside a COMMIT", () => lie(side("prepare", hashA), side("commit", hashB))],
    [
      "by statements of two views",
      () => lie(side("prepare", hashA), side("prepare", hashB, { slot: 8 })),
    ],
    [
      "by a statement of another epoch",
      () => lie(side("prepare", hashA), side("prepare", hashB, { epoch: 5 })),
    ],
    [
      "by a statement for another hub",
      () => lie(side("prepare", hashA), side("prepare", hashB, { domain: hashA })),
    ],
    [
      "by what another validator signed",
      () => ({
        ...lie(side("prepare", hashA), side("prepare", hashB)),
        offender: ValidatorIndex(2),
      }),
    ],
    [
      "by what a validator signed whom the committee does not have",
      () => ({
        ...lie(side("prepare", hashA), side("prepare", hashB)),
        offender: ValidatorIndex(9),
      }),
    ],
    [
      "by a signature that is none",
      () =>
        lie(side("prepare", hashA), { ...side("prepare", hashB), signature: new Uint8Array(96) }),
    ],
    ["by one message of its lane", () => laneFork(laneOf(1), laneOf(1))],
    ["by two places in its lane", () => laneFork(laneOf(1), laneOf(2, { sequence: 6 }))],
    ["by two lives of its lane", () => laneFork(laneOf(1), laneOf(2, { incarnation: 3 }))],
    [
      "by a message of its lane that is not signed",
      () => laneFork(laneOf(1), { ...laneOf(2), signature: new Uint8Array(64) }),
    ],
  ])("%s", (_, make) => {
    expect(convicts(make())).toBe(false);
  });
});

test("a lie has one encoding", () => {
  const [a, b] = [side("prepare", hashA), side("prepare", hashB)];
  const bytes = encodeEvidence(lie(a, b));
  expect(encodeEvidence(lie(b, a))).toEqual(bytes);
  const place = bytes.subarray(0, 19);
  const sideLength = 1 + 32 + 96;
  const [first, second] = [bytes.subarray(19, 19 + sideLength), bytes.subarray(19 + sideLength)];
  expect(decodeEvidence(concatBytes(place, second, first))).toBeUndefined();
  expect(decodeEvidence(concatBytes(place, first, first))).toBeUndefined();
});

test("for contracts a contradiction is one key, two digests and one signature", () => {
  const evidence = lie(side("commit", hashA), side("skip", zeroHash));
  if (evidence.type !== "statements") throw new Error("a contradiction is of statements");
  const call = toContradictionCall(evidence, { committee, bls });
  const first = { kind: 2, slot: 7, payload: hashA };
  const second = { kind: 3, slot: 7, payload: zeroHash };
  expect(call).toMatchObject({ epoch, first, second });
  expect(call?.key).toHaveLength(96);
  expect(call?.signature).toHaveLength(256);
  const none = { ...evidence.first, signature: new Uint8Array(96) };
  expect(toContradictionCall({ ...evidence, first: none }, { committee, bls })).toBeUndefined();
});
