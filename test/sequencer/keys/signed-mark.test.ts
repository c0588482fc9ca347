import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasSignedMark, leaveSignedMark } from "../../../sequencer/keys/index.ts";

const chain = new Uint8Array(32).fill(1);
const otherChain = new Uint8Array(32).fill(2);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conclave-mark-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("a mark says on which chains a key has been in use", async () => {
  const key = join(folder, "validator.json");
  expect(await hasSignedMark(key, chain)).toBe(false);
  expect(await leaveSignedMark(key, chain)).toBe(true);
  expect(await hasSignedMark(key, chain)).toBe(true);
  expect(await hasSignedMark(key, otherChain)).toBe(false);
  await leaveSignedMark(key, otherChain);
  expect(await hasSignedMark(key, chain)).toBe(true);
  expect(await hasSignedMark(key, otherChain)).toBe(true);
});

test("where no mark can be left, it is said and nothing breaks", async () => {
  expect(await leaveSignedMark(join(folder, "nowhere", "validator.json"), chain)).toBe(false);
});

test("a mark that cannot be read may say yes, and is an error", async () => {
  const key = join(folder, "validator.json");
  mkdirSync(`${key}.signed`);
  await expect(hasSignedMark(key, chain)).rejects.toMatchObject({ code: "MARK_UNREADABLE" });
});
