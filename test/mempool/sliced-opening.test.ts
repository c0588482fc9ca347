import { beforeEach, expect, test } from "vitest";
import { Height, limits, quorum, type Shares, ValidatorIndex } from "../../protocol/index.ts";
import { batchAt, dealtSetting, Openers, type Sent, type Setting } from "./openers.ts";
import { combinersOf, sliceOf, slicingOf } from "../../mempool/slicing.ts";

const seats = 10;
const count = 33;
const patience = 150_000;
const setting: Setting = dealtSetting(seats, count);
/** One ciphertext: for many heights. */
const small: Setting = dealtSetting(seats, 1);
const everyone = Array.from({ length: seats }, (_, index) => index);
const { slices } = slicingOf(seats, count);
const combiners = Array.from({ length: slices }, (_, slice) => combinersOf(seats, 1, slice));

let openers: Openers;

beforeEach(() => {
  openers = new Openers({ setting });
});

function finalize(who: readonly number[] = everyone, height = 1): void {
  for (const index of who) openers.finalize(index, batchAt(height, openers.setting));
}

function sentOf(type: Sent["message"]["type"]): Sent[] {
  return openers.sent.filter(({ message }) => message.type === type);
}

test("a small committee combines everywhere, a larger one in slices of at least sixteen", () => {
  expect(slicingOf(8, 256)).toEqual({ combiners: 8, slices: 1 });
  expect(slicingOf(9, 256)).toEqual({ combiners: 2, slices: 9 });
  expect(slicingOf(64, 256)).toEqual({ combiners: 2, slices: 16 });
  expect(slicingOf(64, 16)).toEqual({ combiners: 2, slices: 1 });
  expect(slicingOf(64, 17)).toEqual({ combiners: 2, slices: 2 });
});

test("over the heights every seat combines equally often", () => {
  const tasks = everyone.map(() => 0);
  for (let height = 1; height <= seats; height++)
    for (let slice = 0; slice < slices; slice++)
      for (const index of combinersOf(seats, height, slice)) tasks[index] = (tasks[index] ?? 0) + 1;
  expect(new Set(tasks)).toEqual(new Set([2 * slices]));
});

test("shares go to a slice's combiners alone, who tell everyone, and nobody is blamed", () => {
  finalize();
  expect(openers.openedBy()).toEqual(everyone);
  expect(openers.faults).toEqual([]);
  for (const { to, message } of sentOf("shares"))
    for (const { slice } of (message as Shares).slices) expect(combiners[slice]).toContain(to);
  expect(sentOf("pull-openings")).toEqual([]);
});

test("a seat receives less than it would if everyone sent everything to everyone", () => {
  finalize();
  const shares = sentOf("shares").filter(({ to }) => to === 0);
  const received = shares.reduce(
    (sum, { message }) =>
      sum +
      (message as Shares).slices.reduce((bytes, slice) => bytes + 96 * slice.shares.length, 0),
    0,
  );
  expect(received).toBeLessThan((96 * count * (seats - 1)) / 2);
});

test("two silent combiners of one slice are replaced by asking everyone", () => {
  const silent: readonly number[] = combiners[0] ?? [];
  openers.wire = ({ from, message }) => (silent.includes(from) ? undefined : message);
  finalize();
  expect(openers.openedBy()).toEqual(silent);
  openers.tick(patience);
  expect(openers.openedBy()).toEqual(everyone);
  const pulls = sentOf("pull-openings").filter(({ from }) => !silent.includes(from));
  expect(pulls.length).toBeGreaterThan(0);
  expect(openers.faults).toEqual([]);
});

test("what is asked for is what is missing", () => {
  const silent: readonly number[] = combiners[0] ?? [];
  openers.wire = ({ from, message }) => (silent.includes(from) ? undefined : message);
  finalize();
  openers.tick(patience);
  const pull = sentOf("pull-openings").find(({ from }) => !silent.includes(from));
  const missing = combiners.flatMap((pair, slice) =>
    pair.every((index) => silent.includes(index)) ? [slice] : [],
  );
  expect(pull?.message).toEqual({
    type: "pull-openings",
    wants: [{ height: 1, slices: missing }],
  });
});

test("a combiner that lies is blamed, believed by nobody, and does not stand in the other's way", () => {
  const [liar, honest] = combiners[0] ?? [];
  openers.wire = ({ from, message }) =>
    from === liar && message.type === "opened"
      ? {
          ...message,
          slices: message.slices.map(({ slice, openings }) => ({
            slice,
            openings: openings.toReversed(),
          })),
        }
      : message;
  finalize();
  expect(openers.openedBy()).toEqual(everyone);
  expect(sentOf("pull-openings")).toEqual([]);
  const codes = new Set(openers.faults.map(({ peer, code }) => `${peer} ${code}`));
  expect([...codes].every((each) => each === `${liar} BAD_OPENINGS`)).toBe(true);
  expect(honest).not.toBe(liar);
});

test("a combiner whose lies come first is asked for nothing more, at this height and the next", () => {
  const [liar = ValidatorIndex(0), honest] = combiners[0] ?? [];
  const lie = setting.openings.toReversed();
  openers.wire = ({ from, message }) => (from === honest ? undefined : message);
  for (const height of [1, 2]) {
    for (const index of everyone) {
      if (index === liar || index === honest) continue;
      const slices = [{ slice: 0, openings: sliceOf(lie, 0, 3) }];
      const { blockHash } = batchAt(height, setting);
      openers.finalize(index, batchAt(height, setting));
      openers.step(index, {
        type: "message",
        now: openers.now,
        from: liar,
        message: { type: "opened", height: Height(height), blockHash, slices },
      });
    }
  }
  const blamed = openers.faults.filter(
    ({ peer, code }) => peer === liar && code === "BAD_OPENINGS",
  );
  expect(blamed.length).toBe(seats - 2);
});

test("f silent seats and f lying share senders do not keep a batch closed", () => {
  const silent = [2];
  const lying = [5, 8];
  openers.wire = ({ from, message }) => {
    if (silent.includes(from)) return undefined;
    if (!lying.includes(from) || message.type !== "shares") return message;
    return {
      ...message,
      slices: message.slices.map(({ slice, shares }) => ({ slice, shares: shares.toReversed() })),
    };
  };
  finalize();
  for (let i = 0; i < 6; i++) openers.tick(2 * patience);
  expect(openers.openedBy()).toEqual(everyone);
  for (const { peer, code } of openers.faults) {
    expect(lying).toContain(peer);
    expect(code).toBe("BAD_SHARES");
  }
});

test("a seat that lied once is not combined with again while the others suffice", () => {
  openers = new Openers({ setting: small });
  const liar = 5;
  openers.wire = ({ from, message }) =>
    from === liar && message.type === "shares"
      ? {
          ...message,
          slices: message.slices.map(({ slice, shares }) => ({
            slice,
            shares: shares.map(() => new Uint8Array(96)),
          })),
        }
      : message;
  finalize(everyone, 1);
  const before = openers.faults.length;
  expect(before).toBeGreaterThan(0);
  // Everyone has combined with it by then, and found out.
  for (let height = 2; height <= seats; height++) finalize(everyone, height);
  const after = openers.faults.length;
  for (let height = seats + 1; height <= 2 * seats; height++) finalize(everyone, height);
  expect(openers.faults.length).toBe(after);
});

test("what combiners tell before the block is final here counts once it is", () => {
  finalize(everyone.slice(1));
  expect(openers.openedBy()).toEqual(everyone.slice(1));
  openers.wire = () => undefined;
  openers.finalize(0, batchAt(1, setting));
  expect(openers.openedBy()).toEqual(everyone);
});

test("before a block is final, only what an honest peer would send about it is kept", () => {
  const height = Height(1);
  const { blockHash } = batchAt(1, setting);
  const [combiner = ValidatorIndex(0)] = combiners[0] ?? [];
  const other = ValidatorIndex(
    everyone.find((index) => !combiners[0]?.includes(ValidatorIndex(index))) ?? 0,
  );
  const known = { slice: 0, openings: sliceOf(setting.openings, 0, slices) };
  const listener = everyone.findLast((index) => index !== combiner && index !== other) ?? 0;
  const tell = (from: ValidatorIndex): void =>
    openers.step(listener, {
      type: "message",
      now: 0,
      from,
      message: { type: "opened", height, blockHash, slices: [known] },
    });
  openers.wire = () => undefined;
  const jobs = (): string[] =>
    openers.jobs.filter(({ by }) => by === listener).map(({ job }) => job.type);

  tell(other);
  openers.restart(listener, { final: Height(0), unopened: [] });
  tell(other);
  openers.finalize(listener, batchAt(1, setting));
  expect(jobs()).not.toContain("check-openings");

  openers.restart(listener, { final: Height(0), unopened: [] });
  tell(combiner);
  openers.finalize(listener, batchAt(1, setting));
  expect(jobs()).toContain("check-openings");
});

test("whoever catches up asks a few, gets whole heights, and checks them in few jobs", () => {
  openers = new Openers({ setting: small });
  const heights = 12;
  for (let height = 1; height <= heights; height++) finalize(everyone.slice(1), height);
  openers.sent.length = 0;
  openers.jobs.length = 0;
  openers.areWorkersBusy = true;
  for (let height = 1; height <= heights; height++)
    openers.finalize(0, batchAt(height, small), true);
  openers.tick(0);
  openers.work();
  const pulls = sentOf("pull-openings").filter(({ from }) => from === 0);
  expect(pulls.length).toBe(2);
  for (let height = 1; height <= heights; height++)
    expect(openers.openedBy(height)).toEqual(everyone);
  expect(openers.faults).toEqual([]);
});

test("heights that wait together share their check", () => {
  const heights = 7;
  openers.areWorkersBusy = true;
  for (let height = 1; height <= heights; height++) {
    openers.finalize(0, batchAt(height, setting), true);
    const { blockHash } = batchAt(height, setting);
    openers.step(0, {
      type: "message",
      now: 0,
      from: ValidatorIndex(1),
      message: {
        type: "opened",
        height: Height(height),
        blockHash,
        slices: [{ slice: 0, openings: setting.openings }],
      },
    });
  }
  const checks = openers.work().filter(({ type }) => type === "check-openings");
  expect(checks.length).toBe(2);
  for (let height = 1; height <= heights; height++) expect(openers.openedBy(height)).toEqual([0]);
});

test("shares computed while others vote leave when the block is final, and not before", () => {
  for (const index of everyone)
    openers.step(index, { type: "prepared", now: 0, ...batchAt(1, setting) });
  expect(openers.jobs.map(({ job }) => job.type)).toEqual(everyone.map(() => "compute-shares"));
  expect(openers.sent).toEqual([]);
  openers.jobs.length = 0;
  finalize();
  expect(openers.openedBy()).toEqual(everyone);
  expect(openers.jobs.filter(({ job }) => job.type === "compute-shares")).toEqual([]);
});

test("shares that a worker is still computing when the block becomes final leave as they come", () => {
  openers.areWorkersBusy = true;
  for (const index of everyone)
    openers.step(index, { type: "prepared", now: 0, ...batchAt(1, setting) });
  finalize();
  expect(openers.sent).toEqual([]);
  openers.work();
  expect(openers.openedBy()).toEqual(everyone);
});

test("shares of a block that another displaced never leave", () => {
  const displaced = { ...batchAt(1, setting), blockHash: new Uint8Array(32).fill(99) };
  for (const index of everyone) openers.step(index, { type: "prepared", now: 0, ...displaced });
  finalize();
  expect(openers.openedBy()).toEqual(everyone);
  for (const { message } of sentOf("shares"))
    expect((message as Shares).blockHash).toEqual(batchAt(1, setting).blockHash);
});

test("no more blocks are prepared for than may be waiting to become final", () => {
  const blocks = limits.unfinalizedMax + 1;
  for (let i = 0; i < blocks; i++) {
    const block = { ...batchAt(1, setting), blockHash: new Uint8Array(32).fill(i) };
    openers.step(0, { type: "prepared", now: 0, ...block });
  }
  openers.jobs.length = 0;
  openers.finalize(0, { ...batchAt(1, setting), blockHash: new Uint8Array(32).fill(0) });
  expect(openers.jobs.map(({ job }) => job.type)).toEqual(["compute-shares"]);
});

test("who has no seat opens what combiners tell, and computes no shares", () => {
  const observer = seats;
  openers = new Openers({ setting, observers: 1 });
  openers.step(observer, { type: "prepared", now: 0, ...batchAt(1, setting) });
  finalize([...everyone, observer]);
  expect(openers.openedBy()).toEqual([...everyone, observer]);
  expect(
    openers.jobs.filter(({ by, job }) => by === observer && job.type !== "check-openings"),
  ).toEqual([]);
});

test("what someone without a seat sends as shares is no row", () => {
  openers.wire = ({ message }) => (message.type === "shares" ? undefined : message);
  finalize();
  const [target = 0] = combiners[0] ?? [];
  const shares = sentOf("shares").find(({ to }) => to === target)?.message;
  if (shares?.type !== "shares") throw new Error("shares were sent");
  for (let from = seats; from < seats + quorum(seats); from++)
    openers.step(target, { type: "message", now: 0, from: ValidatorIndex(from), message: shares });
  expect(openers.jobs.filter(({ job }) => job.type === "open-batches")).toEqual([]);
});
