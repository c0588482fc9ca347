import { expect, test } from "vitest";
import { assert, toHex } from "../../base/index.ts";
import {
  type Committee,
  type Control,
  Height,
  type SealingPublicKey,
} from "../../protocol/index.ts";
import { randomness } from "../crypto/sealing-fixture.ts";
import {
  candidatesOf,
  closed,
  type Identity,
  identity,
  keyless,
  Log,
  opens,
  parameters,
  type Temper,
} from "./log.ts";

const all = [0, 1, 2, 3, 4, 5, 6].map(identity);
const four = all.slice(0, 4);

test("a committee without a key makes one at once, and hands it on to seven, five and four", () => {
  const first = closed(new Log(four, { committee: keyless(four) }));
  expect(first.epoch).toBe(1);
  expect(sealingOf(first).keyId).toBe(1);
  const committees = [first];
  for (const [from, to] of [
    [four, all],
    [all, all.slice(1, 6)],
    [all.slice(1, 6), all.slice(3)],
  ] as const) {
    const committee = committees.at(-1) ?? first;
    const everybody = [...new Set([...from, ...to])];
    const log = new Log(everybody, { committee, candidates: candidatesOf(to) });
    const next = closed(log);
    expect(next.members.map(({ networkKey }) => toHex(networkKey))).toEqual(
      to.map(({ candidate }) => toHex(candidate.networkKey)),
    );
    expect(toHex(sealingOf(next).pk2)).toBe(toHex(sealingOf(first).pk2));
    committees.push(next);
    expect(opens(next, to)).toBe(true);
  }
});

test("nothing is made before the epoch has lasted long enough", () => {
  const committee = closed(new Log(four, { committee: keyless(four) }));
  const log = new Log(four, { committee });
  // Time goes by ten a block and began at ten: an epoch of fifty is over with the sixth.
  for (let i = 0; i < 5; i++) log.advance();
  expect(log.nodes[0]?.succession.attempts[0]).toBeUndefined();
  log.advance();
  expect(log.nodes[0]?.succession.attempts[0]).toMatchObject({ number: 0, start: 7 });
});

test("without windows, and without an end of epochs, the committee stays", () => {
  const committee = closed(new Log(four, { committee: keyless(four) }));
  const never = { ...parameters, epochTime: 0 };
  expect(new Log(four, { committee, parameters: never }).close(60)).toBeUndefined();
  const windowless = { ...parameters, dkgWindow: 0 };
  expect(new Log(four, { committee, parameters: windowless }).close(60)).toBeUndefined();
});

test("nothing is made before L1 has named who follows, nor for names that clash", () => {
  const [one] = four;
  assert(one !== undefined, "there are four");
  for (const candidates of [undefined, [], [one.candidate, one.candidate]])
    expect(new Log(four, { committee: keyless(four), candidates }).close(40)).toBeUndefined();
});

test("an attempt that fails is followed by the next, with everybody who is there by then", () => {
  const isEarly = (height: Height): boolean => height <= 20;
  const absent: Temper = (control, expiry) => (isEarly(expiry) ? [] : [control]);
  const tempers = new Map([
    [1, absent],
    [2, absent],
  ]);
  const log = new Log(four, { committee: keyless(four), tempers });
  const next = closed(log);
  // Five windows of four heights each are one attempt, and the first begins with the second block.
  expect(log.height).toBeGreaterThan(20);
  expect(log.nodes[0]?.succession.attempts[0]?.number).toBe(1);
  expect(opens(next, four)).toBe(true);
});

test("a node that restarts in whatever window says nothing else than before, and gets its share", () => {
  for (const at of [1, 3, 6, 8, 11, 14, 17]) {
    const identities = [0, 1, 2, 3].map(identity);
    const log = new Log(identities, { committee: keyless(identities) });
    for (let height = 1; height <= at; height++) log.advance();
    log.nodes[1]?.restart();
    expect(opens(closed(log), identities)).toBe(true);
  }
});

test("a node that has lost its epoch key has its share shown, and opens all the same", () => {
  const identities = [0, 1, 2, 3].map(identity);
  const log = new Log(identities, { committee: keyless(identities) });
  for (let i = 0; i < 7; i++) log.advance();
  identities[2]?.epochKeys.set(1, randomness(32, 1));
  const next = closed(log);
  expect(log.nodes[0]?.succession.attempts[0]?.reveals.length).toBeGreaterThanOrEqual(3);
  expect(opens(next, identities)).toBe(true);
});

test("a dealer that has lost its share of the key deals nothing, and the rest is enough", () => {
  const identities = [0, 1, 2, 3].map(identity);
  const committee = closed(new Log(identities, { committee: keyless(identities) }));
  identities[1]?.keyShares.delete("1 1");
  const log = new Log(identities, { committee });
  expect(opens(closed(log), identities)).toBe(true);
  expect(log.nodes[0]?.succession.attempts[0]?.dealings).toHaveLength(3);
});

const lies: Record<string, (control: Control) => readonly Control[]> = {
  "says nothing at all": () => [],
  "says everything twice, the second time something else": (control) => [control, garble(control)],
  "says everything wrong": (control) => [garble(control)],
  "deals in another's name": (control) => {
    const { content } = control;
    if (content.type !== "deal") return [control];
    const dealing = content.dealing.slice();
    dealing[1] = ((dealing[1] ?? 0) % 4) + 1;
    return [{ ...control, content: { ...content, dealing } }];
  },
  "speaks of another epoch and attempt": (control) => [
    { ...control, attempt: 1 },
    { ...control, epoch: 0 as Control["epoch"] },
  ],
  "acknowledges nobody": (control) =>
    control.content.type === "ack"
      ? [{ ...control, content: { type: "ack", dealers: [] } }]
      : [control],
  "acknowledges who is not there": (control) =>
    control.content.type === "ack"
      ? [{ ...control, content: { type: "ack", dealers: [1, 2, 3, 4, 5, 128] } }]
      : [control],
};

test.each(Object.entries(lies))(
  "a member that %s does not keep the others from a key",
  (_, lie) => {
    const identities = [0, 1, 2, 3].map(identity);
    const made = new Log(identities, {
      committee: keyless(identities),
      tempers: new Map([[3, lie]]),
    });
    const committee = closed(made);
    expect(made.nodes[0]?.succession.attempts[0]?.number).toBe(0);
    const handing = new Log(identities, { committee, tempers: new Map([[3, lie]]) });
    const next = closed(handing);
    expect(handing.nodes[0]?.succession.attempts[0]?.number).toBe(0);
    expect(toHex(sealingOf(next).pk1)).toBe(toHex(sealingOf(committee).pk1));
    expect(opens(next, identities.slice(0, 3))).toBe(true);
  },
);

test("what strangers say, and what is said out of its window, is nothing", () => {
  const identities = [0, 1, 2, 3].map(identity);
  const log = new Log(identities, { committee: keyless(identities) });
  const stranger = identity(9);
  log.advance();
  const { succession } = log.nodes[0] ?? {};
  assert(succession !== undefined, "there are four");
  const key = { type: "key" as const, epochKey: randomness(32) };
  const say = (author: Identity, content: Control["content"]): void => {
    const control = {
      author: author.candidate.networkKey,
      epoch: 1 as Control["epoch"],
      attempt: 0,
      keyId: 1,
      content,
    };
    const [last] = log.blocks.slice(-1);
    assert(last !== undefined, "there is a block");
    succession.onFinal({ ...last, height: Height(2), controls: [control] });
  };
  const before = succession.snapshot();
  say(stranger, key);
  say(identities[0] ?? stranger, { type: "ack", dealers: [1] });
  say(identities[0] ?? stranger, { type: "deal", dealing: randomness(100) });
  expect(succession.snapshot()).toEqual(before);
  say(identities[0] ?? stranger, key);
  expect(succession.snapshot()).not.toEqual(before);
});

test("a block may close the epoch in the last window alone, and only who knows the verdict can say with whom", () => {
  const identities = [0, 1, 2, 3].map(identity);
  const log = new Log(identities, { committee: keyless(identities) });
  const first = closed(log);
  const { succession } = log.nodes[0] ?? {};
  assert(succession !== undefined, "there are four");
  expect(log.height).toBe(17);
  const at = (height: number): unknown => {
    const next = succession.nextCommittee(Height(height));
    return next === undefined || next === "unknown" ? next : sealingOf(next).pk1;
  };
  expect(at(17)).toBeUndefined();
  for (let height = 18; height <= 21; height++) expect(at(height)).toEqual(sealingOf(first).pk1);
  expect(at(22)).toBeUndefined();
  expect(at(38)).toBe("unknown");
  log.nodes[0]?.restart();
  expect(log.nodes[0]?.succession.nextCommittee(Height(18))).toBe("unknown");
});

test("a snapshot is all that a node needs to go on, and nothing else is one", () => {
  const identities = [0, 1, 2, 3].map(identity);
  const log = new Log(identities, { committee: keyless(identities) });
  for (let i = 0; i < 12; i++) log.advance();
  const snapshots = log.nodes.map(({ succession }) => toHex(succession.snapshot()));
  expect(new Set(snapshots).size).toBe(1);
  log.nodes[2]?.restart();
  expect(toHex(log.nodes[2]?.succession.snapshot() ?? new Uint8Array())).toBe(snapshots[0]);
});

/** The last byte of whatever it is. */
function garble(control: Control): Control {
  const { content } = control;
  const bend = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
  switch (content.type) {
    case "key":
      return { ...control, content: { ...content, epochKey: bend(content.epochKey) } };
    case "deal":
      return { ...control, content: { ...content, dealing: bend(content.dealing) } };
    case "ack":
      return { ...control, content: { ...content, dealers: content.dealers.slice(1) } };
    case "reveal": {
      const shares = content.shares.map(({ seat, share }) => ({ seat, share: bend(share) }));
      return { ...control, content: { type: "reveal", shares } };
    }
    default:
      return control;
  }
}

function sealingOf({ sealing }: Committee): SealingPublicKey {
  assert(sealing !== undefined, "the committee has a key");
  return sealing;
}
