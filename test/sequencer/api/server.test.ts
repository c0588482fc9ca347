import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../../base/index.ts";
import {
  blockHash,
  decodeCertifiedCheckpoint,
  decodeDeliveredPage,
  decodeEpochEnd,
  decodeEvidence,
  decodeHeader,
  decodeQC,
  encodeTransaction,
  Epoch,
  fromGenesisJson,
  fromReceiptJson,
  fromStatusJson,
  genesisHash,
  Height,
  type SealedTransaction,
  transactionId,
  ValidatorIndex,
} from "../../../protocol/index.ts";
import { type Api, createApi } from "../../../sequencer/api/index.ts";
import { at, Chain, endOf, inboxMessage, network, sealed } from "../../sdk/chain.ts";
import { silentLogger } from "../silent-logger.ts";
import { keptLie, MemoryGateway, someHash } from "./memory-gateway.ts";

const logged: string[] = [];
const logger = { ...silentLogger, error: (phrase: string) => void logged.push(phrase) };

let api: Api;
let gateway: MemoryGateway;
let transaction: SealedTransaction;

beforeAll(async () => {
  transaction = await sealed("buy 5");
  const chain = new Chain();
  chain.add({ transactions: [transaction, await sealed("elsewhere", { namespace: 7 })] });
  chain.add({ inbox: [inboxMessage(0)] });
  chain.add({ transactions: [await sealed("sell 5")] });
  gateway = new MemoryGateway(chain, 2);
  api = await createApi({
    gateway,
    host: "127.0.0.1",
    port: 0,
    logger,
    metricsText: () => Promise.resolve("conclave_up 1\n"),
    limits: { requestsPerSecond: 1_000_000, requestsBurst: 1_000_000 },
  });
});
afterAll(() => api.close());
beforeEach(() => void (logged.length = 0));

describe("submitting", () => {
  const submit = (body: Uint8Array | string, type: string): Promise<Response> =>
    ask("/v1/transactions", {
      method: "POST",
      body: body as string,
      headers: { "content-type": type },
    });

  test("bytes and hex in JSON are answered with the validator's receipt", async () => {
    const bytes = encodeTransaction(transaction);
    const answers = [
      await submit(bytes, "application/octet-stream"),
      await submit(JSON.stringify({ transaction: `0x${toHex(bytes)}` }), "application/json"),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      const receipt = fromReceiptJson(await answer.json());
      expect(receipt.id).toEqual(transactionId(transaction));
      expect(receipt.validator).toBe(2);
    }
    expect(gateway.submitted.at(-1)).toEqual(transaction);
  });

  test("what admission refuses is a 422 with admission's code", async () => {
    const forged = { ...transaction, signature: new Uint8Array(65) };
    const bytes = encodeTransaction(forged) as Uint8Array<ArrayBuffer>;
    expect(await problemOf(submit(bytes, "application/octet-stream"))).toMatchObject({
      status: 422,
      code: "BAD_SIGNATURE",
    });
  });

  test("what is not a transaction, not JSON, too long or of another type is refused", async () => {
    const octets = "application/octet-stream";
    const json = "application/json";
    const hex = toHex(encodeTransaction(transaction));
    for (const [body, type, status, code] of [
      [new Uint8Array(10), octets, 400, "MALFORMED_TRANSACTION"],
      ["", octets, 400, "MALFORMED_TRANSACTION"],
      ["{", json, 400, "MALFORMED_REQUEST"],
      ["[]", json, 400, "MALFORMED_TRANSACTION"],
      ["null", json, 400, "MALFORMED_TRANSACTION"],
      [`{"transaction":"0xzz"}`, json, 400, "MALFORMED_TRANSACTION"],
      [`{"transaction":"0x${hex}00"}`, json, 400, "MALFORMED_TRANSACTION"],
      [`{"transaction":"0x${hex}","note":1}`, json, 400, "MALFORMED_TRANSACTION"],
      [new Uint8Array(60_000), octets, 413, "REQUEST_TOO_LARGE"],
      ["transaction=1", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ] as const)
      expect(await problemOf(submit(body, type)), String(body)).toMatchObject({ status, code });
  });

  test("no bytes and no JSON make the node fail", async () => {
    const anyBody = fc.oneof(
      fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.constant("application/octet-stream")),
      fc.tuple(fc.json(), fc.constant("application/json")),
      fc.tuple(flippedTransaction(), fc.constant("application/octet-stream")),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async ([body, type]) => {
        const { status } = await submit(body, type);
        expect([200, 400, 422]).toContain(status);
      }),
      { numRuns: 150 },
    );
    expect(logged).toEqual([]);
  });
});

describe("looking up a transaction", () => {
  test("a submitted one has its state and times, with or without 0x", async () => {
    await gateway.submit(transaction);
    const id = toHex(transactionId(transaction));
    for (const spelling of [id, `0x${id}`, `0x${id.toUpperCase()}`]) {
      const status = fromStatusJson(await (await ask(`/v1/transactions/${spelling}`)).json());
      expect(status).toMatchObject({ state: "received", id: transactionId(transaction) });
    }
  });

  test("an unknown one is a 404, and what is no id a 400", async () => {
    const unknown = "0".repeat(64);
    expect(await problemOf(ask(`/v1/transactions/${unknown}`))).toMatchObject({
      status: 404,
      code: "UNKNOWN_TRANSACTION",
    });
    for (const id of ["0x12", "zz", unknown.slice(1), `${unknown}00`, "%00"])
      expect(await problemOf(ask(`/v1/transactions/${id}`))).toMatchObject({
        status: 400,
        code: "BAD_PARAMETER",
      });
  });
});

describe("a namespace's blocks", () => {
  test("a page is what the gateway holds, and at most as long as asked", async () => {
    const whole = await pageOf("/v1/namespaces/0/blocks?from=1");
    expect(whole).toEqual(gateway.chain.page(0, 1));
    const part = await pageOf("/v1/namespaces/7/blocks?from=2&limit=1");
    expect(part).toEqual(gateway.chain.page(7, 2, 1));
  });

  test("past the tip is a 404 that names the height, at once", async () => {
    expect(await problemOf(ask("/v1/namespaces/0/blocks?from=4"))).toMatchObject({
      status: 404,
      code: "BEYOND_TIP",
      opened: 3,
    });
  });

  test("what is no longer kept is a 410 that names the oldest height", async () => {
    gateway.oldest = Height(2);
    expect(await problemOf(ask("/v1/namespaces/0/blocks?from=1"))).toMatchObject({
      status: 410,
      code: "PRUNED",
      oldest: 2,
    });
    gateway.oldest = Height(1);
  });

  test("parameters that are missing, doubled, misspelt or not decimal are refused", async () => {
    for (const [query, code] of [
      ["", "BAD_PARAMETER"],
      ["?from=0", "BAD_PARAMETER"],
      ["?from=-1", "BAD_PARAMETER"],
      ["?from=1e1", "BAD_PARAMETER"],
      ["?from=0x1", "BAD_PARAMETER"],
      ["?from=01", "BAD_PARAMETER"],
      ["?from=9999999999999999", "BAD_PARAMETER"],
      ["?from=1&from=2", "BAD_PARAMETER"],
      ["?from=1&limit=0", "BAD_PARAMETER"],
      ["?from=1&limit=65", "BAD_PARAMETER"],
      ["?from=1&Limit=2", "UNKNOWN_PARAMETER"],
      ["?from=1&__proto__=2", "UNKNOWN_PARAMETER"],
    ])
      expect(await problemOf(ask(`/v1/namespaces/0/blocks${query}`)), query).toMatchObject({
        status: 400,
        code,
      });
    expect(await problemOf(ask("/v1/namespaces/4294967296/blocks?from=1"))).toMatchObject({
      code: "BAD_PARAMETER",
    });
  });

  test("a stream asked for without a WebSocket says so", async () => {
    expect(await problemOf(ask("/v1/namespaces/0/stream?from=1"))).toMatchObject({
      status: 426,
      code: "UPGRADE_REQUIRED",
    });
  });
});

describe("the chain", () => {
  test("a block is shown with the bytes that its hash is over", async () => {
    const shown = (await (await ask("/v1/blocks/3")).json()) as Record<string, string>;
    const header = decodeHeader(bytesOf(shown["header"]));
    expect(header && toHex(blockHash(header))).toBe(shown["hash"]?.slice(2));
    expect(decodeQC(bytesOf(shown["certificate"]))).toEqual(
      at(gateway.chain.blocks, 2).certificate,
    );
    expect(shown["transactions"]).toHaveLength(1);
    expect(await problemOf(ask("/v1/blocks/4"))).toMatchObject({ status: 404, final: 3 });
  });

  test("the newest checkpoint is shown with its certificate, once there is one", async () => {
    expect(await problemOf(ask("/v1/checkpoints/latest"))).toMatchObject({ code: "NO_CHECKPOINT" });
    const checkpoint = {
      number: 1,
      epoch: Epoch(0),
      height: Height(3),
      blockHash: someHash,
      rollupsRoot: someHash,
      next: new Uint8Array(32),
    };
    const certified = {
      checkpoint,
      signers: [0, 1, 3].map(ValidatorIndex),
      signature: new Uint8Array(96),
    };
    gateway.anchored = { certified, l1Transaction: undefined };
    const shown = (await (await ask("/v1/checkpoints/latest")).json()) as Record<string, string>;
    expect(decodeCertifiedCheckpoint(bytesOf(shown["certified"]))).toEqual(certified);
    expect(shown["l1Transaction"]).toBeNull();
  });

  test("how an epoch ended is served as bytes, once it has", async () => {
    expect(await problemOf(ask("/v1/epochs/0"))).toMatchObject({ code: "EPOCH_NOT_ENDED" });
    const end = endOf(at(gateway.chain.blocks, 2));
    gateway.ends.set(0, end);
    const answer = await ask("/v1/epochs/0");
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(decodeEpochEnd(new Uint8Array(await answer.arrayBuffer()))).toEqual(end);
    expect(await problemOf(ask("/v1/epochs/x"))).toMatchObject({ code: "BAD_PARAMETER" });
  });

  test("evidence is shown piece by piece, with what convicts whom, and a name leads to what follows it", async () => {
    gateway.kept.push(...[1, 2, 3].map((slot) => keptLie(slot)));
    const pageAfter = async (query: string): Promise<Record<string, unknown>[]> => {
      const answer = await (await ask(`/v1/evidence${query}`)).json();
      return (answer as { evidence: Record<string, unknown>[] }).evidence;
    };
    const first = await pageAfter("?limit=2");
    expect(first.map(({ slot }) => slot)).toEqual([1, 2]);
    const kept = at(gateway.kept, 0);
    expect(decodeEvidence(bytesOf(String(first[0]?.["encoded"])))).toEqual(kept.evidence);
    expect(first[0]).toMatchObject({
      type: "statements",
      epoch: 0,
      validator: 1,
      sides: [{ kind: "commit" }, { kind: "skip", payload: `0x${"00".repeat(32)}` }],
      call: kept.call,
      networkKey: null,
    });
    const rest = await pageAfter(`?after=${String(first[1]?.["name"])}`);
    expect(rest.map(({ slot }) => slot)).toEqual([3]);
    expect(await problemOf(ask("/v1/evidence?after=0x12"))).toMatchObject({
      code: "BAD_PARAMETER",
    });
    expect(await problemOf(ask("/v1/evidence?limit=17"))).toMatchObject({ code: "BAD_PARAMETER" });
  });

  test("the genesis served is the genesis file", async () => {
    const genesis = fromGenesisJson(await (await ask("/v1/genesis")).json());
    expect(genesisHash(genesis)).toEqual(network.genesisHash);
  });
});

describe("operating", () => {
  test("the probes follow the node's health", async () => {
    const statuses = async (): Promise<number[]> =>
      Promise.all(["/healthz", "/livez", "/readyz"].map(async (path) => (await ask(path)).status));
    expect(await statuses()).toEqual([200, 200, 200]);
    gateway.ready = false;
    expect(await statuses()).toEqual([200, 200, 503]);
    gateway.live = false;
    expect(await statuses()).toEqual([503, 503, 503]);
    gateway.live = gateway.ready = true;
  });

  test("metrics are Prometheus text, and limits and status are there to be read", async () => {
    expect(await (await ask("/metrics")).text()).toBe("conclave_up 1\n");
    expect(await (await ask("/v1/fees")).json()).toEqual({
      baseFee: 3,
      reserves: [{ namespace: 7, reserve: 9 }],
    });
    expect(await (await ask("/v1/limits")).json()).toMatchObject({ expiryHorizon: 20_000 });
    expect(await (await ask("/v1/status")).json()).toMatchObject({
      final: 3,
      genesis: `0x${toHex(network.genesisHash)}`,
    });
  });

  test("OpenAPI describes every route, and the answers have the fields that it requires", async () => {
    await gateway.submit(transaction);
    const described = (await (await ask("/openapi.json")).json()) as OpenApi;
    expect(described.openapi).toBe("3.1.0");
    const id = toHex(transactionId(transaction));
    for (const [path, url] of Object.entries({
      "/v1/transactions/{id}": `/v1/transactions/${id}`,
      "/v1/blocks/{height}": "/v1/blocks/1",
      "/v1/checkpoints/latest": "/v1/checkpoints/latest",
      "/v1/evidence": "/v1/evidence",
      "/v1/fees": "/v1/fees",
      "/v1/genesis": "/v1/genesis",
      "/v1/limits": "/v1/limits",
      "/v1/status": "/v1/status",
      "/readyz": "/readyz",
    })) {
      const answer = (await (await ask(url)).json()) as object;
      const schema =
        described.paths[path]?.get?.responses["200"]?.content["application/json"]?.schema;
      expect(schema, path).toBeDefined();
      expect(Object.keys(answer), path).toEqual(expect.arrayContaining(schema?.required ?? []));
      for (const name of Object.keys(schema?.properties ?? answer))
        if (Object.hasOwn(answer, name) && schema?.properties !== undefined)
          expect(Object.keys(schema.properties), path).toContain(name);
    }
    for (const path of [
      "/v1/transactions",
      "/v1/namespaces/{namespace}/blocks",
      "/v1/epochs/{epoch}",
    ])
      expect(Object.keys(described.paths)).toContain(path);
  });

  test("a page in a browser may ask from anywhere", async () => {
    const answer = await ask("/v1/status", { headers: { origin: "https://app.example" } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("what leads nowhere", () => {
  test("unknown routes, methods and options are problems and not pages", async () => {
    for (const [path, init] of [
      ["/", {}],
      ["/v1/nothing", {}],
      ["/v1/transactions", {}],
      ["/v1/genesis", { method: "DELETE" }],
    ] as const)
      expect(await problemOf(ask(path, init))).toMatchObject({
        status: 404,
        code: "UNKNOWN_ROUTE",
      });
    expect(await problemOf(ask("/v1/genesis?pretty=1"))).toMatchObject({
      status: 400,
      code: "UNKNOWN_PARAMETER",
    });
    expect(await problemOf(ask("/%zz"))).toMatchObject({ status: 400, code: "MALFORMED_REQUEST" });
  });

  test("no path makes the node fail", async () => {
    const word = fc.oneof(
      fc.constantFrom(
        "v1",
        "blocks",
        "namespaces",
        "transactions",
        "0",
        "1",
        "..",
        "%2e",
        "stream",
      ),
      fc.string({ maxLength: 12 }).map(encodeURIComponent),
    );
    const path = fc.tuple(fc.array(word, { maxLength: 5 }), fc.webQueryParameters());
    await fc.assert(
      fc.asyncProperty(path, async ([words, query]) => {
        const { status } = await ask(`/${words.join("/")}?${query}`);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
    expect(logged).toEqual([]);
  });

  test("bytes that are not HTTP are answered and cut off", async () => {
    const answers = await Promise.all(
      ["\0\x01\x02 garbage\r\n\r\n", `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`].map(
        (text) => raw(text),
      ),
    );
    expect(answers[0]).toMatch(/^HTTP\/1.1 400 .*"code":"MALFORMED_REQUEST"/s);
    expect(answers[1]).toMatch(/^HTTP\/1.1 431 .*"code":"HEADERS_TOO_LARGE"/s);
  });

  test("a fault of the node is a 500 that tells the log, and the client nothing", async () => {
    const broken = new MemoryGateway(gateway.chain);
    broken.checkpoint = () => Promise.reject(new Error("disk /secret/path is gone"));
    const other = await createApi({ ...quiet(), gateway: broken, logger });
    const problem = await problemOf(fetch(`${other.url}/v1/checkpoints/latest`));
    await other.close();
    expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(logged).toEqual(["request failed"]);
  });
});

describe("bounds", () => {
  test("a connection that asks too often is told to wait", async () => {
    const limited = await createApi({
      ...quiet(),
      limits: { requestsPerSecond: 0.001, requestsBurst: 2 },
    });
    const requests = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3);
    const answer = await raw(requests, limited.url);
    await limited.close();
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual([
      "HTTP/1.1 200",
      "HTTP/1.1 200",
      "HTTP/1.1 429",
    ]);
    expect(answer).toContain("retry-after: 1");
    expect(answer).toContain("RATE_LIMITED");
  });

  test("submissions beyond the bound are turned away while those before wait", async () => {
    const slow = new MemoryGateway(gateway.chain);
    const { promise, resolve } = Promise.withResolvers<void>();
    const submit = slow.submit.bind(slow);
    slow.submit = (each) => promise.then(() => submit(each));
    const other = await createApi({ ...quiet(), gateway: slow, limits: { submissionsMax: 1 } });
    const post = (): Promise<Response> =>
      fetch(`${other.url}/v1/transactions`, {
        method: "POST",
        body: encodeTransaction(transaction) as Uint8Array<ArrayBuffer>,
        headers: { "content-type": "application/octet-stream" },
      });
    const first = post();
    const second = await eventually(post, ({ status }) => status === 503);
    expect(await second.json()).toMatchObject({ code: "BUSY" });
    resolve();
    expect((await first).status).toBe(200);
    expect((await post()).status).toBe(200);
    await other.close();
  });

  test("a port that is taken is a coded error", async () => {
    const port = Number(new URL(api.url).port);
    await expect(createApi({ ...quiet(), port })).rejects.toMatchObject({ code: "LISTEN_FAILED" });
  });
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<
    string,
    {
      readonly get?: {
        readonly responses: Record<
          string,
          {
            readonly content: Record<
              string,
              { readonly schema: { readonly required?: string[]; readonly properties?: object } }
            >;
          }
        >;
      };
    }
  >;
}

function quiet(): Parameters<typeof createApi>[0] {
  return {
    gateway,
    host: "127.0.0.1",
    port: 0,
    logger: silentLogger,
    metricsText: () => Promise.resolve(""),
  };
}

function ask(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${api.url}${path}`, init);
}

async function problemOf(answer: Promise<Response>): Promise<Record<string, unknown>> {
  const response = await answer;
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem["status"]).toBe(response.status);
  return problem;
}

async function pageOf(path: string): Promise<ReturnType<typeof decodeDeliveredPage>> {
  const response = await ask(path);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  return decodeDeliveredPage(new Uint8Array(await response.arrayBuffer()));
}

function bytesOf(hex: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(hex?.slice(2) ?? "", "hex"));
}

function flippedTransaction(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 255 })).map(([offset, mask]) => {
    const bytes = encodeTransaction(transaction);
    bytes[offset] = (bytes[offset] ?? 0) ^ mask;
    return bytes;
  });
}

/** Sends what may not be HTTP, and gathers what comes back until the connection falls silent. */
function raw(text: string, url = api.url): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(300, () => socket.destroy());
    socket.on("data", (data) => void (answer += data.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

async function eventually<T>(make: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await make();
    if (is(value)) return value;
  }
}
