import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import websocket, { type WebsocketHandler } from "@fastify/websocket";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import {
  type DeliveredPage,
  encodeDeliveredPage,
  Height,
  Micros,
  Namespace,
  toReceiptJson,
  transactionId,
  sealingOf,
} from "../../protocol/index.ts";
import {
  type ClientOptions,
  ConclaveClient,
  type EndpointFault,
  type FollowOptions,
  isReceiptFor,
  keySigner,
  sealTransaction,
  type VerifiedBlock,
} from "../../sdk/index.ts";
import { type Api, createApi } from "../../sequencer/api/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import type { StatusBook } from "../../sequencer/status.ts";
import { MemoryGateway } from "../sequencer/api/memory-gateway.ts";
import { silentLogger } from "../sequencer/silent-logger.ts";
import { at, Chain, endOf, genesis, mcl, network, receipt, renewing, sealed } from "./chain.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

describe("submitting", () => {
  test("one receipt more than there may be liars is enough", async () => {
    const nodes = await startNodes(new Chain(), 4);
    const transaction = await sealed("buy");
    const { id, receipts } = await clientOf(nodes).submit(transaction);
    expect(id).toEqual(transactionId(transaction));
    expect(receipts).toHaveLength(2);
    expect(new Set(receipts.map(({ validator }) => validator)).size).toBe(2);
    for (const each of receipts) expect(isReceiptFor(id, each, network)).toBe(true);
  });

  test("a node that is down and one that forges do not hinder the others", async () => {
    const transaction = await sealed("sell");
    const forged = { ...receipt(transaction, 0), validator: receipt(transaction, 1).validator };
    const forger = await startFake(() => JSON.stringify(toReceiptJson(forged)));
    const nodes = await startNodes(new Chain(), 2);
    const client = clientOf(nodes, { endpoints: ["http://127.0.0.1:9", forger, ...urls(nodes)] });
    const { receipts } = await client.submit(transaction);
    expect(new Set(receipts.map(({ validator }) => validator))).toEqual(new Set([0, 1]));
  });

  test("without enough receipts the failure names each endpoint's reason", async () => {
    const transaction = await sealed("sell");
    const other = await sealed("another");
    const stale = JSON.stringify(toReceiptJson(receipt(other, 3)));
    const endpoints = [
      ...urls(await startNodes(new Chain(), 1)),
      await startFake(() => stale),
      await startFake(() => "{"),
      await startFake(() => "x".repeat(20_000_000)),
      "http://127.0.0.1:9",
    ];
    const failure = await failureOf(clientOf([], { endpoints }).submit(transaction));
    expect(failure.code).toBe("TOO_FEW_RECEIPTS");
    const failures = failure.details["failures"] as { endpoint: string; code: string }[];
    expect(new Map(failures.map(({ endpoint, code }) => [endpoint, code]))).toEqual(
      new Map([
        [at(endpoints, 1), "WRONG_RECEIPT"],
        [at(endpoints, 2), "MALFORMED_ANSWER"],
        [at(endpoints, 3), "ANSWER_TOO_LARGE"],
        [at(endpoints, 4), "UNREACHABLE"],
      ]),
    );
  });

  test("one validator behind many URLs counts once", async () => {
    const [node] = await startNodes(new Chain(), 1);
    const url = at(urls(node ? [node] : []), 0);
    const client = clientOf([], { endpoints: [url, `${url}/`, url] });
    expect((await failureOf(client.submit(await sealed("x")))).code).toBe("TOO_FEW_RECEIPTS");
  });

  test("admission's refusal comes through with its code", async () => {
    const nodes = await startNodes(new Chain(), 2);
    const forged = { ...(await sealed("x")), signature: new Uint8Array(65) };
    const failure = await failureOf(clientOf(nodes).submit(forged));
    expect(failure.details["failures"]).toMatchObject([
      { code: "BAD_SIGNATURE" },
      { code: "BAD_SIGNATURE" },
    ]);
  });
});

describe("when the committee changes", () => {
  /** One block of the first epoch, which then closes, and one of the next. */
  async function startChange(count: number): Promise<{ chain: Chain; nodes: Node[] }> {
    const { chain, nodes } = await startChain(1, count);
    chain.add({ isClosing: true });
    chain.add({ transactions: [await sealed("block 3")] });
    return { chain, nodes };
  }

  function endFirstEpoch(chain: Chain, nodes: readonly Node[]): void {
    for (const { gateway } of nodes) gateway.ends.set(0, endOf(at(chain.blocks, 1)));
  }

  test("a reader goes on from one committee to the next", async () => {
    const { chain, nodes, client } = await startChain(1);
    const reader = client.follow(Namespace(0), ending());
    expect(await read(reader, 1)).toEqual(["1:block 1"]);
    chain.add({ isClosing: true });
    endFirstEpoch(chain, nodes);
    chain.add({ transactions: [await sealed("block 3")] });
    announce(nodes);
    expect(await read(reader, 2)).toEqual(["2:", "3:block 3"]);
    expect((await client.network()).epochs.newest.committee.epoch).toBe(1);
  });

  test("a node that shows a false end is found out, and another is followed", async () => {
    const { chain, nodes } = await startChange(2);
    const client = clientOf(nodes);
    await client.network();
    endFirstEpoch(chain, nodes);
    nodes[0]?.gateway.ends.set(0, endOf(at(chain.blocks, 1), 2));
    const faults: EndpointFault[] = [];
    const options = { ...ending(), onFault: (fault: EndpointFault) => void faults.push(fault) };
    const reader = client.follow(Namespace(0), options);
    expect(await read(reader, 3)).toHaveLength(3);
    expect(faults).toEqual([{ endpoint: nodes[0]?.api.url, code: "WRONG_EPOCH_END", isLie: true }]);
  });

  test("a node that keeps the end to itself cannot be followed", async () => {
    const { nodes } = await startChange(1);
    const failure = await failureOf(read(clientOf(nodes).follow(Namespace(0), ending()), 3));
    expect(failure.details["faults"]).toMatchObject([{ code: "UNKNOWN_EPOCH" }]);
  });

  test("receipts of the new committee count as soon as it is shown", async () => {
    const { chain, nodes } = await startChange(2);
    const client = clientOf(nodes);
    await client.network();
    for (const { gateway } of nodes) gateway.epoch = 1;
    const failure = await failureOf(client.submit(await sealed("too early to tell")));
    expect(failure.details["failures"]).toMatchObject([
      { code: "WRONG_RECEIPT" },
      { code: "WRONG_RECEIPT" },
    ]);
    endFirstEpoch(chain, nodes);
    const { receipts } = await client.submit(await sealed("in time"));
    expect(receipts.map(({ epoch }) => epoch)).toEqual([1, 1]);
  });
});

test("a client that was away while the key was replaced is refused, and seals to the new one next", async () => {
  const chain = new Chain();
  const nodes = await startNodes(chain, 2);
  const client = clientOf(nodes);
  const known = await client.network();
  const old = await sealed("to the old key", { known });
  for (let epoch = 0; epoch < renewing; epoch++) {
    const end = endOf(chain.add({ isClosing: true }));
    for (const { gateway } of nodes) gateway.ends.set(epoch, end);
  }
  for (const { gateway } of nodes) {
    gateway.epoch = renewing;
    gateway.oldestKeyId = 2;
  }
  const failure = await failureOf(client.submit(old));
  expect(failure.details["failures"]).toMatchObject([
    { code: "KEY_RETIRED" },
    { code: "KEY_RETIRED" },
  ]);
  const { receipts } = await client.submit(await sealed("to the new key", { known }));
  expect(receipts).toHaveLength(2);
});

describe("asking for a status", () => {
  const place = { namespace: Namespace(0), height: Height(3), index: 0 };
  const anchor = { height: Height(9), number: 2, transaction: undefined, at: Micros(9) };

  test.each<[string, (book: StatusBook, id: Uint8Array) => void, object]>([
    ["ordered", (book, id) => book.ordered(id, place, Micros(2)), { height: 3, index: 0 }],
    ["opened", (book, id) => book.opened(id, Micros(3)), {}],
    ["void", (book, id) => book.void(id, "VOID", Micros(3)), { code: "VOID" }],
    ["void", (book, id) => book.void(id, "BATCH_VOID", Micros(3)), { code: "BATCH_VOID" }],
    ["expired", (book) => book.reached(Height(1_000_000)), { code: "EXPIRED" }],
    ["expired", (book, id) => book.dropped(id, "expired", Micros(3)), { code: "EXPIRED" }],
    ["rejected", (book, id) => book.dropped(id, "unpayable", Micros(3)), { code: "UNPAYABLE" }],
    ["rejected", (book, id) => book.dropped(id, "policy", Micros(3)), { code: "POLICY" }],
  ])("one that is %s says so over HTTP, with its code", async (state, happen, rest) => {
    const { nodes, client } = await startChain(1);
    const transaction = await sealed("buy");
    const id = transactionId(transaction);
    for (const { gateway } of nodes) {
      await gateway.submit(transaction);
      happen(gateway.statuses, id);
    }
    expect(await client.status(id)).toMatchObject({ id, state, ...rest });
  });

  test("what is void stays void when a checkpoint covers it", async () => {
    const { nodes, client } = await startChain(1);
    const id = new Uint8Array(32).fill(3);
    for (const { gateway } of nodes) {
      gateway.statuses.ordered(id, place, Micros(2));
      gateway.statuses.void(id, "BATCH_VOID", Micros(3));
      gateway.statuses.anchored(anchor);
    }
    expect(await client.status(id)).toMatchObject({
      state: "void",
      code: "BATCH_VOID",
      checkpoint: 2,
    });
  });

  test("the first node that knows the transaction answers", async () => {
    const [first, second] = await startNodes(new Chain(), 2);
    const transaction = await sealed("x");
    await second?.gateway.submit(transaction);
    const client = clientOf([first, second].filter((node) => node !== undefined));
    expect(await client.status(transactionId(transaction))).toMatchObject({ state: "received" });
    expect(await client.status(new Uint8Array(32))).toBeUndefined();
  });

  test("when no node answers, it fails", async () => {
    const client = clientOf([], { endpoints: ["http://127.0.0.1:9"] });
    expect((await failureOf(client.status(new Uint8Array(32)))).code).toBe("UNREACHABLE");
  });
});

describe("the genesis", () => {
  test("a hash is enough, and a node with another genesis is passed over", async () => {
    const other = JSON.stringify({ ...genesis, chainId: 1 });
    const liar = await startFake(() => other);
    const nodes = await startNodes(new Chain(), 1);
    const endpoints = [liar, ...urls(nodes)];
    const client = clientOf([], { endpoints, genesis: { hash: network.genesisHash } });
    expect((await client.network()).sealingKey).toEqual(network.sealingKey);
    const wrong = clientOf(nodes, { genesis: { hash: new Uint8Array(32) } });
    expect((await failureOf(wrong.network())).code).toBe("WRONG_GENESIS");
  });

  test("a sealing key whose halves do not belong together is refused", async () => {
    const { committee } = genesis;
    const sealing = { ...sealingOf(committee), pk1: at(committee.members, 0).publicKey };
    const client = clientOf([], {
      endpoints: ["http://127.0.0.1:9"],
      genesis: { ...genesis, committee: { ...committee, sealing } },
    });
    expect((await failureOf(client.network())).code).toBe("BAD_SEALING_KEY");
  });

  test("endpoints must be URLs, and there must be one", () => {
    for (const endpoints of [[], ["ftp://x"], ["node.example"]])
      expect(() => clientOf([], { endpoints })).toThrow(CodedError);
  });
});

describe("following what nobody could open", () => {
  test("a block that is void as a whole executes nothing, and the header that says so proves it", async () => {
    const { chain, client } = await startChain(2);
    chain.add({ voided: Height(2) });
    const blocks = await blocksOf(client.follow(Namespace(0), ending()), 3);
    expect(blocks.map(({ transactions }) => transactions.map(({ payload }) => payload))).toEqual([
      [expect.any(Uint8Array)],
      [undefined],
      [],
    ]);
    expect(blocks.map(({ voided }) => voided)).toEqual([undefined, undefined, 2]);
  });

  test("whoever was given it opened is told to go back", async () => {
    const { chain, nodes, client } = await startChain(2);
    const reader = client.follow(Namespace(0), ending());
    expect(await read(reader, 2)).toEqual(["1:block 1", "2:block 2"]);
    chain.add({ voided: Height(2) });
    announce(nodes);
    const failure = await failureOf(read(reader, 1));
    expect(failure.code).toBe("VOIDED_LATER");
    expect(failure.details).toEqual({ height: 2 });
  });
});

describe("following", () => {
  test("what was submitted is read back, across history and what is opened later", async () => {
    const { chain, nodes, client } = await startChain(3);
    const reader = client.follow(Namespace(0), ending());
    expect(await read(reader, 3)).toEqual(["1:block 1", "2:block 2", "3:block 3"]);
    const seal = await sealTransaction({
      network: await client.network(),
      envelope: { namespace: Namespace(0), nonce: 1, expiry: Height(50), feeCap: 1 },
      payload: new TextEncoder().encode("sealed in a browser"),
      signer: keySigner(new Uint8Array(32).fill(7)),
    });
    chain.add({ transactions: [seal] });
    announce(nodes);
    expect(await read(reader, 1)).toEqual(["4:sealed in a browser"]);
  });

  test("without a WebSocket the node is asked again and again", async () => {
    const { chain, nodes } = await startChain(1);
    const client = clientOf(nodes, { WebSocket: null, pollMs: 5 });
    const reader = client.follow(Namespace(0), ending());
    expect(await read(reader, 1)).toHaveLength(1);
    setTimeout(() => void chain.add(), 30);
    expect(await read(reader, 1)).toEqual(["2:"]);
  });

  test("following resumes after the last verified block, and only there", async () => {
    const { client } = await startChain(5);
    const [first, second] = await blocksOf(client.follow(Namespace(0), ending()), 2);
    const parent = {
      height: second?.height ?? Height(0),
      hash: second?.hash ?? new Uint8Array(),
      view: second?.header.view ?? 0,
    };
    expect(await read(client.follow(Namespace(0), { ...ending(), parent }), 2)).toEqual([
      "3:block 3",
      "4:block 4",
    ]);
    const moved = { ...parent, hash: first?.hash ?? new Uint8Array() };
    const failure = await failureOf(
      read(client.follow(Namespace(0), { ...ending(), parent: moved }), 1),
    );
    expect(failure.code).toBe("NO_ENDPOINT_LEFT");
  });

  test("a node that lies is found out, named, and left for one that does not", async () => {
    const { chain, nodes } = await startChain(3);
    const lies: ((page: DeliveredPage) => DeliveredPage)[] = [
      (page) => ({ ...page, blocks: page.blocks.map((b) => ({ ...b, transactions: [] })) }),
      (page) => ({ ...page, certificate: at(chain.blocks, 0).certificate }),
      (page) => ({ ...page, blocks: page.blocks.slice(1) }),
    ];
    const liars = await startNodes(chain, lies.length);
    for (const [i, { gateway }] of liars.entries()) {
      const page = gateway.page.bind(gateway);
      gateway.page = async (...args) => {
        const honest = await page(...args);
        return honest && at(lies, i)(honest);
      };
    }
    const faults: EndpointFault[] = [];
    const client = clientOf([...liars, ...nodes]);
    const options = { ...ending(), onFault: (fault: EndpointFault) => void faults.push(fault) };
    expect(await read(client.follow(Namespace(0), options), 3)).toHaveLength(3);
    expect(faults).toEqual(
      ["INCOMPLETE", "WRONG_CERTIFICATE", "WRONG_HEIGHT"].map((code, i) => ({
        endpoint: at(urls(liars), i),
        code,
        isLie: true,
      })),
    );
  });

  test("when all lie, following ends and says who did what", async () => {
    const garbage = await startFake(() => "garbage");
    const client = clientOf([], { endpoints: [garbage] });
    const failure = await failureOf(read(client.follow(Namespace(0), ending()), 1));
    expect(failure.code).toBe("NO_ENDPOINT_LEFT");
    expect(failure.details["faults"]).toEqual([{ endpoint: garbage, code: "MALFORMED_PAGE" }]);
  });

  test("history that no node keeps ends the following with that reason", async () => {
    const { nodes, client } = await startChain(3);
    for (const { gateway } of nodes) gateway.oldest = Height(3);
    const failure = await failureOf(read(client.follow(Namespace(0), ending()), 1));
    expect(failure.details["faults"]).toMatchObject([{ code: "PRUNED" }]);
    expect(
      await read(client.follow(Namespace(0), { ...ending(), from: Height(3) }), 1),
    ).toHaveLength(1);
  });

  test("when the node goes away, the next one continues without a gap", async () => {
    const { chain, nodes } = await startChain(2);
    const others = await startNodes(chain, 1);
    const faults: string[] = [];
    const reader = clientOf([...nodes, ...others]).follow(Namespace(0), {
      ...ending(),
      onFault: ({ code }) => void faults.push(code),
    });
    expect(await read(reader, 2)).toHaveLength(2);
    const next = read(reader, 2);
    // The stream of the first node is open by now, or will fail to open: either way the second takes over.
    await Promise.all(nodes.map(({ api }) => api.close()));
    chain.add({ transactions: [await sealed("block 3")] });
    chain.add();
    announce(others);
    expect(await next).toEqual(["3:block 3", "4:"]);
    expect(faults.length).toBeGreaterThan(0);
  });

  test("a node that is down is tried again until it is back", async () => {
    let isUp = false;
    const { chain } = await startChain(1);
    const page = chain.page(0, 1);
    const flaky = await startFake(() => (isUp && page ? encodeDeliveredPage(page) : undefined));
    const faults: EndpointFault[] = [];
    const reader = clientOf([], { endpoints: [flaky] }).follow(Namespace(0), {
      ...ending(),
      onFault(fault) {
        faults.push(fault);
        isUp = faults.length === 3;
      },
    });
    expect(await read(reader, 1)).toEqual(["1:block 1"]);
    expect(faults).toEqual(
      Array.from({ length: 3 }, () => ({ endpoint: flaky, code: "HTTP_503", isLie: false })),
    );
  });

  test("a node that has nothing new is left for one that has", async () => {
    const { chain, nodes } = await startChain(4);
    const [stale] = await startNodes(chain, 1);
    const page = stale?.gateway.page.bind(stale.gateway);
    if (stale === undefined || page === undefined) throw new Error("there is a node");
    stale.gateway.page = (namespace, from) =>
      from > 2 ? Promise.resolve(undefined) : page(namespace, from, 3 - from);
    const faults: string[] = [];
    const reader = clientOf([stale, ...nodes], { silenceMs: 100 }).follow(Namespace(0), {
      ...ending(),
      onFault: ({ code }) => void faults.push(code),
    });
    expect(await read(reader, 4)).toHaveLength(4);
    expect(faults).toEqual(["SILENT"]);
  });

  test("a reader who falls behind the stream goes back to ranges, and misses nothing", async () => {
    const { chain, nodes } = await startChain(1);
    let ranges = 0;
    let messages = 0;
    const opened = Promise.withResolvers<void>();
    const flooded = Promise.withResolvers<void>();
    class CountingWebSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        this.addEventListener("open", () => opened.resolve());
        this.addEventListener("message", () => {
          if (++messages === 30) flooded.resolve();
        });
      }
    }
    const client = clientOf(nodes, {
      WebSocket: CountingWebSocket,
      fetch(url, init) {
        if (url.includes("/blocks?")) ranges++;
        return fetch(url, init);
      },
    });
    const reader = client.follow(Namespace(0), ending());
    expect(await read(reader, 1)).toHaveLength(1);
    const next = reader.next();
    await opened.promise;
    for (const { gateway } of nodes) {
      const page = gateway.page.bind(gateway);
      // Each block is a message of its own, and there are more than the client lets wait.
      gateway.page = (namespace, from) => page(namespace, from, 1);
    }
    for (let i = 0; i < 40; i++) chain.add();
    announce(nodes);
    expect((await next).value?.height).toBe(2);
    await flooded.promise;
    const before = ranges;
    expect(await read(reader, 39)).toHaveLength(39);
    expect(ranges).toBeGreaterThan(before);
  });

  test("what a stream brings after it was too much is not taken for what was missed", async () => {
    const { chain, nodes } = await startChain(1);
    let messages = 0;
    const opened = Promise.withResolvers<void>();
    const counted = new Map([30, 35].map((count) => [count, Promise.withResolvers<void>()]));
    class CountingWebSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        this.addEventListener("open", () => opened.resolve());
        this.addEventListener("message", () => counted.get(++messages)?.resolve());
      }
    }
    const faults: string[] = [];
    const reader = clientOf(nodes, { WebSocket: CountingWebSocket }).follow(Namespace(0), {
      ...ending(),
      onFault: ({ code }) => void faults.push(code),
    });
    const grow = (count: number): void => {
      for (let i = 0; i < count; i++) chain.add();
      announce(nodes);
    };
    expect(await read(reader, 1)).toHaveLength(1);
    const next = reader.next();
    await opened.promise;
    for (const { gateway } of nodes) {
      const page = gateway.page.bind(gateway);
      gateway.page = (namespace, from) => page(namespace, from, 1);
    }
    grow(30);
    await next;
    await counted.get(30)?.promise;
    // There is room again, and the stream goes on far behind what was dropped.
    expect(await read(reader, 8)).toHaveLength(8);
    grow(5);
    await counted.get(35)?.promise;
    expect(await read(reader, 26)).toHaveLength(26);
    expect(faults).toEqual([]);
  });

  test("a stream that speaks nonsense, or ends, is left for a node that serves", async () => {
    const { nodes } = await startChain(1);
    for (const [speak, code] of [
      [(socket) => socket.send("hello"), "MALFORMED_PAGE"],
      [(socket) => socket.send(new Uint8Array(100)), "MALFORMED_PAGE"],
      [(socket) => socket.close(4008), "STREAM_CLOSED"],
    ] as const satisfies [(socket: FakeSocket) => void, string][]) {
      const faults: string[] = [];
      const endpoints = [await startFakeStream(speak), ...urls(nodes)];
      const reader = clientOf([], { endpoints }).follow(Namespace(0), {
        ...ending(),
        onFault: (fault) => void faults.push(fault.code),
      });
      expect(await read(reader, 1)).toEqual(["1:block 1"]);
      expect(faults).toEqual([code]);
    }
  });

  test("an abort ends the following, wherever it waits", async () => {
    const { client } = await startChain(1);
    const abort = new AbortController();
    const reader = client.follow(Namespace(0), { signal: abort.signal });
    expect(await read(reader, 1)).toHaveLength(1);
    const next = reader.next();
    await pause(30);
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    const aborted = client.follow(Namespace(0), { signal: abort.signal });
    expect(await aborted.next()).toEqual({ done: true, value: undefined });
  });
});

interface Node {
  readonly gateway: MemoryGateway;
  readonly api: Api;
}

async function startNodes(chain: Chain, count: number): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let i = 0; i < count; i++) {
    const gateway = new MemoryGateway(chain, i);
    const api = await createApi({
      gateway,
      host: "127.0.0.1",
      port: 0,
      logger: silentLogger,
      metricsText: () => Promise.resolve(""),
    });
    closing.push(() => api.close());
    nodes.push({ gateway, api });
  }
  return nodes;
}

async function startChain(
  height: number,
  count = 1,
): Promise<{ chain: Chain; nodes: Node[]; client: ConclaveClient }> {
  const chain = new Chain();
  while (chain.height < height)
    chain.add({ transactions: [await sealed(`block ${chain.height + 1}`)] });
  const nodes = await startNodes(chain, count);
  return { chain, nodes, client: clientOf(nodes) };
}

/** A server that answers everything in the same way; undefined is a 503. */
async function startFake(answer: () => string | Uint8Array | undefined): Promise<string> {
  const server: Server = createServer((_request, response) => {
    const body = answer();
    response.statusCode = body === undefined ? 503 : 200;
    response.on("error", () => {});
    response.end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type FakeSocket = Parameters<WebsocketHandler>[0];

/** A node that never has a block to range over, and whose streams do as they like. */
async function startFakeStream(speak: (socket: FakeSocket) => void): Promise<string> {
  const app = fastify();
  await app.register(websocket);
  await app.register((scope: FastifyInstance) => {
    scope.get("/v1/namespaces/:namespace/blocks", (_, reply) =>
      reply.code(404).send({ code: "BEYOND_TIP" }),
    );
    scope.get("/v1/namespaces/:namespace/stream", { websocket: true }, speak);
  });
  closing.push(() => app.close());
  return app.listen({ host: "127.0.0.1", port: 0 });
}

function clientOf(nodes: readonly Node[], options: Partial<ClientOptions> = {}): ConclaveClient {
  return new ConclaveClient({
    endpoints: urls(nodes),
    genesis,
    backends: { group: mcl, bls: blstBls },
    ...options,
  });
}

function urls(nodes: readonly Node[]): string[] {
  return nodes.map(({ api }) => api.url);
}

function announce(nodes: readonly Node[]): void {
  for (const { gateway } of nodes) gateway.announce();
}

/** Ends with the test at the latest. */
function ending(): FollowOptions {
  const abort = new AbortController();
  closing.push(() => Promise.resolve(abort.abort()));
  return { signal: abort.signal };
}

async function blocksOf(
  reader: AsyncGenerator<VerifiedBlock, void>,
  count: number,
): Promise<VerifiedBlock[]> {
  const blocks: VerifiedBlock[] = [];
  while (blocks.length < count) {
    const { value } = await reader.next();
    if (value === undefined) break;
    blocks.push(value);
  }
  return blocks;
}

async function read(reader: AsyncGenerator<VerifiedBlock, void>, count: number): Promise<string[]> {
  return (await blocksOf(reader, count)).map(({ height, transactions }) => {
    const texts = transactions.map(({ payload }) => payload && new TextDecoder().decode(payload));
    return `${height}:${texts.join()}`;
  });
}

async function failureOf(promise: Promise<unknown>): Promise<CodedError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error("it was expected to fail");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
