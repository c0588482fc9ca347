import { expect, test, vi } from "vitest";
import { readOptions } from "./options.ts";

function read(...args: readonly string[]): ReturnType<typeof readOptions> {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    return readOptions("/root", args);
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

test("without a word it torments four validators for five minutes", () => {
  expect(read()).toMatchObject({ validators: 4, minutes: 5, seed: 1, rate: 10, json: false });
});

test("what is given is taken", () => {
  const given = ["--validators", "7", "--seed", "42", "--minutes", "0.5", "--json"];
  expect(read(...given)).toMatchObject({ validators: 7, seed: 42, minutes: 0.5, json: true });
});

test("every adversary is met unless some are named, and the perjurer first", () => {
  const all = (read() as { adversaries: readonly string[] }).adversaries;
  expect(all[0]).toBe("perjurer");
  expect(all).toEqual(expect.arrayContaining(["equivocator", "mute", "censor", "liar"]));
  expect(read("--adversaries", "mute,censor")).toMatchObject({ adversaries: ["censor", "mute"] });
});

test.each([
  ["--validators", "5"],
  ["--seed", "-1"],
  ["--seed", "1.5"],
  ["--minutes", "0"],
  ["--minutes", "soon"],
  ["--rate", "0"],
  ["--adversaries", "twins"],
  ["--adversaries", "mute,nobody"],
  ["--unknown", "1"],
])("what makes no sense is refused: %s %s", (...args) => {
  expect(read(...args)).toBe(2);
});

test("whoever asks for help gets it", () => {
  expect(read("--help")).toBe(0);
});
