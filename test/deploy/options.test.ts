import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readOptions } from "../../deploy/devnet/options.ts";

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("without a word it is four validators and 25 transactions per second", () => {
  expect(readOptions("/root", [])).toMatchObject({
    validators: 4,
    rate: 25,
    smoke: false,
    transactions: 500,
    keep: false,
    json: false,
  });
});

test("a smoke is slower unless it is told, so that it lasts while committees change", () => {
  expect(readOptions("/root", ["--smoke"])).toMatchObject({ rate: 6 });
  expect(readOptions("/root", ["--smoke", "--rate", "25"])).toMatchObject({ rate: 25 });
});

test("there is an exchange whose prices crash now and then, and of a smoke at once, unless it is told", () => {
  expect(readOptions("/root", [])).toMatchObject({ perpetuals: true, path: "mixed" });
  expect(readOptions("/root", ["--smoke"])).toMatchObject({ perpetuals: true, path: "crash" });
  const args = ["--no-perpetuals", "--path", "calm"];
  expect(readOptions("/root", args)).toMatchObject({ perpetuals: false, path: "calm" });
});

test("what is given counts", () => {
  const args = ["--smoke", "--transactions", "50", "--rate", "0", "--json", "--data", "/else"];
  expect(readOptions("/root", args)).toMatchObject({
    smoke: true,
    transactions: 50,
    rate: 0,
    json: true,
    data: "/else",
  });
});

test.each([
  ["--validators", "3"],
  ["--validators", "17"],
  ["--rate", "-1"],
  ["--rate", "fast"],
  ["--transactions", "1"],
  ["--smoke-test"],
])("a wrong question is refused with exit code 2: %s %s", (...args) => {
  expect(readOptions("/root", args)).toBe(2);
});

test("a call for help is answered, and nothing is started", () => {
  expect(readOptions("/root", ["--help"])).toBe(0);
});
