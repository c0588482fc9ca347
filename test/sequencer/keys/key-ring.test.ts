import { link, mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { KeyRing } from "../../../sequencer/keys/index.ts";

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "key-ring-")), "epochs");
});

const networkSecret = new Uint8Array(32).fill(7);
const random = {
  bytes: (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count)),
};

function openRing(secret = networkSecret): Promise<KeyRing> {
  return KeyRing.open({ folder, random, networkSecret: secret });
}

test("an epoch's secrets are drawn once, and the same after every start", async () => {
  const ring = await openRing();
  const first = await ring.secretsFor(3);
  expect(await ring.secretsFor(3)).toEqual(first);
  expect(await (await openRing()).secretsFor(3)).toEqual(first);
  expect(await ring.secretsFor(4)).not.toEqual(first);
  expect(first.epochKey).not.toEqual(first.dealerSeed);
});

test("whoever asks at the same time is told the same, and the rest goes on after a failure", async () => {
  const ring = await openRing();
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => ring.secretsFor(3)));
  expect(others).toEqual([first, first]);
  await ring.keepShare(3, 1, new Uint8Array(32).fill(1));
  const stranger = await openRing(new Uint8Array(32).fill(8));
  const [failed, drawn] = await Promise.allSettled([
    stranger.shareOf(3, 1),
    stranger.secretsFor(4),
  ]);
  expect([failed?.status, drawn?.status]).toEqual(["rejected", "fulfilled"]);
});

test("what a crash left under a draft's name is gone at the next start, and what it became stays", async () => {
  const ring = await openRing();
  const first = await ring.secretsFor(3);
  await link(join(folder, "epoch-3.secrets"), join(folder, ".0123-ab.tmp"));
  expect(await (await openRing()).secretsFor(3)).toEqual(first);
  expect(await readdir(folder)).toEqual(["epoch-3.secrets"]);
});

test("a share is kept, and a later attempt's takes its place", async () => {
  const ring = await openRing();
  expect(await ring.shareOf(3, 1)).toBeUndefined();
  await ring.keepShare(3, 1, new Uint8Array(32).fill(1));
  await ring.keepShare(3, 1, new Uint8Array(32).fill(2));
  expect(await (await openRing()).shareOf(3, 1)).toEqual(new Uint8Array(32).fill(2));
});

test("what is of earlier epochs is erased, and the rest stays", async () => {
  const ring = await openRing();
  for (const epoch of [2, 9, 10]) {
    await ring.secretsFor(epoch);
    await ring.keepShare(epoch, 1, new Uint8Array(32).fill(epoch));
  }
  await ring.eraseBefore(10);
  expect((await readdir(folder)).sort()).toEqual(["epoch-10.secrets", "epoch-10.share-1"]);
  expect(await ring.shareOf(10, 1)).toEqual(new Uint8Array(32).fill(10));
});

test("when a key has retired its shares are erased, of whatever epoch, and those of other keys stay", async () => {
  const ring = await openRing();
  for (const epoch of [9, 10]) {
    await ring.secretsFor(epoch);
    for (const keyId of [1, 2, 11])
      await ring.keepShare(epoch, keyId, new Uint8Array(32).fill(keyId));
  }
  await ring.eraseKey(1);
  expect(await ring.shareOf(9, 1)).toBeUndefined();
  expect(await ring.shareOf(10, 1)).toBeUndefined();
  expect(await ring.shareOf(10, 2)).toEqual(new Uint8Array(32).fill(2));
  expect((await readdir(folder)).sort()).toEqual(
    [9, 10]
      .flatMap((epoch) => [11, 2].map((keyId) => `epoch-${epoch}.share-${keyId}`))
      .concat(["epoch-9.secrets", "epoch-10.secrets"])
      .sort(),
  );
});

test("the files are for their owner alone, and say nothing without the network key", async () => {
  const ring = await openRing();
  const share = new Uint8Array(32).fill(9);
  await ring.keepShare(3, 1, share);
  const path = join(folder, "epoch-3.share-1");
  const { mode } = await stat(path);
  expect(mode & 0o077).toBe(0);
  expect((await readFile(path)).includes(Buffer.from(share))).toBe(false);
  const stranger = await openRing(new Uint8Array(32).fill(8));
  await expect(stranger.shareOf(3, 1)).rejects.toMatchObject({ code: "KEY_RING_FAILED" });
});
