import { describe, expect, test } from "vitest";
import { nobleBls } from "../../crypto/index.ts";
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
  ValidatorIndex,
  zeroHash,
} from "../../protocol/index.ts";
import { Handover } from "../../sequencer/handover.ts";

const domain = new Uint8Array(32).fill(3);
const secret = (number: number): Uint8Array => new Uint8Array(32).fill(number);

function committeeOf(epoch: number, numbers: readonly number[]): Committee {
  return {
    epoch: Epoch(epoch),
    members: numbers.map((number) => ({
      publicKey: nobleBls.publicKey(secret(number)),
      networkKey: secret(number),
      verificationKey: new Uint8Array(96),
    })),
    sealing: { keyId: 1, pk1: new Uint8Array(48), pk2: new Uint8Array(96) },
  };
}

const current = committeeOf(4, [1, 2, 3, 4]);
const next = committeeOf(5, [2, 3, 4, 5]);
const rival = committeeOf(5, [3, 4, 5, 6]);
const peer = ValidatorIndex(2);
const now = Micros(1_000_000_000);

function handover(): Handover {
  return new Handover({
    committee: current,
    domain,
    verifyAggregate: (signers, digest, signature) =>
      nobleBls.verifyAggregate(
        signers.flatMap((signer) => current.members[signer]?.publicKey ?? []),
        digest,
        signature,
      ),
  });
}

function endWith(committee: Committee, signers: readonly number[] = [0, 1, 2]): EpochEnd {
  const checkpoint: Checkpoint = {
    number: 9,
    epoch: current.epoch,
    height: Height(77),
    blockHash: secret(7),
    rollupsRoot: secret(8),
    next: nextCommitteeHash(committee) ?? zeroHash,
  };
  const digest = checkpointDigest(domain, checkpoint);
  const signature = nobleBls.aggregateSignatures(
    signers.map((signer) => nobleBls.sign(secret(signer + 1), digest)),
  );
  const certified = {
    checkpoint,
    signers: signers.map(ValidatorIndex),
    signature: signature ?? new Uint8Array(96),
  };
  return { certified, committee, commitQC: undefined };
}

describe("who comes next", () => {
  test("is learned once, of the epoch that follows and of no other", () => {
    const known = handover();
    expect(known.learn(committeeOf(6, [1, 2, 3, 4]))).toBe(false);
    expect(known.learn(current)).toBe(false);
    expect([known.next, known.nextHash]).toEqual([undefined, undefined]);
    expect(known.learn(next)).toBe(true);
    expect(known.learn(rival)).toBe(false);
    expect(known.next).toBe(next);
    expect(known.nextHash).toEqual(nextCommitteeHash(next));
  });

  test("is not learned with a key that is no point", () => {
    const [first, ...rest] = next.members;
    if (first === undefined) throw new Error("there are members");
    const members = [{ ...first, publicKey: new Uint8Array(48) }, ...rest];
    expect(handover().learn({ ...next, members })).toBe(false);
  });

  test("is taken from a quorum, even against what was worked out here", () => {
    const known = handover();
    known.learn(rival);
    const end = endWith(next);
    expect(known.onShown(peer, end)).toBe("new");
    expect(known.next).toBe(next);
    expect(known.certified).toBe(end.certified);
    expect(known.onShown(peer, endWith(rival))).toBe("known");
    expect(known.next).toBe(next);
  });
});

describe("an end that is none", () => {
  test.each<[string, EpochEnd]>([
    ["with too few signatures", endWith(next, [0, 1])],
    ["with another committee than was signed", { ...endWith(next), committee: rival }],
  ])("%s is a fault once, and its sender is not heard again", (_, end) => {
    const known = handover();
    expect(known.onShown(peer, end)).toBe("false");
    expect(known.onShown(peer, end)).toBe("known");
    expect(known.onShown(peer, endWith(next))).toBe("known");
    expect(known.certified).toBeUndefined();
    expect(known.onShown(ValidatorIndex(1), endWith(next))).toBe("new");
  });

  test("of another epoch is nobody's fault", () => {
    const known = handover();
    const end = endWith(next);
    const checkpoint = { ...end.certified.checkpoint, epoch: Epoch(3) };
    expect(known.onShown(peer, { ...end, certified: { ...end.certified, checkpoint } })).toBe(
      "known",
    );
    expect(known.onShown(peer, end)).toBe("new");
  });
});

describe("talking to nodes of other epochs", () => {
  test("who stayed behind is told now and then, each by itself", () => {
    const known = handover();
    const later = Micros(now + 1_000_000);
    expect([known.mayTell(peer, now), known.mayTell(peer, now)]).toEqual([true, false]);
    expect(known.mayTell(ValidatorIndex(1), now)).toBe(true);
    expect(known.mayTell(peer, Micros(later - 1))).toBe(false);
    expect(known.mayTell(peer, later)).toBe(true);
    expect(known.mayTell(ValidatorIndex(4 + limits.observersMax), now)).toBe(false);
  });

  test("who asks is answered now and then, whatever it was told unasked", () => {
    const known = handover();
    const later = Micros(now + 1_000_000);
    expect([known.mayTell(peer, now), known.mayAnswer(peer, now)]).toEqual([true, true]);
    expect(known.mayAnswer(peer, Micros(later - 1))).toBe(false);
    expect(known.mayAnswer(peer, later)).toBe(true);
    expect(known.mayAnswer(ValidatorIndex(4 + limits.observersMax), now)).toBe(false);
  });

  test("who is ahead is asked now and then, until the end is known", () => {
    const known = handover();
    expect([known.mayAsk(now), known.mayAsk(now)]).toEqual([true, false]);
    expect(known.mayAsk(Micros(now + 500_000))).toBe(true);
    known.onShown(peer, endWith(next));
    expect(known.mayAsk(Micros(now + 9_000_000))).toBe(false);
  });
});
