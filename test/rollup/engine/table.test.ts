// The page names a test for each rule. That these are there is a test itself.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/derivatives.md"), "utf8");
const [, section = ""] = page.split("## Where each rule is tested");
const rows = section
  .split("\n")
  .filter(
    (line) => line.startsWith("| ") && !line.startsWith("| Rule") && !line.startsWith("| ---"),
  )
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, rule = "", file = "", sentence = ""]) => ({ rule, file, sentence }))
  // Rows that say what the next ones are about name no file.
  .filter(({ file }) => file !== "");

test("the page says of every rule where it is tested, in sentences that stand there", () => {
  expect(rows.length).toBeGreaterThan(50);
  const missing = rows.filter(({ file, sentence }) => {
    const path = join(root, "test", file);
    return !existsSync(path) || !readFileSync(path, "utf8").includes(sentence);
  });
  expect(missing).toEqual([]);
});
