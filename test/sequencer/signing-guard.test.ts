import { expect, test } from "vitest";
import type { VoteSignatures } from "../../consensus/index.ts";
import { Epoch, type Statement, ValidatorIndex, View } from "../../protocol/index.ts";
import { guardSigning, type Watermarks } from "../../sequencer/signing-guard.ts";
import { fakeSignatures } from "../sim/signatures.ts";

const epoch = Epoch(3);
const [a, b] = [1, 2].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array];
const none = new Uint8Array(32);

/** PREPARE up to 9, COMMIT up to 7, SKIP up to 8, checkpoints up to 40. */
const marks: Watermarks = {
  safety: {
    epoch,
    lastPrepare: View(9),
    prepareHash: a,
    lastCommit: View(7),
    lastSkip: View(8),
  },
  attested: [
    { height: 30, hash: a },
    { height: 40, hash: b },
  ],
};

function key(watermarks: Watermarks = marks): VoteSignatures {
  return guardSigning(fakeSignatures(ValidatorIndex(1)), watermarks);
}

function saying(kind: Statement["kind"], slot: number, payload: Uint8Array = none): Statement {
  return { domain: none, kind, epoch, slot, payload };
}

test.each<[string, Statement]>([
  ["another block in a view that was prepared", saying("prepare", 9, b)],
  ["a PREPARE below the last one", saying("prepare", 8, a)],
  ["a COMMIT in a view that was skipped", saying("commit", 8, a)],
  ["a COMMIT below the last one", saying("commit", 6, a)],
  ["a SKIP in a view that was committed", saying("skip", 7)],
  ["a SKIP below a COMMIT", saying("skip", 6)],
  ["another checkpoint at a height that was signed", saying("checkpoint", 40, a)],
  ["a checkpoint below the last one", saying("checkpoint", 39, a)],
  ["anything in another epoch", { ...saying("prepare", 10, a), epoch: Epoch(4) }],
])("%s is not signed, and the node stops", (_, statement) => {
  expect(() => key().sign(statement)).toThrow();
});

test.each<[string, Statement]>([
  ["the same PREPARE again", saying("prepare", 9, a)],
  ["the COMMIT of the last view again", saying("commit", 7, b)],
  ["the same SKIP again", saying("skip", 8)],
  ["the same checkpoints again", saying("checkpoint", 30, a)],
  ["a PREPARE in a later view", saying("prepare", 10, b)],
  ["a COMMIT in a view that was prepared and not skipped", saying("commit", 9, a)],
  ["a SKIP in a view that was prepared and not committed", saying("skip", 9)],
  ["a checkpoint at a later height", saying("checkpoint", 41, a)],
])("%s is signed", (_, statement) => {
  const plain = fakeSignatures(ValidatorIndex(1));
  expect(key().sign(statement)).toEqual(plain.sign(statement));
});

test("what is signed moves the marks", () => {
  const signatures = key();
  signatures.sign(saying("prepare", 12, a));
  signatures.sign(saying("commit", 12, a));
  expect(() => signatures.sign(saying("commit", 12, b))).toThrow("COMMIT");
  expect(() => signatures.sign(saying("skip", 12))).toThrow("SKIP");
  signatures.sign(saying("skip", 13));
  expect(() => signatures.sign(saying("prepare", 13, a))).toThrow("PREPARE");
  signatures.sign(saying("release", 60, a));
  signatures.sign(saying("release", 59, b));
  signatures.sign(saying("release", 60, a));
  expect(() => signatures.sign(saying("release", 60, b))).toThrow("one block of a height");
  signatures.sign(saying("checkpoint", 50, a));
  expect(() => signatures.sign(saying("checkpoint", 50, b))).toThrow("checkpoint");
});

test("a SKIP below the last one is signed where no COMMIT stands, and lowers no mark", () => {
  const safety = { ...marks.safety, lastCommit: View(5) };
  const signatures = key({ ...marks, safety });
  const plain = fakeSignatures(ValidatorIndex(1));
  expect(signatures.sign(saying("skip", 6))).toEqual(plain.sign(saying("skip", 6)));
  expect(() => signatures.sign(saying("commit", 8, a))).toThrow("COMMIT");
  expect(() => signatures.sign(saying("skip", 5))).toThrow("SKIP");
});

test("a key that was never used may sign the first view", () => {
  const fresh = key({
    safety: {
      epoch,
      lastPrepare: View(0),
      prepareHash: none,
      lastCommit: View(0),
      lastSkip: View(0),
    },
    attested: [],
  });
  expect(() => fresh.sign(saying("prepare", 1, a))).not.toThrow();
  expect(() => fresh.sign(saying("commit", 1, a))).not.toThrow();
  expect(() => fresh.sign(saying("checkpoint", 1, a))).not.toThrow();
});
