import { beforeAll, expect, test } from "vitest";
import { toHex } from "../../base/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import {
  type AttestedBefore,
  Attester,
  type AttesterEffect,
  type CheckpointSignatures,
} from "../../ledger/index.ts";
import {
  type Checkpoint,
  checkpointDigest,
  type CheckpointVote,
  type Committee,
  decodeCheckpoint,
  Epoch,
  Height,
  Micros,
  signedDigest,
  spaces,
  type Statement,
  ValidatorIndex,
  zeroHash,
} from "../../protocol/index.ts";
import { bytes } from "./chain.ts";

const seats = 4;
const domain = bytes(32, 7);
const secretKeys = Array.from({ length: seats + 1 }, (_, i) => bytes(32, i + 1));
let publicKeys: Uint8Array[] = [];
let committee: Committee;

beforeAll(() => {
  publicKeys = secretKeys.map((key) => blstBls.publicKey(key));
  const members = publicKeys.slice(0, seats).map((publicKey) => ({
    publicKey,
    networkKey: bytes(32),
    verificationKey: bytes(96),
  }));
  const sealing = { keyId: 1, pk1: bytes(48), pk2: bytes(96) };
  committee = { epoch: Epoch(1), members, sealing };
});

/** Real signatures that count how often they were verified. */
class Signatures implements CheckpointSignatures {
  verified = 0;
  readonly #self: number;

  constructor(self: number) {
    this.#self = self;
  }

  sign(statement: Statement): Uint8Array {
    return blstBls.sign(secretKeys[this.#self] as Uint8Array, signedDigest(statement));
  }

  verify(signer: ValidatorIndex, digest: Uint8Array, signature: Uint8Array): boolean {
    this.verified++;
    return blstBls.verify(publicKeys[signer] as Uint8Array, digest, signature);
  }

  aggregate(signatures: readonly Uint8Array[]): Uint8Array | undefined {
    return blstBls.aggregateSignatures(signatures);
  }

  verifyAggregate(
    signers: readonly ValidatorIndex[],
    digest: Uint8Array,
    signature: Uint8Array,
  ): boolean {
    this.verified++;
    const keys = signers.map((signer) => publicKeys[signer] as Uint8Array);
    return blstBls.verifyAggregate(keys, digest, signature);
  }
}

function checkpointAt(height: number, fill = 1): Checkpoint {
  return {
    number: height / 10,
    epoch: Epoch(1),
    height: Height(height),
    blockHash: bytes(32, fill),
    rollupsRoot: bytes(32, 2),
    next: zeroHash,
  };
}

function voteOf(signer: number, checkpoint: Checkpoint): CheckpointVote {
  const digest = checkpointDigest(domain, checkpoint);
  const signature = blstBls.sign(secretKeys[signer] as Uint8Array, digest);
  return { type: "checkpoint-vote", checkpoint, signature };
}

/** Validator 0, and what it does to the world. */
class Node {
  readonly signatures = new Signatures(0);
  readonly disk = new Map<string, Uint8Array>();
  readonly #attester: Attester;
  #now = 0;

  constructor(before: Partial<AttestedBefore> = {}, hasSeat = true) {
    const options = { committee, self: hasSeat ? ValidatorIndex(0) : undefined, domain };
    this.#attester = new Attester({ signatures: this.signatures }, options, {
      attested: [],
      certifiedHeight: 0,
      ...before,
    });
  }

  due(checkpoint: Checkpoint): AttesterEffect[] {
    return this.#run(this.#attester.step({ type: "due", now: this.#time(), checkpoint }));
  }

  hear(from: number, message: CheckpointVote): AttesterEffect[] {
    const event = {
      type: "message",
      now: this.#time(),
      from: ValidatorIndex(from),
      message,
    } as const;
    return this.#run(this.#attester.step(event));
  }

  /** Time goes on by `seconds`. */
  tick(seconds: number): AttesterEffect[] {
    this.#now += seconds * 1_000_000;
    return this.#run(this.#attester.step({ type: "tick", now: this.#time() }));
  }

  /** The same validator after a crash. */
  restart(certifiedHeight = 0): Node {
    const records = [...this.disk].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
    const attested = records.map(decodeCheckpoint).filter((record) => record !== undefined);
    const node = new Node({ attested, certifiedHeight });
    for (const [key, value] of this.disk) node.disk.set(key, value);
    return node;
  }

  #time(): Micros {
    return Micros(this.#now);
  }

  #run(effects: AttesterEffect[]): AttesterEffect[] {
    for (const effect of effects)
      if (effect.type === "persist")
        for (const { space, key, value } of effect.writes) {
          expect(space).toBe(spaces.attested);
          if (value === undefined) this.disk.delete(toHex(key));
          else this.disk.set(toHex(key), value);
        }
    return effects;
  }
}

const typesOf = (effects: readonly AttesterEffect[]): string[] => effects.map(({ type }) => type);
const heightsIn = (effects: readonly AttesterEffect[]): number[] =>
  effects.flatMap((effect) =>
    effect.type === "broadcast" && effect.message.type === "checkpoint-vote"
      ? [effect.message.checkpoint.height]
      : [],
  );

test("what is due is on disk before it is on the wire", () => {
  const node = new Node();
  const [persist, broadcast, ...rest] = node.due(checkpointAt(10));
  expect(persist).toMatchObject({ type: "persist", sync: true });
  expect(broadcast).toEqual({ type: "broadcast", message: voteOf(0, checkpointAt(10)) });
  expect(rest).toEqual([]);
  expect([...node.disk.values()].map(decodeCheckpoint)).toEqual([checkpointAt(10)]);
});

test("a quorum's votes become one signature that verifies as theirs, once", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  expect(node.hear(3, voteOf(3, checkpointAt(10)))).toEqual([]);
  const [effect, ...rest] = node.hear(1, voteOf(1, checkpointAt(10)));
  expect(effect).toMatchObject({
    type: "certified",
    certified: { checkpoint: checkpointAt(10), signers: [0, 1, 3] },
  });
  expect(rest).toEqual([]);
  const signature = effect?.type === "certified" ? effect.certified.signature : bytes(96);
  const keys = [0, 1, 3].map((signer) => publicKeys[signer] as Uint8Array);
  const digest = checkpointDigest(domain, checkpointAt(10));
  expect(blstBls.verifyAggregate(keys, digest, signature)).toBe(true);
  expect(node.hear(3, voteOf(3, checkpointAt(10)))).toEqual([]);
});

test("the last vote after the quorum makes a certificate from which nobody is absent", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  node.hear(3, voteOf(3, checkpointAt(10)));
  node.hear(1, voteOf(1, checkpointAt(10)));
  const effects = node.hear(2, voteOf(2, checkpointAt(10)));
  expect(effects).toMatchObject([{ type: "completed", certified: { signers: [0, 1, 2, 3] } }]);
  const signature = effects[0]?.type === "completed" ? effects[0].certified.signature : bytes(96);
  const digest = checkpointDigest(domain, checkpointAt(10));
  expect(blstBls.verifyAggregate(publicKeys.slice(0, 4), digest, signature)).toBe(true);
});

test("a last vote that is forged completes nothing", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  node.hear(3, voteOf(3, checkpointAt(10)));
  node.hear(1, voteOf(1, checkpointAt(10)));
  expect(node.hear(2, voteOf(4, checkpointAt(10)))).toEqual([]);
});

test("signatures are verified when a quorum is there, and not before", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  node.hear(1, voteOf(1, checkpointAt(10)));
  node.hear(1, voteOf(1, checkpointAt(10)));
  expect(node.signatures.verified).toBe(0);
  expect(typesOf(node.hear(2, voteOf(2, checkpointAt(10))))).toEqual(["certified"]);
  expect(node.signatures.verified).toBe(1);
});

test("a vote under a foreign key is found at the quorum, blamed, and made up for by another", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  const forged = voteOf(4, checkpointAt(10));
  node.hear(1, forged);
  expect(node.hear(2, voteOf(2, checkpointAt(10)))).toEqual([
    { type: "fault", peer: 1, code: "BAD_CHECKPOINT_SIGNATURE" },
  ]);
  expect(node.hear(1, forged)).toEqual([]);
  expect(node.hear(3, voteOf(3, checkpointAt(10)))).toMatchObject([
    { type: "certified", certified: { signers: [0, 2, 3] } },
  ]);
});

test("a vote that was verified alone is not verified alone again", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  node.hear(1, voteOf(4, checkpointAt(10)));
  node.hear(2, voteOf(2, checkpointAt(10)));
  // The aggregate, and the two of others; then the aggregate, and the new one.
  expect(node.signatures.verified).toBe(3);
  node.hear(3, voteOf(4, checkpointAt(10)));
  expect(node.signatures.verified).toBe(5);
});

test("a signature that is no point is blamed as well", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  node.hear(1, { ...voteOf(1, checkpointAt(10)), signature: bytes(96, 0xff) });
  expect(node.hear(2, voteOf(2, checkpointAt(10)))).toMatchObject([{ type: "fault", peer: 1 }]);
});

test("who signs another checkpoint for a height is a liar, who pretends it is a forger", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  expect(node.hear(1, voteOf(1, checkpointAt(10, 9)))).toMatchObject([
    { type: "fault", peer: 1, code: "WRONG_CHECKPOINT" },
  ]);
  expect(node.hear(2, voteOf(4, checkpointAt(10, 9)))).toMatchObject([
    { type: "fault", peer: 2, code: "BAD_CHECKPOINT_SIGNATURE" },
  ]);
  expect(node.hear(1, voteOf(1, checkpointAt(10, 9)))).toEqual([]);
});

test("votes on a height that is not reached yet wait for it", () => {
  const node = new Node();
  for (const from of [1, 2, 3]) expect(node.hear(from, voteOf(from, checkpointAt(10)))).toEqual([]);
  expect(typesOf(node.due(checkpointAt(10)))).toEqual([
    "persist",
    "broadcast",
    "certified",
    "completed",
  ]);
});

test("of each validator's early votes only a few wait, the highest", () => {
  const node = new Node();
  for (let height = 10; height <= 90; height += 10)
    for (const from of [1, 2]) node.hear(from, voteOf(from, checkpointAt(height)));
  expect(typesOf(node.due(checkpointAt(10)))).toEqual(["persist", "broadcast"]);
  expect(typesOf(node.due(checkpointAt(20)))).toEqual(["persist", "broadcast", "certified"]);
});

test("two different early votes on one height prove a lie", () => {
  const node = new Node();
  const [a, b] = [voteOf(1, checkpointAt(10)), voteOf(1, checkpointAt(10, 9))];
  node.hear(1, a);
  const [lie] = node.hear(1, b);
  expect(lie).toMatchObject({ type: "fault", peer: 1, code: "CHECKPOINT_EQUIVOCATION" });
  expect(lie?.type === "fault" && lie.evidence).toMatchObject({
    type: "statements",
    offender: 1,
    slot: 10,
  });
  node.hear(2, voteOf(2, checkpointAt(10)));
  expect(node.hear(2, voteOf(4, checkpointAt(10, 9)))).toMatchObject([
    { type: "fault", peer: 2, code: "BAD_CHECKPOINT_SIGNATURE" },
  ]);
});

test("a vote on this checkpoint and then another one on the same height prove a lie as well", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  const [a, b] = [voteOf(1, checkpointAt(10)), voteOf(1, checkpointAt(10, 9))];
  node.hear(1, a);
  const [lie] = node.hear(1, b);
  expect(lie).toMatchObject({
    code: "CHECKPOINT_EQUIVOCATION",
    evidence: { offender: 1, slot: 10 },
  });
  node.hear(2, voteOf(2, checkpointAt(10)));
  const [alone] = node.hear(3, voteOf(3, checkpointAt(10, 9)));
  expect(alone).toEqual({ type: "fault", peer: 3, code: "WRONG_CHECKPOINT" });
});

test("votes of strangers, of other epochs and of this node itself mean nothing", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  const foreign = { ...checkpointAt(10), epoch: Epoch(2) };
  expect(node.hear(4, voteOf(4, checkpointAt(10)))).toEqual([]);
  expect(node.hear(1, voteOf(1, foreign))).toEqual([]);
  expect(node.hear(0, voteOf(0, checkpointAt(10)))).toEqual([]);
  expect(node.hear(2, voteOf(2, checkpointAt(10)))).toEqual([]);
  expect(typesOf(node.hear(3, voteOf(3, checkpointAt(10))))).toEqual(["certified"]);
});

test("own votes are said again every few seconds, certified ones only while they are the newest", () => {
  const node = new Node();
  node.tick(0);
  node.due(checkpointAt(10));
  node.due(checkpointAt(20));
  expect(node.tick(2)).toEqual([]);
  expect(heightsIn(node.tick(2))).toEqual([10, 20]);
  for (const from of [1, 2]) node.hear(from, voteOf(from, checkpointAt(10)));
  expect(heightsIn(node.tick(4))).toEqual([20]);
  for (const from of [1, 2]) node.hear(from, voteOf(from, checkpointAt(20)));
  expect(heightsIn(node.tick(4))).toEqual([20]);
});

test("a later checkpoint makes up for the earlier ones, which are gathered for no longer", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  node.due(checkpointAt(20));
  for (const from of [1, 2]) node.hear(from, voteOf(from, checkpointAt(20)));
  expect(node.hear(1, voteOf(1, checkpointAt(10)))).toEqual([]);
  expect(node.hear(2, voteOf(2, checkpointAt(10)))).toEqual([]);
  expect(heightsIn(node.tick(4))).toEqual([20]);
});

test("a restarted validator says the same again and nothing else for a height it has signed", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  const again = node.restart();
  expect(again.due(checkpointAt(10))).toEqual([]);
  expect(again.tick(0)).toEqual([{ type: "broadcast", message: voteOf(0, checkpointAt(10)) }]);
  const other = node.restart();
  expect(typesOf(other.due(checkpointAt(10, 9)))).toEqual([]);
  expect(heightsIn(other.tick(0))).toEqual([]);
  expect([...other.disk.values()].map(decodeCheckpoint)).toEqual([checkpointAt(10)]);
});

test("a height below the last signed one is never signed, recorded or not", () => {
  const node = new Node();
  for (let height = 10; height <= 700; height += 10) node.due(checkpointAt(height));
  expect(node.disk.size).toBe(64);
  const again = node.restart();
  for (const height of [5, 10, 350, 695]) expect(again.due(checkpointAt(height, 9))).toEqual([]);
  expect(typesOf(again.due(checkpointAt(710)))).toEqual(["persist", "broadcast"]);
}, 60_000);

test("a restarted validator gathers on for what it has signed", () => {
  const node = new Node();
  node.due(checkpointAt(10));
  const again = node.restart();
  again.tick(0);
  again.hear(1, voteOf(1, checkpointAt(10)));
  expect(typesOf(again.hear(2, voteOf(2, checkpointAt(10))))).toEqual(["certified"]);
  expect(again.restart(10).hear(1, voteOf(1, checkpointAt(10)))).toEqual([]);
});

test("a right checkpoint is gathered for even by a validator that has signed a wrong one", () => {
  const node = new Node();
  node.due(checkpointAt(10, 9));
  const again = node.restart();
  expect(again.due(checkpointAt(10))).toEqual([]);
  for (const from of [1, 2]) again.hear(from, voteOf(from, checkpointAt(10)));
  expect(again.hear(3, voteOf(3, checkpointAt(10)))).toMatchObject([
    { type: "certified", certified: { signers: [1, 2, 3] } },
  ]);
});

test("a node without a seat gathers and signs nothing", () => {
  const node = new Node({}, false);
  expect(node.due(checkpointAt(10))).toEqual([]);
  expect(node.tick(9)).toEqual([]);
  for (const from of [1, 2]) node.hear(from, voteOf(from, checkpointAt(10)));
  expect(typesOf(node.hear(3, voteOf(3, checkpointAt(10))))).toEqual(["certified"]);
});

test("a validator alone certifies by itself, after a restart as well", () => {
  const all = committee;
  committee = { ...all, members: all.members.slice(0, 1) };
  try {
    const node = new Node();
    expect(typesOf(node.due(checkpointAt(10)))).toEqual(["persist", "broadcast", "certified"]);
    expect(typesOf(node.restart().tick(0))).toEqual(["broadcast", "certified"]);
    expect(typesOf(node.restart(10).tick(0))).toEqual(["broadcast"]);
  } finally {
    committee = all;
  }
});
