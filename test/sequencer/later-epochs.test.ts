import { describe, expect, test } from "vitest";
import {
  type Checkpoint,
  checkpointDigest,
  type Committee,
  Epoch,
  type EpochEnd,
  Height,
  limits,
  Micros,
  nextCommitteeHash,
  type QC,
  signedDigest,
  ValidatorIndex,
  View,
  type VoteKind,
  zeroHash,
} from "../../protocol/index.ts";
import { nobleBls } from "../../crypto/index.ts";
import { LaterEpochs } from "../../sequencer/later-epochs.ts";
import { verifierOf } from "../../sequencer/signatures.ts";

const domain = new Uint8Array(32).fill(3);
const secret = (number: number): Uint8Array => new Uint8Array(32).fill(number);

/** Its members have the secrets from this number on. */
function committeeOf(epoch: number, first: number): Committee {
  return {
    epoch: Epoch(epoch),
    members: [0, 1, 2, 3].map((seat) => ({
      publicKey: nobleBls.publicKey(secret(first + seat)),
      networkKey: secret(first + seat),
      verificationKey: new Uint8Array(96),
    })),
    sealing: { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
  };
}

const fifth = committeeOf(5, 2);
const sixth = committeeOf(6, 3);
const seventh = committeeOf(7, 4);
const firstSecrets = new Map([
  [fifth, 2],
  [sixth, 3],
  [seventh, 4],
]);
const peer = ValidatorIndex(2);
const other = ValidatorIndex(3);
const now = Micros(1_000_000_000);
const later = Micros(now + 2_000_000);

function sign(committee: Committee, digest: Uint8Array, signers: readonly number[]): Uint8Array {
  const first = firstSecrets.get(committee) ?? 1;
  const signatures = signers.map((signer) => nobleBls.sign(secret(first + signer), digest));
  return nobleBls.aggregateSignatures(signatures) ?? new Uint8Array(96);
}

function qcOf(
  committee: Committee,
  view: number,
  { kind = "commit", signers = [0, 1, 2] }: { kind?: VoteKind; signers?: readonly number[] } = {},
): QC {
  const { epoch } = committee;
  const hash = secret(9);
  const digest = signedDigest({ domain, epoch, kind, slot: View(view), payload: hash });
  const signature = sign(committee, digest, signers);
  return { kind, epoch, view: View(view), hash, signers: signers.map(ValidatorIndex), signature };
}

function endOf(
  committee: Committee,
  next: Committee,
  { signers = [0, 1, 2], commitQC }: { signers?: readonly number[]; commitQC?: QC } = {},
): EpochEnd {
  const checkpoint: Checkpoint = {
    number: 9,
    epoch: committee.epoch,
    height: Height(77),
    blockHash: secret(7),
    rollupsRoot: secret(8),
    next: nextCommitteeHash(next) ?? zeroHash,
  };
  const signature = sign(committee, checkpointDigest(domain, checkpoint), signers);
  const certified = { checkpoint, signers: signers.map(ValidatorIndex), signature };
  return { certified, committee: next, commitQC };
}

/** Of a node in epoch 4 that has been shown who validates in epoch 5. */
function stayedBehind(): LaterEpochs {
  const known = fresh();
  known.begin(fifth, now);
  return known;
}

function fresh(): LaterEpochs {
  return new LaterEpochs({ domain, seats: 4, verifyAggregateOf: verifierOf(nobleBls) });
}

describe("the committees of later epochs", () => {
  test("are learned one from the other, each by a quorum of the one before", () => {
    const known = stayedBehind();
    expect(known.onShown(peer, endOf(fifth, sixth))).toBe("new");
    expect(known.onShown(peer, endOf(sixth, seventh))).toBe("new");
    expect(known.newest).toBe(7);
  });

  test("are not learned out of turn, or before the first is known", () => {
    expect(fresh().onShown(peer, endOf(fifth, sixth))).toBe("known");
    const known = stayedBehind();
    expect(known.onShown(peer, endOf(sixth, seventh))).toBe("known");
    expect(known.begin(sixth, now)).toBe(false);
    expect(known.newest).toBe(5);
  });

  test.each([
    ["that too few have signed", endOf(fifth, sixth, { signers: [0, 1] })],
    [
      "of another committee than was signed",
      { ...endOf(fifth, sixth), committee: committeeOf(6, 9) },
    ],
  ])("an end %s is a fault once, and its sender is not heard again", (_, end) => {
    const known = stayedBehind();
    expect(known.onShown(peer, end)).toBe("false");
    expect(known.onShown(peer, end)).toBe("known");
    expect(known.newest).toBe(5);
    expect(known.onShown(other, endOf(fifth, sixth))).toBe("new");
  });
});

describe("the question for the next end", () => {
  test("waits until this node had time to end its epoch by itself, and is asked now and then", () => {
    const known = stayedBehind();
    expect(known.onHeard(peer, Epoch(6), Micros(later - 1))).toBeUndefined();
    expect(known.onHeard(peer, Epoch(6), later)).toBe(5);
    expect(known.onHeard(peer, Epoch(6), Micros(later + 499_999))).toBeUndefined();
    expect(known.onHeard(peer, Epoch(6), Micros(later + 500_000))).toBe(5);
  });

  test("is for nobody who is in the newest epoch that is known, and for nobody without a place", () => {
    const known = stayedBehind();
    expect(known.onHeard(peer, Epoch(5), later)).toBeUndefined();
    expect(known.onHeard(ValidatorIndex(4 + limits.observersMax), Epoch(6), later)).toBeUndefined();
    expect(fresh().onHeard(peer, Epoch(6), later)).toBeUndefined();
  });
});

describe("the certificate that leads to a state", () => {
  test("is the highest of the newest epoch, asked of those who are there", () => {
    const known = stayedBehind();
    known.onHeard(peer, Epoch(5), later);
    known.onHeard(other, Epoch(4), later);
    const qc = qcOf(fifth, 40);
    expect(known.onCommit(peer, qc, later)).toBe(true);
    expect(known.goal).toEqual({ commit: qc, peers: [peer] });
    const newer = qcOf(fifth, 50);
    known.onCommit(peer, newer, Micros(later + 499_999));
    known.onCommit(ValidatorIndex(1), newer, later);
    expect(known.goal?.commit).toBe(qc);
    known.onCommit(peer, newer, Micros(later + 500_000));
    expect(known.goal?.commit).toBe(newer);
    known.onCommit(peer, qc, Micros(later + 1_000_000));
    expect(known.goal?.commit).toBe(newer);
  });

  test("is not kept from this node by a peer that shows old ones", () => {
    const known = stayedBehind();
    known.onHeard(peer, Epoch(5), later);
    known.onHeard(other, Epoch(5), later);
    known.onCommit(peer, qcOf(fifth, 1), later);
    const newer = qcOf(fifth, 50);
    known.onCommit(other, newer, later);
    expect(known.goal).toEqual({ commit: newer, peers: [peer, other] });
  });

  test("is that which came with the end of an epoch, until the next epoch has one", () => {
    const known = stayedBehind();
    known.onHeard(peer, Epoch(6), later);
    const last = qcOf(fifth, 60);
    known.onShown(peer, endOf(fifth, sixth, { commitQC: last }));
    expect(known.goal?.commit).toBe(last);
    const first = qcOf(sixth, 1);
    known.onCommit(peer, first, later);
    expect(known.goal?.commit).toBe(first);
  });

  test("is not missed with an end that is shown without, or with a wrong one", () => {
    const known = stayedBehind();
    known.onHeard(peer, Epoch(6), later);
    const commitQC = qcOf(fifth, 60, { signers: [0, 1] });
    expect(known.onShown(peer, endOf(fifth, sixth, { commitQC }))).toBe("new");
    expect(known.goal).toBeUndefined();
  });

  test.each([
    ["that too few have signed", qcOf(fifth, 40, { signers: [0, 1] })],
    ["that was signed by another committee", { ...qcOf(sixth, 40), epoch: Epoch(5) }],
    ["that makes nothing final", qcOf(fifth, 40, { kind: "prepare" })],
  ])("is none %s: a fault once, and its sender is not heard again", (_, qc) => {
    const known = stayedBehind();
    known.onHeard(peer, Epoch(5), later);
    expect(known.onCommit(peer, qc, later)).toBe(false);
    expect(known.onCommit(peer, qc, Micros(later + 500_000))).toBe(true);
    expect(known.onCommit(peer, qcOf(fifth, 40), Micros(later + 500_000))).toBe(true);
    expect(known.goal).toBeUndefined();
  });

  test("is not looked at before its committee is known", () => {
    const known = stayedBehind();
    known.onHeard(peer, Epoch(6), later);
    expect(known.onCommit(peer, qcOf(sixth, 40), later)).toBe(true);
    expect(known.goal).toBeUndefined();
  });
});
