import { expect, test } from "vitest";
import { Height, Micros } from "../../protocol/index.ts";
import { decodeVoidPromise, Voiding } from "../../sequencer/voiding.ts";

const height = Height(7);
const since = Micros(1_000);
const stalled = { stalled: { height, since } };

test("nothing is declared void where the parameter is 0, however long it waits", () => {
  const never = new Voiding(stalled, 0, undefined);
  expect(never.wish(Micros(1e15))).toBeUndefined();
  expect(never.isAgreed(height, Micros(1e15))).toBe(false);
});

test("what is opened while its void block is undecided is held all the same, and not agreed to again", () => {
  const delivery: { stalled: { height: Height; since: Micros } | undefined } = { ...stalled };
  const voiding = new Voiding(delivery, 100, undefined);
  const late = Micros(since + 100);
  expect(voiding.isAgreed(height, late)).toBe(true);
  voiding.promise(height, Height(20));
  delivery.stalled = undefined;
  expect(voiding.isHeld(height)).toBe(true);
  expect(voiding.isAgreed(height, late)).toBe(false);
  expect(voiding.wish(late)).toBeUndefined();
});

test("a promise is kept through a restart, and its end is the furthest block that was voted for", () => {
  const voiding = new Voiding(stalled, 100, undefined);
  voiding.promise(height, Height(20));
  voiding.promise(height, Height(18));
  const { value } = voiding.record;
  const promise = value && decodeVoidPromise(value);
  expect(promise).toEqual({ height, until: 20 });
  const again = new Voiding(stalled, 100, promise);
  again.onFinal(Height(19));
  expect(again.isHeld(height)).toBe(true);
  again.onFinal(Height(20));
  expect(again.isHeld(height)).toBe(false);
  expect(again.record.value).toBeUndefined();
});

test("bytes that are no promise are not taken for one", () => {
  expect(decodeVoidPromise(new Uint8Array(15))).toBeUndefined();
});
