import { expect, test } from "vitest";
import { Certificates } from "../../consensus/certificates.ts";
import { type QC, ValidatorIndex, View } from "../../protocol/index.ts";
import { fakeSignatures } from "../sim/signatures.ts";
import { certify, committee, digestOf, headerOn, seats } from "./support.ts";

const block = headerOn(undefined, 3);
const qc = certify("prepare", block);

test("a quorum's word verifies", () => {
  expect(empty().isValid(qc)).toBe(true);
  expect(empty().isValid(certify("prepare", block, [1, 2, 3]))).toBe(true);
  expect(empty().isValid(certify("skip", 3))).toBe(true);
});

test.each<[string, Partial<QC>]>([
  ["of another view", { view: View(4) }],
  ["of another kind", { kind: "commit" }],
  ["of another epoch", { epoch: 1 as QC["epoch"] }],
  ["about another block", { hash: new Uint8Array(32).fill(9) }],
  ["with a name removed", { signers: seats(0, 1) }],
  ["with a name twice", { signers: seats(0, 1, 1, 2) }],
  ["with a name out of order", { signers: seats(1, 0, 2) }],
  ["with a stranger's name", { signers: seats(0, 1, 2, 7) }],
  ["with another signature", { signature: certify("prepare", block, [1, 2, 3]).signature }],
])("a certificate %s does not", (_, change) => {
  expect(empty().isValid({ ...qc, ...change })).toBe(false);
});

test("a SKIP that names a block is no certificate, whoever signed it", () => {
  expect(empty().isValid({ ...qc, kind: "skip" })).toBe(false);
});

test("two of four are no quorum", () => {
  expect(empty().isValid(certify("prepare", block, [0, 1]))).toBe(false);
});

test("a CommitQC makes all below it useless and stands for its view's block", () => {
  const certificates = empty();
  const old = certify("skip", 2);
  certificates.add(old);
  certificates.add(qc);
  const commit = certify("commit", block);
  expect(certificates.add(commit)).toEqual([old]);
  expect(certificates.isKnown(certify("skip", 1))).toBe(true);
  expect(certificates.isKnown(certify("skip", 4))).toBe(false);
  expect(certificates.block(View(3))).toEqual(qc);
  expect(certificates.commit).toEqual(commit);
});

test("a view may have been certified and skipped both", () => {
  const certificates = empty();
  certificates.add(qc);
  certificates.add(certify("skip", 3));
  expect(certificates.highestBlockBelow(View(9))).toEqual(qc);
  expect(certificates.skip(View(3))?.kind).toBe("skip");
  expect(certificates.highest?.view).toBe(3);
});

function empty(): Certificates {
  return new Certificates(committee, fakeSignatures(ValidatorIndex(0)), digestOf);
}
