import { expect, test } from "vitest";
import type { Metrics, Store } from "../../base/index.ts";
import {
  type Genesis,
  Height,
  Micros,
  Namespace,
  type SealedTransaction,
} from "../../protocol/index.ts";
import { Archive } from "../../sequencer/archive.ts";
import { NodeGateway } from "../../sequencer/gateway.ts";
import { StatusBook } from "../../sequencer/status.ts";

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
function silentGateway(): NodeGateway<object> {
  return new NodeGateway({
    genesis: {} as Genesis,
    archive: new Archive({} as Store),
    statuses: new StatusBook(),
    metrics,
    now: () => Micros(0),
    submit: () => undefined,
    health: () => ({}),
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
