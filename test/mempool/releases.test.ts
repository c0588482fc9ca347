import { expect, test } from "vitest";
import { Releases, releasesMax } from "../../mempool/releases.ts";
import { Height, type OpeningMessage, ValidatorIndex } from "../../protocol/index.ts";
import { fakeSignatures } from "../sim/signatures.ts";
import { batchAt, domain, Openers, releaseOf, vectorSetting } from "./openers.ts";

const everyone = [0, 1, 2, 3];
const liar = 1;
/** Of the same height as the block that becomes final. */
const rival = { height: Height(1), blockHash: new Uint8Array(32).fill(99) };
const patience = 150_000;

function sharesOf(seat: number, block: typeof rival): OpeningMessage {
  const signature = releaseOf(seat, block);
  return { type: "shares", ...block, signature, slices: [{ slice: 0, shares: [] }] };
}

function tell(openers: Openers, message: OpeningMessage): void {
  openers.step(0, { type: "message", now: openers.now, from: ValidatorIndex(liar), message });
}

test.each(["before", "while", "after"] as const)(
  "who gives its shares for another block %s that of its height is opened has said two things of it",
  (when) => {
    const openers = new Openers();
    if (when === "before") tell(openers, sharesOf(liar, rival));
    openers.areWorkersBusy = true;
    for (const index of everyone) openers.finalize(index, batchAt(1));
    if (when === "while") tell(openers, sharesOf(liar, rival));
    openers.areWorkersBusy = false;
    openers.work();
    if (when === "after") tell(openers, sharesOf(liar, rival));
    expect(openers.openedBy()).toEqual(everyone);
    const found = openers.faults.find(({ code }) => code === "TWO_RELEASES");
    expect(found).toMatchObject({ by: 0, peer: liar });
    const sides = [rival, batchAt(1)].map((block) => ({
      kind: "release",
      payload: block.blockHash,
      signature: releaseOf(liar, block),
    }));
    const { evidence } = found ?? {};
    expect(evidence).toMatchObject({ type: "statements", epoch: 0, offender: liar, slot: 1 });
    if (evidence?.type !== "statements") throw new Error("what is signed are statements");
    expect([evidence.first, evidence.second]).toEqual(expect.arrayContaining(sides));
  },
);

test("nobody listens to shares for which their sender does not stand", () => {
  const openers = new Openers();
  openers.wire = ({ from, message }) =>
    from === liar && message.type === "shares"
      ? { ...message, signature: releaseOf(liar, rival) }
      : message;
  for (const index of everyone) openers.finalize(index, batchAt(1));
  expect(openers.openedBy()).toEqual(everyone);
  const others = everyone.filter((index) => index !== liar);
  expect(openers.faults).toEqual(others.map((by) => ({ by, peer: liar, code: "BAD_RELEASE" })));
  // With one more away the two that are left are not enough, whatever the liar gives.
  const fewer = new Openers();
  fewer.wire = ({ from, to, message }) =>
    from === 3 || to === 3 ? undefined : openers.wire({ from, to, message });
  for (const index of [0, 1, 2]) fewer.finalize(index, batchAt(1));
  expect(fewer.openedBy()).toEqual([liar]);
});

test("what honest validators say of many heights, late, again and after a restart, convicts nobody", () => {
  const openers = new Openers();
  let lost = 0;
  openers.wire = ({ message }) => (lost++ % 3 === 0 ? undefined : message);
  for (let height = 1; height <= 6; height++)
    for (const index of everyone.toReversed()) openers.finalize(index, batchAt(height));
  openers.restart(2, {
    final: Height(6),
    unopened: [1, 2, 3, 4, 5, 6].map((height) => batchAt(height)),
  });
  openers.wire = ({ message }) => message;
  for (let tick = 0; tick < 8; tick++) openers.tick(8 * patience);
  for (let height = 1; height <= 6; height++) expect(openers.openedBy(height)).toEqual(everyone);
  expect(openers.faults).toEqual([]);
});

test("a seat that signs for a thousand blocks of a height costs two verifications, and so does one that signs nothing", () => {
  const { committee } = vectorSetting;
  const fake = fakeSignatures(ValidatorIndex(0));
  let verified = 0;
  const signatures = {
    ...fake,
    verify: (...claim: Parameters<typeof fake.verify>) => {
      verified++;
      return fake.verify(...claim);
    },
  };
  const releases = new Releases(signatures, { committee, domain });
  for (const seat of [1, 2])
    for (let i = 0; i < 1000; i++) {
      const blockHash = new Uint8Array(32).fill(i >> 8).fill(i & 0xff, 1);
      const block = { height: Height(1), blockHash };
      const signature = seat === 1 ? releaseOf(seat, block) : new Uint8Array(96);
      releases.hear(ValidatorIndex(seat), { type: "shares", ...block, signature, slices: [] });
    }
  expect(verified).toBe(3);
  for (let height = 1; height <= 3 * releasesMax; height++) {
    const block = { height: Height(height), blockHash: rival.blockHash };
    const signature = releaseOf(3, block);
    releases.hear(ValidatorIndex(3), { type: "shares", ...block, signature, slices: [] });
  }
  expect(releases.size).toBe(releasesMax);
});
