import { expect, test } from "vitest";
import { isChild, isJustified } from "../../consensus/proposal.ts";
import { Height, limits, type Propose, View } from "../../protocol/index.ts";
import { certify, epoch, headerOn, origin, proposalOf } from "./support.ts";

const parent = headerOn(undefined, 1);
const header = headerOn(parent, 4);
const good = proposalOf(header, certify("prepare", parent), [
  certify("skip", 2),
  certify("skip", 3),
]);

test("the parent's certificate and the skips between justify a proposal", () => {
  expect(isJustified(good, epoch, origin)).toBe(true);
  expect(isJustified({ ...good, parentQC: certify("commit", parent) }, epoch, origin)).toBe(true);
  expect(isJustified(proposalOf(headerOn(undefined, 1), undefined), epoch, origin)).toBe(true);
});

test.each<[string, Partial<Propose>]>([
  ["without the parent's certificate", { parentQC: undefined }],
  [
    "with the certificate of another block",
    { parentQC: certify("prepare", headerOn(undefined, 1, [3])) },
  ],
  ["with a skip as the parent's certificate", { parentQC: certify("skip", 1) }],
  ["with a skip too few", { skips: [certify("skip", 3)] }],
  ["with a skip too many", { skips: [certify("skip", 1), certify("skip", 2), certify("skip", 3)] }],
  ["with skips of other views", { skips: [certify("skip", 3), certify("skip", 2)] }],
  [
    "with a block in place of a skip",
    { skips: [certify("skip", 2), certify("prepare", headerOn(parent, 3))] },
  ],
  ["of another epoch", { header: { ...header, epoch: 1 as typeof epoch } }],
  ["that stands before its parent", { header: { ...header, view: View(1) } }],
])("a proposal %s is not", (_, change) => {
  expect(isJustified({ ...good, ...change }, epoch, origin)).toBe(false);
});

test("over a gap longer than a message holds, the last skips are enough", () => {
  const far = headerOn(parent, limits.skipsMax + 10);
  const skips = Array.from({ length: limits.skipsMax }, (_, i) => certify("skip", 10 + i));
  const proposal = proposalOf(far, certify("prepare", parent), skips);
  expect(isJustified(proposal, epoch, origin)).toBe(true);
  const fewer = { ...proposal, skips: skips.slice(1) };
  expect(isJustified(fewer, epoch, origin)).toBe(false);
});

test("a child has the next height and knows its parent's view", () => {
  expect(isChild(header, parent)).toBe(true);
  expect(isChild({ ...header, height: Height(3) }, parent)).toBe(false);
  expect(isChild({ ...header, parentView: View(2) }, parent)).toBe(false);
});
