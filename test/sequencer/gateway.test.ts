import { expect, test } from "vitest";
import { type Metrics, type Store, u64Bytes } from "../../base/index.ts";
import {
  blockHash,
  encodeHeader,
  type Genesis,
  Height,
  Micros,
  Namespace,
  type SealedTransaction,
  spaces,
} from "../../protocol/index.ts";
import { Archive } from "../../sequencer/archive.ts";
import { NodeGateway } from "../../sequencer/gateway.ts";
import type { Health } from "../../sequencer/health.ts";
import { encodeFinalRecord } from "../../sequencer/records.ts";
import { memoryStore } from "../../sequencer/storage/index.ts";
import { StatusBook } from "../../sequencer/status.ts";

import { header } from "../protocol/examples.ts";

const transaction: SealedTransaction = {
  version: 1,
  envelope: {
    chainId: 1,
    namespace: Namespace(0),
    class: "normal",
    payer: "rollup",
    sender: new Uint8Array(20),
    nonce: 1,
    expiry: Height(1),
    feeCap: 0,
  },
  body: new Uint8Array(200),
  signature: new Uint8Array(65),
};

const metrics: Metrics = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
};

/** Over a core that never answers. */
function silentGateway(store: Store = memoryStore(), oldest = 1): NodeGateway {
  return new NodeGateway({
    genesis: {} as Genesis,
    archive: new Archive(store),
    statuses: new StatusBook(),
    metrics,
    now: () => Micros(0),
    submit: () => undefined,
    evidence: () => Promise.resolve([]),
    health: () => ({}) as Health,
    fees: () => undefined,
    oldest: () => Height(oldest),
  });
}

test("who waits for a node that stops is told to go elsewhere", async () => {
  const gateway = silentGateway();
  const waiting = gateway.submit(transaction);
  gateway.close();
  await expect(waiting).rejects.toMatchObject({ code: "OVERLOADED" });
});

test("a node that stops takes nothing more", async () => {
  const gateway = silentGateway();
  gateway.close();
  await expect(gateway.submit(transaction)).rejects.toMatchObject({ code: "OVERLOADED" });
});

test("what is left of blocks below the oldest is not shown", async () => {
  const store = memoryStore();
  const hash = blockHash(header);
  const record = encodeFinalRecord({ hash, certificate: undefined, groups: [] });
  const writes = [
    { space: spaces.block, key: hash, value: encodeHeader(header) },
    { space: spaces.ordered, key: u64Bytes(header.height), value: record },
  ];
  await store.write(writes, { sync: true });
  expect(await silentGateway(store, header.height).block(header.height)).toBeDefined();
  expect(await silentGateway(store, header.height + 1).block(header.height)).toBeUndefined();
});
