import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Metrics } from "../../../base/index.ts";
import {
  readBlock,
  readBytes,
  readCount,
  readHash,
  readLogs,
  readReceipt,
} from "../../../sequencer/settlement/answers.ts";
import { forEachOf, Rpc, type RpcOptions } from "../../../sequencer/settlement/rpc.ts";

const servers: Server[] = [];
let badAnswers = 0;
const metrics: Metrics = {
  count: (name) => void (name === "l1_bad_answers_total" && badAnswers++),
  gauge: () => undefined,
  observe: () => undefined,
};

afterEach(() => {
  badAnswers = 0;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

test("a result is what was asked for", async () => {
  const rpc = await connect(({ id, method, params }) => ({
    text: JSON.stringify({ jsonrpc: "2.0", id, result: method === "m" ? params[0] : null }),
  }));
  await expect(rpc.call("m", ["0x10"], readCount)).resolves.toBe(16);
  expect(badAnswers).toBe(0);
});

test.each([
  ["nothing", () => ""],
  ["no JSON", () => "<html>"],
  ["half of it", () => '{"jsonrpc":"2.0","id":1,"resu'],
  ["a list", () => "[]"],
  ["null", () => "null"],
  ["no result", ({ id }: Question) => `{"id":${id}}`],
  ["the answer to something else", () => '{"id":99,"result":"0x1"}'],
  ["a plain number", ({ id }: Question) => `{"id":${id},"result":1}`],
  ["a number beyond counting", ({ id }: Question) => `{"id":${id},"result":"0x20000000000000"}`],
  ["a number beyond all", ({ id }: Question) => `{"id":${id},"result":1e999}`],
  ["a negative number", ({ id }: Question) => `{"id":${id},"result":"-0x1"}`],
  ["an empty number", ({ id }: Question) => `{"id":${id},"result":"0x"}`],
  ["a long number", ({ id }: Question) => `{"id":${id},"result":"0x${"1".repeat(65)}"}`],
])("%s is a bad answer, and counted", async (_, answer) => {
  const rpc = await connect((question) => ({ text: answer(question) }));
  await expect(rpc.call("m", [], readCount)).rejects.toMatchObject({ code: "L1_BAD_ANSWER" });
  expect(badAnswers).toBe(1);
});

test("an answer beyond the bound is not read", async () => {
  const text = JSON.stringify({ id: 1, result: `0x${"0".repeat(2_000)}` });
  const rpc = await connect(() => ({ text }), { bytesMax: 1_000 });
  await expect(rpc.call("m", [], readBytes)).rejects.toMatchObject({ code: "L1_BAD_ANSWER" });
  const generous = await connect(() => ({ text }), { bytesMax: 3_000 });
  await expect(generous.call("m", [], readBytes)).resolves.toHaveLength(1_000);
});

test("a refusal brings the data of the revert, in either of its forms and with any HTTP status", async () => {
  for (const data of ["0x1234", { data: "0x1234" }]) {
    const rpc = await connect(({ id }) => ({
      status: 400,
      text: JSON.stringify({ id, error: { code: 3, message: "execution reverted", data } }),
    }));
    await expect(rpc.call("m", [], readCount)).rejects.toMatchObject({
      code: "L1_REFUSED",
      details: { message: "execution reverted", data: "0x1234" },
    });
  }
});

test("an HTTP error says its status", async () => {
  const rpc = await connect(() => ({ status: 401, text: "no key" }));
  const expected = { code: "L1_HTTP_ERROR", details: { status: 401 } };
  await expect(rpc.call("m", [], readCount)).rejects.toMatchObject(expected);
});

test("a redirection is not followed", async () => {
  const rpc = await connect(() => ({ status: 307, text: "", location: "http://127.0.0.1:1/" }));
  await expect(rpc.call("m", [], readCount)).rejects.toMatchObject({ code: "L1_UNREACHABLE" });
});

test("a name and a password go into a header and not into the address", async () => {
  const seen: (string | undefined)[] = [];
  const answer = ({ id }: Question, request: IncomingMessage): Answer => {
    seen.push(request.headers.authorization);
    return { text: `{"id":${id},"result":"0x1"}` };
  };
  const rpc = await connect(answer, {}, "us%40er:secret@");
  await rpc.call("m", [], readCount);
  expect(seen).toEqual([`Basic ${btoa("us@er:secret")}`]);
});

test("an L1 that is not there is unreachable, one that says nothing is late", async () => {
  const nowhere = new Rpc({ url: "http://127.0.0.1:1", timeoutMs: 1_000, bytesMax: 9, metrics });
  await expect(nowhere.call("m", [], readCount)).rejects.toMatchObject({ code: "L1_UNREACHABLE" });
  const silent = await connect(() => undefined, { timeoutMs: 50 });
  await expect(silent.call("m", [], readCount)).rejects.toMatchObject({ code: "L1_TIMEOUT" });
});

test("closing ends what is under way, and nothing begins after it", async () => {
  const rpc = await connect(() => undefined, { timeoutMs: 60_000 });
  const waiting = rpc.call("m", [], readCount);
  rpc.close();
  await expect(waiting).rejects.toMatchObject({ code: "L1_CLOSED" });
  await expect(rpc.call("m", [], readCount)).rejects.toMatchObject({ code: "L1_CLOSED" });
});

test("few things are done at a time, and their order is kept", async () => {
  let running = 0;
  let most = 0;
  const results = await forEachOf([...Array(50).keys()], async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return item * 2;
  });
  expect(results).toEqual([...Array(50).keys()].map((item) => item * 2));
  expect(most).toBe(8);
});

const hash = `0x${"ab".repeat(32)}`;
const block = {
  number: "0x5",
  hash,
  parentHash: hash,
  timestamp: "0x9",
  baseFeePerGas: "0x7",
};
const log = {
  address: `0x${"Ab".repeat(20)}`,
  topics: [hash],
  data: "0x01",
  blockNumber: "0x5",
  blockHash: hash,
  transactionHash: hash,
  logIndex: "0x0",
};

test("blocks, logs and receipts are read as they are", () => {
  const read = { number: 5, hash, parentHash: hash, timestamp: 9, baseFee: 7n };
  expect(readBlock(block)).toEqual(read);
  expect(readBlock(null)).toBeUndefined();
  expect(readLogs([log])).toMatchObject([{ address: log.address.toLowerCase(), index: 0 }]);
  expect(readReceipt(null)).toBeUndefined();
  const receipt = { status: "0x1", gasUsed: "0x5208" };
  expect(readReceipt(receipt)).toEqual({ isSuccess: true, gasUsed: 21_000 });
  expect(readReceipt({ ...receipt, status: "0x0" })).toMatchObject({ isSuccess: false });
});

test("logs are put in order, and two of one place are refused", () => {
  const at = (blockNumber: string, logIndex: string): object => ({ ...log, blockNumber, logIndex });
  const logs = readLogs([at("0x6", "0x0"), at("0x5", "0xa"), at("0x5", "0x9")]);
  expect(logs.map((each) => [each.blockNumber, each.index])).toEqual([
    [5, 9],
    [5, 10],
    [6, 0],
  ]);
  expect(() => readLogs([log, log])).toThrow(bad);
});

const bad = expect.objectContaining({ code: "L1_BAD_ANSWER" }) as Error;
const garbage = [undefined, null, 0, -1, 1e308, true, "", "zz", "0x", "0xzz", {}, [], hash + hash];

test.each([
  ["a block", readBlock, block],
  ["a log", (value: unknown) => readLogs([value]), log],
  ["a receipt", readReceipt, { status: "0x1", gasUsed: "0x1" }],
])("a field of %s that is something else is refused", (_, read, good) => {
  for (const name of Object.keys(good))
    for (const value of garbage) {
      const isFine =
        (name === "baseFeePerGas" && value === undefined) ||
        (name === "topics" && Array.isArray(value)) ||
        (name === "data" && value === "0x");
      if (!isFine) expect(() => read({ ...good, [name]: value })).toThrow(bad);
    }
  for (const value of garbage.slice(2)) expect(() => read(value)).toThrow(bad);
});

test("a log that was taken back, or has too many topics, is refused", () => {
  expect(() => readLogs([{ ...log, removed: true }])).toThrow(bad);
  expect(() => readLogs([{ ...log, topics: Array(5).fill(hash) }])).toThrow(bad);
  expect(() => readLogs({})).toThrow(bad);
  expect(readHash(hash.toUpperCase().replace("0X", "0x"))).toBe(hash);
});

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Answer {
  readonly text: string;
  readonly status?: number;
  readonly location?: string;
}

async function connect(
  answer: (question: Question, request: IncomingMessage) => Answer | undefined,
  options: Partial<RpcOptions> = {},
  user = "",
): Promise<Rpc> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const said = answer(JSON.parse(body) as Question, request);
      if (said === undefined) return;
      const headers = said.location === undefined ? {} : { location: said.location };
      response.writeHead(said.status ?? 200, headers).end(said.text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://${user}127.0.0.1:${port}`;
  return new Rpc({ url, timeoutMs: 5_000, bytesMax: 1_000_000, metrics, ...options });
}
