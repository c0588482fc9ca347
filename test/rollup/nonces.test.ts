import fc from "fast-check";
import { expect, test } from "vitest";
import { nonceLeapMax, Nonces, nonceWindow } from "../../rollup/index.ts";

test("in whatever order nonces arrive, each is used once", () => {
  const near = fc.array(fc.nat(nonceWindow - 1), { maxLength: 200 });
  fc.assert(
    fc.property(near, (arriving) => {
      const nonces = new Nonces(4);
      const seen = new Set<number>();
      for (const nonce of arriving) {
        expect(nonces.use("key", nonce)).toBe(!seen.has(nonce));
        seen.add(nonce);
      }
    }),
  );
});

test("the window is exactly as wide as it says, on both sides", () => {
  const nonces = new Nonces(4);
  expect(nonces.use("key", nonceLeapMax + 1)).toBe(false);
  expect(nonces.use("key", nonceLeapMax)).toBe(true);
  expect(nonces.use("key", nonceLeapMax - nonceWindow)).toBe(false);
  expect(nonces.use("key", nonceLeapMax - nonceWindow + 1)).toBe(true);
  expect(nonces.use("key", nonceLeapMax - nonceWindow + 1)).toBe(false);
});

test("a leap forgets only what no window holds any more", () => {
  const nonces = new Nonces(4);
  for (const nonce of [5, 5 + nonceWindow]) expect(nonces.use("key", nonce)).toBe(true);
  expect(nonces.use("key", 5)).toBe(false);
  expect(nonces.use("key", 6)).toBe(true);
});

test("keys do not share nonces, and the one unused for longest makes room", () => {
  const nonces = new Nonces(2);
  expect(["a", "b", "a", "b"].map((key) => nonces.use(key, 1))).toEqual([true, true, false, false]);
  expect(nonces.use("a", 2)).toBe(true);
  expect(nonces.use("c", 1)).toBe(true);
  expect(nonces.use("a", 1)).toBe(false);
  expect(nonces.use("b", 1)).toBe(true);
});

test("what was used stays used over a restart", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(600), { maxLength: 100 }), fc.nat(600), (arriving, last) => {
      const before = new Nonces(4);
      for (const nonce of arriving) before.use(`key ${nonce % 3}`, nonce);
      const after = Nonces.fromJson(JSON.parse(JSON.stringify(before.toJson())), 4);
      expect(after.use(`key ${last % 3}`, last)).toBe(before.use(`key ${last % 3}`, last));
    }),
  );
});

test("a file that is not one of windows is refused", () => {
  for (const json of [null, {}, [["k"]], [["k", -1, "0"]], [["k", 0, "x"]], [[1, 0, "0"]]])
    expect(() => Nonces.fromJson(json, 4)).toThrow(expect.objectContaining({ code: "BAD_CURSOR" }));
  expect(() =>
    Nonces.fromJson(
      [
        ["a", 0, "0"],
        ["b", 0, "0"],
      ],
      1,
    ),
  ).toThrow();
});
