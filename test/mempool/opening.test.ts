import { expect, test } from "vitest";
import { Height, limits, ValidatorIndex } from "../../protocol/index.ts";
import { batchAt, Openers, releaseOf, vectorSetting } from "./openers.ts";

const { openings } = vectorSetting;
const everyone = [0, 1, 2, 3];
const patience = 150_000;

function finalizeAt(openers: Openers, who: readonly number[], height = 1): void {
  for (const index of who) openers.finalize(index, batchAt(height));
}

const areOpen = (openers: Openers, height = 1): boolean[] =>
  openers.opened.map((opened) => opened.get(height)?.join() === openings.join());

test("validators that see a block final open it, each once, and blame nobody", () => {
  const openers = new Openers();
  finalizeAt(openers, everyone);
  expect(areOpen(openers)).toEqual([true, true, true, true]);
  expect(openers.faults).toEqual([]);
  expect(openers.validators.map(({ unopened }) => unopened)).toEqual([0, 0, 0, 0]);
});

test("no validator sends a share before it sees the block final itself", () => {
  const openers = new Openers();
  finalizeAt(openers, [0, 1]);
  openers.tick(patience);
  openers.tick(10 * patience);
  const senders = openers.sent.filter(({ message }) => message.type === "shares");
  expect(new Set(senders.map(({ from }) => from))).toEqual(new Set([0, 1]));
  expect(areOpen(openers)).toEqual([false, false, false, false]);

  finalizeAt(openers, [2]);
  expect(areOpen(openers)).toEqual([true, true, true, false]);
});

test("shares that come before the block is final here count once it is", () => {
  const openers = new Openers();
  finalizeAt(openers, [0, 1]);
  const before = openers.sent.length;
  openers.wire = ({ from, message }) => (from < 2 ? undefined : message);
  finalizeAt(openers, [2]);
  expect(areOpen(openers)[2]).toBe(true);
  expect(openers.sent.length).toBeGreaterThan(before);
});

test("a wrong row is blamed on its seat and the batch is opened by the others", () => {
  const openers = new Openers();
  openers.wire = ({ from, message }) => {
    const [slice] = message.type === "shares" ? message.slices : [];
    if (from !== 1 || message.type !== "shares" || slice === undefined) return message;
    return { ...message, slices: [{ slice: 0, shares: slice.shares.toReversed() }] };
  };
  finalizeAt(openers, everyone);
  expect(areOpen(openers)).toEqual([true, true, true, true]);
  expect(openers.faults.length).toBeGreaterThan(0);
  for (const { by, peer, code } of openers.faults) {
    expect(code).toBe("BAD_SHARES");
    expect(peer).toBe(1);
    expect(by).not.toBe(1);
  }
});

test("a row of the wrong length, or for another block, is refused", () => {
  for (const spoil of ["length", "block"] as const) {
    const openers = new Openers();
    openers.wire = ({ from, message }) => {
      const [slice] = message.type === "shares" ? message.slices : [];
      if (from !== 1 || message.type !== "shares" || slice === undefined) return message;
      if (spoil === "length")
        return { ...message, slices: [{ slice: 0, shares: slice.shares.slice(1) }] };
      const about = { height: message.height, blockHash: new Uint8Array(32) };
      return { ...message, ...about, signature: releaseOf(1, about) };
    };
    finalizeAt(openers, everyone);
    expect(areOpen(openers)).toEqual([true, true, true, true]);
    expect(openers.faults).toContainEqual({ by: 0, peer: 1, code: "WRONG_SHARES" });
  }
});

test("who misses the shares asks for the opening, and again with growing patience", () => {
  const openers = new Openers();
  openers.wire = ({ to, message }) => (to === 3 ? undefined : message);
  finalizeAt(openers, everyone);
  expect(areOpen(openers)).toEqual([true, true, true, false]);
  for (let i = 0; i < 14; i++) openers.tick(patience / 2);
  const pulls = openers.sent.filter(
    ({ to, message }) => to === 0 && message.type === "pull-openings",
  );
  expect(pulls.length).toBe(3);

  openers.wire = ({ message }) => message;
  openers.tick(10 * patience);
  expect(areOpen(openers)[3]).toBe(true);
  expect(openers.faults).toEqual([]);
});

test("a false opening is blamed on its sender, and another's is taken", () => {
  const openers = new Openers();
  openers.wire = ({ to, message }) => (to === 3 ? undefined : message);
  finalizeAt(openers, everyone);
  openers.wire = ({ from, message }) =>
    from === 0 && message.type === "opened"
      ? { ...message, slices: [{ slice: 0, openings: openings.toReversed() }] }
      : message;
  openers.tick(10 * patience);
  expect(areOpen(openers)[3]).toBe(true);
  expect(openers.faults).toEqual([{ by: 3, peer: 0, code: "BAD_OPENINGS" }]);
});

test("a validator restarted between final and opened takes up where it was, from its key and the block", () => {
  const openers = new Openers();
  openers.wire = () => undefined;
  finalizeAt(openers, everyone);
  openers.wire = ({ message }) => message;
  for (const index of everyone)
    openers.restart(index, { final: Height(1), unopened: [batchAt(1)] });
  openers.tick(0);
  openers.tick(patience);
  expect(areOpen(openers)).toEqual([true, true, true, true]);
});

test("openings that are in memory are sent, older ones are left to the store", () => {
  const openers = new Openers();
  finalizeAt(openers, everyone);
  openers.restart(0, { final: Height(1), unopened: [] });
  const pull = {
    type: "pull-openings",
    wants: [1, 2].map((height) => ({ height: Height(height), slices: [] })),
  } as const;
  const from = ValidatorIndex(3);
  openers.sent.length = 0;
  openers.step(1, { type: "message", now: 0, from, message: pull });
  openers.step(0, { type: "message", now: 0, from, message: pull });
  expect(openers.sent.map(({ message }) => message.type)).toEqual(["opened"]);
  expect(openers.loads).toEqual([{ by: 0, height: 1, to: 3 }]);
});

test("a block without sealed transactions is open at once", () => {
  const openers = new Openers();
  openers.finalize(0, { ...batchAt(1), transactions: [] });
  expect(openers.opened[0]?.get(1)).toEqual([]);
  expect(openers.sent).toEqual([]);
});

test("what was final long ago is asked for first, and shares are computed only if nobody answers", () => {
  const openers = new Openers();
  finalizeAt(openers, [0, 1, 2]);
  openers.sent.length = 0;
  openers.finalize(3, batchAt(1), true);
  openers.tick(0);
  expect(areOpen(openers)[3]).toBe(true);
  expect(openers.sent.some(({ message }) => message.type === "shares")).toBe(false);
});

test("shares far ahead of what is final are not kept", () => {
  const openers = new Openers();
  const far = limits.unopenedMax + 1;
  for (const index of [0, 1]) openers.restart(index, { final: Height(far - 1), unopened: [] });
  finalizeAt(openers, [0, 1], far);
  openers.wire = () => undefined;
  for (let height = 1; height < far; height++)
    openers.finalize(2, { ...batchAt(height), transactions: [] });
  finalizeAt(openers, [2], far);
  expect(areOpen(openers, far)[2]).toBe(false);
});

test("a node without a seat opens with the shares of the committee, and sends none", () => {
  const openers = new Openers({ observers: 1 });
  finalizeAt(openers, [...everyone, 4]);
  openers.tick(patience);
  expect(areOpen(openers)).toEqual([true, true, true, true, true]);
  expect(
    openers.sent.filter(({ from, message }) => from === 4 && message.type === "shares"),
  ).toEqual([]);
});

test("a node without a seat is served openings, and what it says is a share is not heard", () => {
  const openers = new Openers({ observers: 1 });
  openers.wire = ({ from, message }) =>
    from < 4 && message.type === "shares" ? undefined : message;
  finalizeAt(openers, everyone);
  const blockHash = batchAt(1).blockHash;
  const about = { height: Height(1), blockHash };
  const signature = releaseOf(4, about);
  const claim = { type: "shares", ...about, signature, slices: [] } as const;
  openers.step(0, { type: "message", now: openers.now, from: ValidatorIndex(4), message: claim });
  expect(openers.faults).toEqual([]);
  openers.wire = ({ message }) => message;
  openers.tick(patience);
  finalizeAt(openers, [4]);
  openers.tick(patience);
  expect(areOpen(openers)).toEqual([true, true, true, true, true]);
});
