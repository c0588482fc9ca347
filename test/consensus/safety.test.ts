import fc from "fast-check";
import { expect, test } from "vitest";
import {
  committed,
  decodeSafety,
  encodeSafety,
  initialSafety,
  mayCommit,
  mayPrepare,
  maySkip,
  prepared,
  safetyKey,
  skipped,
  writeSafety,
} from "../../consensus/safety.ts";
import { Epoch, spaces, View } from "../../protocol/index.ts";

const epoch = Epoch(3);
const hash = new Uint8Array(32).fill(7);

test("whatever is asked in whatever order, no view has two PREPAREs, nor a COMMIT and a SKIP", () => {
  const wish = fc.record({
    kind: fc.constantFrom("prepare", "commit", "skip"),
    view: fc.integer({ min: 1, max: 8 }).map(View),
    current: fc.integer({ min: 1, max: 8 }).map(View),
  });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 60 }), (wishes) => {
      let state = initialSafety(epoch);
      const signed = { prepare: new Map<number, number>(), commit: new Set(), skip: new Set() };
      for (const { kind, view, current } of wishes) {
        if (kind === "prepare" && mayPrepare(state, view)) {
          state = prepared(state, view, hash);
          signed.prepare.set(view, (signed.prepare.get(view) ?? 0) + 1);
        }
        if (kind === "commit" && mayCommit(state, view)) {
          state = committed(state, view);
          signed.commit.add(view);
        }
        if (kind === "skip" && maySkip(state, view, current)) {
          if (state.lastSkip < view) state = skipped(state, view);
          signed.skip.add(view);
        }
      }
      expect([...signed.prepare.values()].every((count) => count === 1)).toBe(true);
      expect([...signed.commit].some((view) => signed.skip.has(view))).toBe(false);
    }),
  );
});

test("a view that timed out may be skipped although it was prepared, and is not committed any more", () => {
  const state = skipped(prepared(initialSafety(epoch), View(5), hash), View(5));
  expect(mayCommit(state, View(5))).toBe(false);
  expect(mayCommit(state, View(6))).toBe(true);
  expect(maySkip(state, View(5), View(5))).toBe(true);
});

test("a committed view is not skipped", () => {
  const state = committed(initialSafety(epoch), View(5));
  expect(maySkip(state, View(5), View(5))).toBe(false);
  expect(maySkip(state, View(6), View(6))).toBe(true);
  expect(maySkip(state, View(6), View(7))).toBe(false);
});

test("a view below the last SKIP may be skipped, where no COMMIT stands, and nothing else is said there", () => {
  const state = skipped(committed(initialSafety(epoch), View(2)), View(5));
  expect(maySkip(state, View(3), View(3))).toBe(true);
  expect(maySkip(state, View(2), View(2))).toBe(false);
  expect(mayPrepare(state, View(3))).toBe(false);
  expect(mayCommit(state, View(3))).toBe(false);
});

test("the record reads back as it was written, and a damaged one does not", () => {
  const state = committed(prepared(initialSafety(epoch), View(9), hash), View(9));
  expect(decodeSafety(encodeSafety(state))).toEqual(state);
  expect(decodeSafety(encodeSafety(state).slice(1))).toBeUndefined();
  expect(writeSafety(state)).toEqual({
    space: spaces.safety,
    key: safetyKey(epoch),
    value: encodeSafety(state),
  });
});
