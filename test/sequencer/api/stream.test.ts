import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { decodeDeliveredPage, Height, limits } from "../../../protocol/index.ts";
import { type Api, type ApiLimits, closeCodes, createApi } from "../../../sequencer/api/index.ts";
import { Chain, sealed } from "../../sdk/chain.ts";
import { silentLogger } from "../silent-logger.ts";
import { MemoryGateway } from "./memory-gateway.ts";

let api: Api | undefined;
afterEach(() => api?.close());

test("a stream gives what there is, and then every block as it is opened", async () => {
  const { chain, gateway } = await start(3);
  const reader = new StreamReader("/v1/namespaces/0/stream?from=2");
  expect(await reader.heights()).toEqual([2, 3]);
  for (const height of [4, 5, 6]) {
    chain.add();
    gateway.announce();
    expect(await reader.heights()).toEqual([height]);
  }
  reader.socket.close();
});

test("a stream may wait for a height that is still to come, and begins exactly there", async () => {
  const { chain, gateway } = await start(1);
  const reader = new StreamReader("/v1/namespaces/0/stream?from=3");
  await reader.opened;
  chain.add();
  gateway.announce();
  chain.add();
  gateway.announce();
  expect(await reader.heights()).toEqual([3]);
  reader.socket.close();
});

test("a long history comes in pages within the protocol's bound", async () => {
  await start(limits.headersPerAnswerMax + 2);
  const reader = new StreamReader("/v1/namespaces/5/stream?from=1");
  expect(await reader.heights()).toHaveLength(limits.headersPerAnswerMax);
  expect(await reader.heights()).toEqual([65, 66]);
  reader.socket.close();
});

test("the stream's listener on the node goes with the API, and streams are told that it goes", async () => {
  const { gateway } = await start(1);
  const reader = new StreamReader("/v1/namespaces/0/stream?from=2");
  await reader.opened;
  expect(gateway.listeners.size).toBe(1);
  await api?.close();
  expect((await reader.closed).code).toBe(closeCodes.goingAway);
  expect(gateway.listeners.size).toBe(0);
});

test("a height that is no longer kept closes the stream with a code for it", async () => {
  const { gateway } = await start(3);
  gateway.oldest = Height(3);
  const reader = new StreamReader("/v1/namespaces/0/stream?from=2");
  expect(await reader.closed).toMatchObject({ code: closeCodes.pruned, reason: "PRUNED" });
});

test("one who talks on a stream is cut off, however much is said", async () => {
  await start(1);
  for (const [said, code] of [
    ["hello", closeCodes.unexpectedData],
    ["x".repeat(5_000), 1009],
  ] as const) {
    const reader = new StreamReader("/v1/namespaces/0/stream?from=2");
    await reader.opened;
    reader.socket.send(said);
    expect((await reader.closed).code).toBe(code);
  }
});

test("streams beyond the bound are told to go elsewhere, until one leaves", async () => {
  await start(1, { streamsMax: 1 });
  const first = new StreamReader("/v1/namespaces/0/stream?from=1");
  expect(await first.heights()).toEqual([1]);
  const second = new StreamReader("/v1/namespaces/0/stream?from=1");
  expect((await second.closed).code).toBe(closeCodes.busy);
  first.socket.close();
  await first.closed;
  (await thePlaceIsFree()).socket.close();
});

test("bad parameters are refused before the upgrade", async () => {
  await start(1);
  for (const query of ["", "?from=0", "?from=1&limit=2"]) {
    const reader = new StreamReader(`/v1/namespaces/0/stream${query}`);
    await expect(reader.opened).rejects.toBeDefined();
  }
});

test("one who never reads is dropped, and costs one page of memory until then", async () => {
  const { gateway } = await start(1, { streamStallMs: 150, streamsMax: 1 });
  // A page that no socket buffer swallows, over and over.
  const large = gateway.chain.page(0, 1);
  const [block] = large?.blocks ?? [];
  if (large === undefined || block === undefined) throw new Error("there is a block");
  const [message] = block.transactions;
  if (message === undefined) throw new Error("the block has a transaction");
  const body = new Uint8Array(limits.transactionBodyBytesMax);
  const transactions = Array.from({ length: 200 }, () => ({
    ...message,
    transaction: { ...message.transaction, body },
  }));
  let asked = 0;
  gateway.page = (_, from) => {
    asked++;
    const header = { ...block.header, height: from };
    return Promise.resolve({ ...large, blocks: [{ ...block, header, transactions }] });
  };
  const client = await deafClient("/v1/namespaces/0/stream?from=1");
  await thePlaceIsFree();
  expect(asked).toBeLessThan(10);
  client.destroy();
});

test("one who does not answer pings is dropped, and one who does stays", async () => {
  await start(1, { streamPingMs: 50, streamsMax: 1 });
  const client = await deafClient("/v1/namespaces/0/stream?from=2");
  const reader = await thePlaceIsFree();
  const outcome = await Promise.race([reader.closed.then(() => "closed"), pause(250)]);
  expect(outcome).toBe(undefined);
  reader.socket.close();
  client.destroy();
});

test("bytes that are no frames end their own stream and nothing else", async () => {
  await start(1);
  const frames = fc.uint8Array({ minLength: 2, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(frames, async (bytes) => {
      const client = await deafClient("/v1/namespaces/0/stream?from=2");
      const closed = new Promise((resolve) => void client.once("close", resolve));
      client.resume();
      // Followed by zeros, so that no frame is left waiting for its end.
      client.end(new Uint8Array([...bytes, ...new Uint8Array(2_000)]));
      await closed;
    }),
    { numRuns: 30 },
  );
  const reader = new StreamReader("/v1/namespaces/0/stream?from=1");
  expect(await reader.heights()).toEqual([1]);
  reader.socket.close();
});

/** A reader that got the only place there is. */
async function thePlaceIsFree(): Promise<StreamReader> {
  for (;;) {
    const reader = new StreamReader("/v1/namespaces/9/stream?from=100");
    await reader.opened;
    if ((await Promise.race([reader.closed, pause(50)])) === undefined) return reader;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

async function start(
  height: number,
  limits: Partial<ApiLimits> = {},
): Promise<{ chain: Chain; gateway: MemoryGateway }> {
  const chain = new Chain();
  chain.add({ transactions: [await sealed("first")] });
  while (chain.height < height) chain.add();
  const gateway = new MemoryGateway(chain);
  api = await createApi({
    gateway,
    host: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    metricsText: () => Promise.resolve(""),
    limits,
  });
  return { chain, gateway };
}

class StreamReader {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  readonly closed: Promise<CloseEvent>;
  readonly #pages: Uint8Array[] = [];
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(path: string) {
    this.socket = new WebSocket(`${api?.url.replace("http", "ws")}${path}`);
    this.socket.binaryType = "arraybuffer";
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener("open", () => resolve());
      this.socket.addEventListener("error", () => reject(new Error("refused")));
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener("close", (event) => {
        this.#isClosed = true;
        this.#wake();
        resolve(event);
      });
    });
    this.socket.addEventListener("message", ({ data }) => {
      this.#pages.push(new Uint8Array(data as ArrayBuffer));
      this.#wake();
    });
  }

  /** Of the next page. */
  async heights(): Promise<number[]> {
    while (this.#pages.length === 0) {
      if (this.#isClosed) throw new Error("the stream is closed");
      await new Promise<void>((resolve) => void (this.#wake = resolve));
    }
    const page = decodeDeliveredPage(this.#pages.shift() ?? new Uint8Array());
    return page?.blocks.map(({ header }) => header.height) ?? [];
  }
}

/** Upgrades by hand, and from then on neither reads nor answers. */
function deafClient(path: string): Promise<Socket> {
  const { hostname, port } = new URL(api?.url ?? "");
  const request = [
    `GET ${path} HTTP/1.1`,
    `host: ${hostname}`,
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ];
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(request.join("\r\n")));
    socket.on("error", () => socket.destroy());
    socket.once("data", () => resolve(socket.pause()));
  });
}
