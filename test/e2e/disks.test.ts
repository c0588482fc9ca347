import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disks-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs a program that mounts a disk where it may; its words are its lines of output. */
function run(body: string): { code: number | null; words: readonly string[] } {
  const program = join(folder, "program.mts");
  const script = `
    import { closeSync, openSync, writeFileSync } from "node:fs";
    import { Disk, hasDisks, runWithDisks } from ${JSON.stringify(join(import.meta.dirname, "disks.ts"))};
    const code = await runWithDisks();
    if (code !== undefined) process.exit(code);
    const say = (word) => console.log(word);
    const attempt = (what) => { try { what(); say("done"); } catch (error) { say(error.code); } };
    if (!hasDisks()) { say("none"); process.exit(9); }
    const path = ${JSON.stringify(join(folder, "disk"))};
    const file = path + "/file";
    const disk = new Disk(path);
    ${body}
    process.exit(9);
  `;
  writeFileSync(program, script);
  const { status, stdout } = spawnSync(process.execPath, [program], { encoding: "utf8" });
  return { code: status, words: stdout.trimEnd().split("\n") };
}

/** What this machine lets a program say: all of it, or that it can mount nothing. */
function expectWords(words: readonly string[], ...expected: readonly string[]): void {
  expect(words).toEqual(words[0] === "none" ? ["none"] : expected);
}

test("a disk that is full takes nothing, not even into an open file, until there is space again", () => {
  const { code, words } = run(`
    const open = openSync(file, "a");
    attempt(() => writeFileSync(open, new Uint8Array(100_000)));
    disk.fill();
    attempt(() => writeFileSync(open, new Uint8Array(100_000)));
    disk.mend();
    attempt(() => writeFileSync(open, new Uint8Array(100_000)));
    closeSync(open);
  `);
  expectWords(words, "done", "ENOSPC", "done");
  expect(code).toBe(9);
});

test("a disk that is read-only takes nothing until it is mended", () => {
  const { words } = run(`
    attempt(() => writeFileSync(file, "a"));
    disk.makeReadOnly();
    attempt(() => writeFileSync(file, "b"));
    disk.mend();
    attempt(() => writeFileSync(file, "c"));
  `);
  expectWords(words, "done", "EROFS", "done");
});

test("nothing is left behind, even by who forgets to close its disks", () => {
  run(`writeFileSync(file, "a");`);
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(folder);
  for (const each of readdirSync(folder).filter((name) => name === "disk"))
    expect(readdirSync(join(folder, each))).toEqual([]);
});

test("what is on a disk stays when it is to be kept", () => {
  const { words } = run(`
    attempt(() => writeFileSync(file, "kept"));
    disk.close({ isKept: true });
  `);
  if (words[0] === "done") expect(readFileSync(join(folder, "disk", "file"), "utf8")).toBe("kept");
  else expect(words).toEqual(["none"]);
});
