import { expect, test } from "vitest";
import { type Store, u64Bytes } from "../../base/index.ts";
import {
  blockHash,
  encodeHeader,
  type Header,
  type QC,
  spaces,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { Archive } from "../../sequencer/archive.ts";
import { encodeFinalRecord } from "../../sequencer/records.ts";
import { memoryStore } from "../../sequencer/storage/index.ts";
import { certify, headerOn } from "../consensus/support.ts";

const first = headerOn(undefined, 1);
const second = headerOn(first, 2);
const third = headerOn(second, 3);
const rival = headerOn(second, 4);

/** Three final blocks, of which the last two have certificates of their own, and one beside them that is not final. */
async function filledStore(): Promise<Store> {
  const store = memoryStore();
  for (const header of [first, second, third, rival])
    await store.write(
      [{ space: spaces.block, key: blockHash(header), value: encodeHeader(header) }],
      { sync: true },
    );
  for (const header of [first, second, third]) {
    const certificate = header === first ? undefined : certify("commit", header);
    const record = encodeFinalRecord({ hash: blockHash(header), certificate, groups: [] });
    await store.write([{ space: spaces.ordered, key: u64Bytes(header.height), value: record }], {
      sync: true,
    });
  }
  return store;
}

async function ask(
  header: Header,
  count = 10,
): Promise<{ headers: number; certificate: QC | undefined }> {
  const archive = new Archive(await filledStore());
  const to = ValidatorIndex(1);
  const hash = blockHash(header);
  const message = await archive.answer({ type: "serve-blocks", to, hash, count });
  if (message?.type !== "blocks") throw new Error("there are such blocks");
  return { headers: message.headers.length, certificate: message.certificate };
}

test("blocks come with the certificate of the first, so that whoever was away can show that it is final", async () => {
  expect(await ask(third)).toEqual({ headers: 3, certificate: certify("commit", third) });
});

test("an answer ends above a block that has its own certificate, which the next one then brings", async () => {
  expect(await ask(third, 1)).toEqual({ headers: 1, certificate: certify("commit", third) });
  // Below the second is the first, which could not be shown to be final.
  expect(await ask(third, 2)).toEqual({ headers: 1, certificate: certify("commit", third) });
  expect(await ask(rival, 2)).toEqual({ headers: 1, certificate: undefined });
  // With nothing better below, progress comes first.
  expect(await ask(second, 1)).toEqual({ headers: 1, certificate: certify("commit", second) });
});

test("a block without a certificate of its own comes without one", async () => {
  expect(await ask(first)).toEqual({ headers: 1, certificate: undefined });
});

test("a block that is not final comes without that of the one in its place", async () => {
  expect(await ask(rival)).toEqual({ headers: 3, certificate: undefined });
});
