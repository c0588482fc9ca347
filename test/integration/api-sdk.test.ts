// From a trader to a rollup over real sockets: four nodes, of which one is down and one lies, a client that trusts a hash,
// and the libraries of a browser on its side.

import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeActions, Replay, signActions } from "../../rollup/index.ts";
import {
  ConclaveClient,
  type EndpointFault,
  Height,
  keySigner,
  Namespace,
  sealTransaction,
} from "../../sdk/index.ts";
import { type Api, createApi } from "../../sequencer/api/index.ts";
import { domain, plainList, traderKey } from "../rollup/lists.ts";
import { at, Chain, network } from "../sdk/chain.ts";
import { MemoryGateway } from "../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../sequencer/silent-logger.ts";

const chain = new Chain();
const gateways = [0, 1, 2, 3].map((validator) => new MemoryGateway(chain, validator));
let apis: Api[];

beforeAll(async () => {
  apis = await Promise.all(
    gateways.map((gateway) =>
      createApi({
        gateway,
        host: "127.0.0.1",
        port: 0,
        logger: silentLogger,
        metricsText: () => Promise.resolve(""),
      }),
    ),
  );
});
afterAll(() => Promise.all(apis.map((api) => api.close())));

test("what a trader seals is what the rollup executes, whoever delivers it", async () => {
  const liar = at(gateways, 1);
  const page = liar.page.bind(liar);
  liar.page = async (namespace, from, limit) => {
    const honest = await page(namespace, from, limit);
    const [block, ...others] = honest?.blocks ?? [];
    // It hides the first transaction, and shows the proof of the whole.
    return (
      honest &&
      block && {
        ...honest,
        blocks: [{ ...block, transactions: block.transactions.slice(1) }, ...others],
      }
    );
  };
  await at(apis, 0).close();
  const faults: EndpointFault[] = [];
  const client = new ConclaveClient({
    endpoints: apis.map(({ url }) => url),
    genesis: { hash: network.genesisHash },
  });

  const payload = encodeActions(signActions(domain, plainList(), traderKey));
  const transaction = await sealTransaction({
    network: await client.network(),
    envelope: { namespace: Namespace(0), nonce: 1, expiry: Height(100), feeCap: 1_000 },
    payload,
    signer: keySigner(traderKey),
  });
  const { id, receipts } = await client.submit(transaction);
  expect(receipts).toHaveLength(2);
  expect(await client.status(id)).toMatchObject({ state: "received" });
  chain.add({ transactions: gateways.flatMap((gateway) => gateway.submitted).slice(0, 1) });

  const replay = new Replay(domain);
  const onFault = (fault: EndpointFault): void => void faults.push(fault);
  for await (const block of client.follow(Namespace(0), { onFault })) {
    replay.apply(block);
    expect(at(block.transactions, 0)).toMatchObject({ id, payload });
    break;
  }
  expect(replay.summary()).toMatchObject({ height: 1, lists: 1, actions: 1 });
  expect(faults.map(({ code, isLie }) => [code, isLie])).toEqual([
    ["UNREACHABLE", false],
    ["INCOMPLETE", true],
  ]);
});
