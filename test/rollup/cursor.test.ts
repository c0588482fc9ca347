import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadCursor, saveCursor } from "../../rollup/cursor.ts";

const owner = { genesisHash: new Uint8Array(32).fill(3), namespace: 7 };
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-cursor-"));
  path = join(folder, "cursor.json");
});
afterAll(() => rm(folder, { recursive: true }));

test("what was saved last is loaded, and no file is left beside it", async () => {
  expect(await loadCursor(path, owner)).toBeUndefined();
  await saveCursor(path, owner, { height: 1 });
  await saveCursor(path, owner, { height: 2 });
  expect(await loadCursor(path, owner)).toEqual({ height: 2 });
  expect(await readdir(folder)).toEqual(["cursor.json"]);
});

test("a half-written successor does not disturb the file", async () => {
  await saveCursor(path, owner, { height: 3 });
  await writeFile(`${path}.next`, '{"version":');
  expect(await loadCursor(path, owner)).toEqual({ height: 3 });
  await saveCursor(path, owner, { height: 4 });
  expect(await loadCursor(path, owner)).toEqual({ height: 4 });
});

test("the cursor of another namespace or network, or a damaged one, is refused", async () => {
  await saveCursor(path, owner, { height: 5 });
  const refused = expect.objectContaining({ code: "BAD_CURSOR" });
  await expect(loadCursor(path, { ...owner, namespace: 8 })).rejects.toEqual(refused);
  const genesisHash = new Uint8Array(32);
  await expect(loadCursor(path, { ...owner, genesisHash })).rejects.toEqual(refused);
  const text = await readFile(path, "utf8");
  for (const damaged of [
    "",
    "null",
    text.slice(0, -1),
    text.replace('"version":1', '"version":2'),
  ]) {
    await writeFile(path, damaged);
    await expect(loadCursor(path, owner)).rejects.toEqual(refused);
  }
  await expect(loadCursor(folder, owner)).rejects.toEqual(refused);
});
