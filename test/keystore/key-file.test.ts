import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openKeyFile, readPassword, type SecretKey, writeKeyFile } from "../../keystore/index.ts";

const secret = new Uint8Array(32).fill(9);
const share: SecretKey = { type: "keyShare", keyId: 1, seat: 2, secret };
let folder = "";
let password: { readonly file: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conclave-keys-"));
  password = { file: join(folder, "password") };
  await writeFile(password.file, "open sesame\n");
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("a key file is its owner's alone, opens as what it is, and leaves nothing beside it", async () => {
  const path = join(folder, "node", "share.json");
  await writeKeyFile(path, share, password, "pbkdf2");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, "node"))).toEqual(["share.json"]);
  expect(await openKeyFile(path, "keyShare", password)).toEqual(share);
  await expect(openKeyFile(path, "validator", password)).rejects.toMatchObject({
    code: "KEYSTORE_TYPE_WRONG",
  });
});

test("a key is never written over", async () => {
  const path = join(folder, "precious.json");
  await writeFile(path, "the only copy");
  await expect(writeKeyFile(path, share, password, "pbkdf2")).rejects.toMatchObject({
    code: "KEYSTORE_EXISTS",
  });
  expect((await stat(path)).size).toBe("the only copy".length);
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("what cannot be read or written is told with its path", async () => {
  const missing = join(folder, "nowhere.json");
  await expect(openKeyFile(missing, "network", password)).rejects.toMatchObject({
    code: "KEYSTORE_READ_FAILED",
    details: { path: missing },
  });
  const underFile = join(password.file, "key.json");
  await expect(writeKeyFile(underFile, share, password, "pbkdf2")).rejects.toMatchObject({
    code: "KEYSTORE_WRITE_FAILED",
  });
});

test("a file far larger than any keystore is not read", async () => {
  const path = join(folder, "large.json");
  await writeFile(path, " ".repeat(70_000));
  await expect(openKeyFile(path, "network", password)).rejects.toMatchObject({
    code: "KEYSTORE_READ_FAILED",
  });
});

test("a password comes from a file without its last line break, or from a variable", async () => {
  expect(await readPassword(password)).toBe("open sesame");
  expect(await readPassword({ variable: "PASSWORD" }, { PASSWORD: "from outside\n" })).toBe(
    "from outside\n",
  );
});

test("no password is not an empty password", async () => {
  const empty = join(folder, "empty");
  await writeFile(empty, "\n");
  const code = { code: "KEYSTORE_PASSWORD_MISSING" };
  await expect(readPassword({ file: empty })).rejects.toMatchObject(code);
  await expect(readPassword({ file: join(folder, "none") })).rejects.toMatchObject(code);
  await expect(readPassword({ variable: "PASSWORD" }, {})).rejects.toMatchObject(code);
});
