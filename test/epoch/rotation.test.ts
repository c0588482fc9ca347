import { expect, test } from "vitest";
import { assert, toHex } from "../../base/index.ts";
import {
  type Committee,
  type Control,
  type HeldKey,
  Height,
  keysOf,
  type RetiringKey,
} from "../../protocol/index.ts";
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

/** Every epoch with an even number gets a new key. */
const rotating = { ...parameters, keyEpochs: 2 };
/** Where an epoch closes at its first chance: windows of four heights, of which the last begins after the sixteenth. */
const windows = 5 * parameters.dkgWindow;

function people(count = 4): Identity[] {
  return Array.from({ length: count }, (_, name) => identity(name));
}

const founders = people();
const founded = closed(new Log(founders, { committee: keyless(founders), parameters: rotating }));

/** The committee of epoch 1, with the first key, of which these four get the shares: made once, for it takes a while. */
function first(identities: readonly Identity[]): Committee {
  for (const [i, { keyShares }] of founders.entries())
    for (const [name, share] of keyShares) identities[i]?.keyShares.set(name, share);
  return founded;
}

test("in its epoch a committee comes in with a key of its own, and with the one that it is handed", () => {
  const all = people(7);
  const committee = first(all.slice(0, 4));
  const log = new Log(all, { committee, parameters: rotating, candidates: candidatesOf(all) });
  const next = closed(log);
  const [newest, old] = keysOf(next);
  assert(newest !== undefined && old !== undefined, "there are two keys");
  expect([newest.keyId, old.keyId]).toEqual([2, 1]);
  expect(toHex(old.pk2)).toBe(toHex(newestOf(committee).pk2));
  expect(toHex(newest.pk2)).not.toBe(toHex(old.pk2));
  expect(opens(next, all, newest)).toBe(true);
  expect(opens(next, all, old)).toBe(true);
  expect(opens(next, all.toReversed(), old)).toBe(true);
});

test("who was in no committee before, and deals no part of the old key, makes the new one all the same", () => {
  const [old, young] = [people(8).slice(0, 4), people(8).slice(4)];
  const committee = first(old);
  const log = new Log([...old, ...young], {
    committee,
    parameters: rotating,
    candidates: candidatesOf(young),
  });
  const next = closed(log);
  for (const key of keysOf(next)) expect(opens(next, young, key)).toBe(true);
  // Of the new one those who leave have nothing.
  for (const { keyShares } of old) expect(keyShares.has("2 2")).toBe(false);
});

test("the old key is accepted for the overlap after the last block that may close the epoch", () => {
  const identities = people();
  const log = new Log(identities, { committee: first(identities), parameters: rotating });
  const next = closed(log);
  const [attempt] = log.nodes[0]?.succession.attempts ?? [];
  assert(attempt !== undefined, "it was made in an attempt");
  expect(retiringOf(next).until).toBe(attempt.start + windows - 1 + rotating.keyOverlap);
  // Whichever block closes the epoch, it names the same committee.
  const { succession } = log.nodes[0] ?? {};
  const closing = attempt.start + windows - 4;
  const committees = [0, 1, 2, 3].map((i) => succession?.nextCommittee(Height(closing + i)));
  for (const committee of committees) expect(committee).toEqual(next);
});

test("a key that is still in use is handed on with the newest, to the same end, and no third is made", () => {
  const identities = people();
  const long = { ...rotating, keyEpochs: 1, keyOverlap: 200 };
  const options = { parameters: long };
  const second = closed(new Log(identities, { committee: first(identities), ...options }));
  expect(keysOf(second).map(({ keyId }) => keyId)).toEqual([2, 1]);
  const third = closed(new Log(identities, { committee: second, ...options }));
  expect(keysOf(third).map(({ keyId }) => keyId)).toEqual([2, 1]);
  expect(retiringOf(third).until).toBe(retiringOf(second).until);
  for (const key of keysOf(third)) expect(opens(third, identities, key)).toBe(true);
});

test("a key that retires before the next committee can begin is not handed on, and makes room for a new one", () => {
  const identities = people();
  const short = { ...rotating, keyEpochs: 1 };
  const second = closed(new Log(identities, { committee: first(identities), parameters: short }));
  const at = (retires: number): Committee => ({
    ...second,
    retiring: { ...retiringOf(second), until: Height(retires) },
  });
  // The epoch is over with the sixth block, so that the attempt begins with the seventh.
  const closing = 7 + windows - 4;
  const kept = closed(new Log(identities, { committee: at(closing), parameters: short }));
  expect(keysOf(kept).map(({ keyId }) => keyId)).toEqual([2, 1]);
  const gone = closed(new Log(identities, { committee: at(closing - 1), parameters: short }));
  expect(keysOf(gone).map(({ keyId }) => keyId)).toEqual([3, 2]);
});

test("between the epochs of new keys the one is handed on alone", () => {
  const identities = people();
  const second = closed(
    new Log(identities, { committee: first(identities), parameters: rotating }),
  );
  const alone = { ...second, retiring: { ...retiringOf(second), until: Height(1) } };
  const third = closed(new Log(identities, { committee: alone, parameters: rotating }));
  expect(keysOf(third).map(({ keyId }) => keyId)).toEqual([2]);
  const never = { ...rotating, keyEpochs: 0 };
  const fourth = closed(new Log(identities, { committee: third, parameters: never }));
  expect(keysOf(fourth).map(({ keyId }) => keyId)).toEqual([2]);
});

test("one key without the other is no committee: the attempt fails, and the next makes both", () => {
  const identities = people();
  const committee = first(identities);
  for (const lost of [1, 2]) {
    // Two of four do not deal for one of the keys, as long as it is early.
    const silent: Temper = (control, expiry) =>
      control.keyId === lost && control.content.type === "deal" && expiry < 7 + windows
        ? []
        : [control];
    const tempers = new Map([1, 2].map((name) => [name, silent]));
    const log = new Log(identities, { committee, parameters: rotating, tempers });
    const next = closed(log);
    expect(log.nodes[0]?.succession.attempts.map(({ number }) => number)).toEqual([1, 1]);
    for (const key of keysOf(next)) expect(opens(next, identities, key)).toBe(true);
  }
});

test("what is said for one key counts for no other", () => {
  const identities = people();
  const committee = first(identities);
  const crossed: Temper = (control) => [{ ...control, keyId: 3 - control.keyId }];
  const log = new Log(identities, {
    committee,
    parameters: rotating,
    tempers: new Map([[3, crossed]]),
  });
  const next = closed(log);
  const honest = identities.slice(0, 3);
  for (const key of keysOf(next)) expect(opens(next, honest, key)).toBe(true);
});

test("a node that restarts in whatever window of a rotation gets its share of both keys", () => {
  for (const at of [8, 12, 16, 20]) {
    const identities = people();
    const log = new Log(identities, { committee: first(identities), parameters: rotating });
    for (let height = 1; height <= at; height++) log.advance();
    log.nodes[1]?.restart();
    const next = closed(log);
    for (const key of keysOf(next)) expect(opens(next, identities.slice(0, 3), key)).toBe(true);
  }
});

test("a member that lies in a rotation does not keep the others from either key", () => {
  const bend = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, i) => byte ^ Number(i === bytes.length - 1));
  const lie = (control: Control): readonly Control[] => {
    const { content } = control;
    if (content.type === "deal")
      return [{ ...control, content: { ...content, dealing: bend(content.dealing) } }];
    return content.type === "ack" ? [] : [control];
  };
  const identities = people();
  const log = new Log(identities, {
    committee: first(identities),
    parameters: rotating,
    tempers: new Map([[3, lie]]),
  });
  const next = closed(log);
  expect(log.nodes[0]?.succession.attempts.map(({ number }) => number)).toEqual([0, 0]);
  for (const key of keysOf(next)) expect(opens(next, identities.slice(0, 3), key)).toBe(true);
});

function newestOf(committee: Committee): HeldKey {
  const [newest] = keysOf(committee);
  assert(newest !== undefined, "the committee has a key");
  return newest;
}

function retiringOf({ retiring }: Committee): RetiringKey {
  assert(retiring !== undefined, "a key retires");
  return retiring;
}
