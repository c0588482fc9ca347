import fc from "fast-check";
import { expect, test } from "vitest";
import { faultyMax, Height, limits, ValidatorIndex } from "../../protocol/index.ts";
import { combinersOf } from "../../mempool/slicing.ts";
import { batchAt, dealtSetting, Openers, releaseOf, vectorSetting } from "./openers.ts";

const patience = 150_000;
/** All in one slice, two combiners. */
const sliced = dealtSetting(10, 1);
const settings = [
  ["four seats", vectorSetting],
  ["ten seats", sliced],
] as const;

function finalize(openers: Openers, who: readonly number[] = openers.everyone, height = 1): void {
  for (const index of who) openers.finalize(index, batchAt(height, openers.setting));
}

/** Long enough for everyone to ask, and to ask again. */
function wait(openers: Openers): void {
  for (let i = 0; i < 8; i++) openers.tick(2 * patience);
}

test.each(settings)(
  "%s: nobody gets a share of what is not final here by asking for it",
  (_, setting) => {
    const openers = new Openers({ setting });
    const honest = 0;
    openers.step(honest, { type: "prepared", now: 0, ...batchAt(1, setting) });
    const wants = [{ height: Height(1), slices: [] }];
    for (const from of openers.everyone.slice(1)) {
      const message = { type: "pull-openings", wants } as const;
      openers.step(honest, { type: "message", now: 0, from: ValidatorIndex(from), message });
    }
    openers.tick(10 * patience);
    expect(openers.sent.filter(({ from }) => from === honest)).toEqual([]);
    expect(openers.loads).toEqual([]);
  },
);

test.each(settings)("%s: who asks without end is answered only so often", (_, setting) => {
  const openers = new Openers({ setting });
  finalize(openers);
  openers.sent.length = 0;
  const height = Height(1);
  const wants = Array.from({ length: limits.unopenedMax }, () => ({ height, slices: [] }));
  const message = { type: "pull-openings", wants } as const;
  for (let i = 0; i < 1_000; i++)
    openers.step(0, { type: "message", now: 0, from: ValidatorIndex(1), message });
  const answers = openers.sent.length;
  expect(answers).toBeLessThanOrEqual(128);
  const from = ValidatorIndex(2);
  openers.step(0, {
    type: "message",
    now: 0,
    from,
    message: { ...message, wants: wants.slice(1, 2) },
  });
  expect(openers.sent.length).toBe(answers + 1);
});

test("slices that there are not, or that come twice, are asked for in vain", () => {
  const openers = new Openers({ setting: dealtSetting(10, 17) });
  finalize(openers);
  openers.sent.length = 0;
  const ask = (slices: readonly number[]): void => {
    const message = { type: "pull-openings", wants: [{ height: Height(1), slices }] } as const;
    openers.step(0, { type: "message", now: 0, from: ValidatorIndex(1), message });
  };
  ask([2, 9, 65_535]);
  expect(openers.sent).toEqual([]);
  ask([1, 1, 1]);
  const [answer] = openers.sent;
  expect(answer?.message).toMatchObject({ type: "opened", slices: [{ slice: 1 }] });
});

test.each(settings)(
  "%s: what nobody asked for and no honest peer sends costs no work and no memory",
  (_, setting) => {
    const openers = new Openers({ setting });
    const [victim, liar] = [0, ValidatorIndex(1)];
    const share = new Uint8Array(96);
    for (let height = 1; height <= 3 * limits.unopenedMax; height++)
      for (let slice = 0; slice < 40; slice++) {
        const about = { height: Height(height), blockHash: new Uint8Array(32) };
        const signature = releaseOf(liar, about);
        const slices = [{ slice, shares: [share] }];
        const shares = { type: "shares", ...about, signature, slices } as const;
        const openings = [new Uint8Array(48)];
        const opened = { type: "opened", ...about, slices: [{ slice, openings }] } as const;
        for (const message of [shares, opened])
          openers.step(victim, { type: "message", now: 0, from: liar, message });
      }
    const early = openers.validators[victim]?.gauges.find(({ name }) => name === "early-openings");
    expect(early?.size).toBeLessThanOrEqual(limits.unopenedMax);
    expect(openers.jobs).toEqual([]);
  },
);

test("f seats that lie in every role do not keep a batch closed, and are the only ones blamed", () => {
  const setting = sliced;
  const liars: readonly number[] = [...combinersOf(10, 1, 0), 7].slice(0, faultyMax(10));
  const openers = new Openers({ setting });
  const lie = (bytes: readonly Uint8Array[]): Uint8Array[] =>
    bytes.map(({ length }) => new Uint8Array(length));
  openers.wire = ({ from, message }) => {
    if (!liars.includes(from)) return message;
    if (message.type === "shares")
      return {
        ...message,
        slices: message.slices.map(({ slice, shares }) => ({ slice, shares: lie(shares) })),
      };
    if (message.type === "opened")
      return {
        ...message,
        slices: message.slices.map(({ slice, openings }) => ({ slice, openings: lie(openings) })),
      };
    return message;
  };
  finalize(openers);
  wait(openers);
  expect(openers.openedBy()).toEqual(openers.everyone);
  for (const { by, peer } of openers.faults) if (!liars.includes(by)) expect(liars).toContain(peer);
});

test("f seats that are silent in every role do not keep a batch closed for the others", () => {
  const silent: readonly number[] = [...combinersOf(10, 1, 0), 7].slice(0, faultyMax(10));
  const openers = new Openers({ setting: sliced });
  openers.wire = ({ from, message }) => (silent.includes(from) ? undefined : message);
  finalize(openers);
  wait(openers);
  const others = openers.everyone.filter((index) => !silent.includes(index));
  expect(openers.openedBy()).toEqual(expect.arrayContaining(others));
  expect(openers.faults).toEqual([]);
});

test.each(settings)(
  "%s: whichever messages are lost at first, all open to the same",
  (_, setting) => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 20, maxLength: 60 }), (losses) => {
        const openers = new Openers({ setting });
        let at = 0;
        openers.wire = ({ message }) =>
          losses[at++ % losses.length] === true ? undefined : message;
        finalize(openers);
        openers.wire = ({ message }) => message;
        wait(openers);
        expect(openers.openedBy()).toEqual(openers.everyone);
        expect(openers.faults).toEqual([]);
      }),
      { numRuns: 12, seed: 1 },
    );
  },
);

test.each(settings)(
  "%s: a crash anywhere between final and opened costs nothing but time",
  (_, setting) => {
    // In the sliced committee one of the two combiners.
    const victim = 1;
    /** The process dies instead of hearing the message of this number; 0 for none. Answers with how many it hears. */
    const crashAt = (number: number): { readonly openers: Openers; readonly heard: number } => {
      const openers = new Openers({ setting });
      let heard = 0;
      openers.wire = ({ to, message }) => {
        if (to === victim) heard++;
        if (to !== victim || heard !== number) return message;
        openers.restart(victim, { final: Height(0), unopened: [] });
        openers.finalize(victim, batchAt(1, setting));
        return undefined;
      };
      finalize(openers, [victim, ...openers.everyone.filter((index) => index !== victim)]);
      wait(openers);
      return { openers, heard };
    };
    const { heard } = crashAt(0);
    expect(heard).toBeGreaterThan(2);
    for (let number = 1; number <= heard; number++) {
      const { openers } = crashAt(number);
      expect(openers.openedBy(), `crash at ${number}`).toEqual(openers.everyone);
      expect(openers.faults).toEqual([]);
    }
  },
);
