import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Entry, FileJournal } from "../../l1/index.ts";

const entry: Entry = {
  intent: "rollup fund {}",
  what: "prepay for the rollup",
  isLast: true,
  nonce: 7,
  to: `0x${"11".repeat(20)}`,
  data: "0x1234",
  sent: [{ hash: "0xaa", raw: "0xbb" }],
};
const account = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";

let folder: string;
let journal: FileJournal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
  journal = new FileJournal(join(folder, "new"), { chainId: 1, account });
});

afterEach(() => rmSync(folder, { recursive: true }));

test("what is begun is found by whoever comes after, until it is cleared", async () => {
  expect(await journal.read()).toBeUndefined();
  await journal.begin(entry);
  const next = new FileJournal(join(folder, "new"), { chainId: 1, account: account.toLowerCase() });
  expect(await next.read()).toEqual(entry);
  const more = { ...entry, sent: [...entry.sent, { hash: "0xcc", raw: "0xdd" }] };
  await next.replace(more);
  expect(await journal.read()).toEqual(more);
  await journal.clear();
  expect(await next.read()).toBeUndefined();
  expect(readdirSync(join(folder, "new"))).toEqual([]);
});

test("of two that begin at once one is told so, and what the other wrote stands", async () => {
  await journal.begin(entry);
  const second = journal.begin({ ...entry, nonce: 8 });
  await expect(second).rejects.toMatchObject({ code: "JOURNAL_BUSY" });
  expect(await journal.read()).toEqual(entry);
  expect(readdirSync(join(folder, "new"))).toHaveLength(1);
});

test("another account and another chain have journals of their own, which their owner alone reads", async () => {
  await journal.begin(entry);
  for (const other of [
    { chainId: 2, account },
    { chainId: 1, account: `0x${"22".repeat(20)}` },
  ])
    expect(await new FileJournal(join(folder, "new"), other).read()).toBeUndefined();
  expect(statSync(journal.path).mode & 0o777).toBe(0o600);
});

test("a file that is none of ours is said to be damaged, and left as it is", async () => {
  await journal.begin(entry);
  for (const text of ["", "{", JSON.stringify({ ...entry, sent: [] }), JSON.stringify([entry])]) {
    writeFileSync(journal.path, text);
    await expect(journal.read()).rejects.toMatchObject({ code: "JOURNAL_DAMAGED" });
    expect(readFileSync(journal.path, "utf8")).toBe(text);
  }
});

test("a folder that cannot be made is an error that names the option", async () => {
  writeFileSync(join(folder, "new"), "");
  await expect(journal.begin(entry)).rejects.toThrow("--journal");
});
