import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { topics } from "../../sequencer/settlement/abi.ts";
import {
  certify,
  eventually,
  hexOf,
  type TestL1,
  type TestValidator,
  World,
} from "./settlement-l1.ts";

const world = new World();
const finality = 2;
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeAll(() => world.build(), 300_000);
beforeAll(() => void process.on("unhandledRejection", note));
afterEach(async () => {
  await world.clean();
  expect(rejections).toEqual([]);
});
afterAll(async () => {
  process.off("unhandledRejection", note);
  await world.destroy();
});

test("a node starts without L1, says so once, and goes on when L1 is there", async () => {
  const l1 = await world.start();
  await l1.stop("SIGKILL");
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  await eventually(() => validator.said("L1 does not answer").length === 2);
  // More attempts that fail as the first one did.
  await pause(300);
  expect(validator.settlement.isUp).toBe(false);
  const said = validator.said("L1 does not answer");
  expect(said.map(({ work }) => work)).toEqual(expect.arrayContaining(["reading", "posting"]));
  expect(said.map(({ code }) => code)).toEqual(["L1_UNREACHABLE", "L1_UNREACHABLE"]);
  await l1.start();
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  await expectTruth(l1, validator);
  expect(validator.settlement.isUp).toBe(true);
  await eventually(() => validator.said("L1 answers again").length === 2);
  expect(validator.gauges.get("l1_up")).toBe(1);
});

test("an L1 that stands still in the middle of an answer is waited for, and nothing is done twice", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0, { requestTimeoutMs: 200 });
  validator.settlement.anchor(certify(world.deployment, 1));
  await eventually(async () => (await l1.pendingOf(0)) === 3);
  l1.signal("SIGSTOP");
  await eventually(() => !validator.settlement.isUp);
  expect(validator.said("L1 does not answer")[0]).toMatchObject({ code: "L1_TIMEOUT" });
  l1.signal("SIGCONT");
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  expect(await l1.latest()).toEqual({ number: 1, count: 1 });
  expect(await l1.transactionsOf(0)).toBe(4);
});

test("closing is prompt while L1 says nothing", async () => {
  const silent = createTcpServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  const l1 = await world.start();
  const { settlement } = l1.validator(0, { rpcUrl: `http://127.0.0.1:${port}` });
  await pause(100);
  const start = performance.now();
  await settlement.close();
  expect(performance.now() - start).toBeLessThan(1_000);
  silent.close();
});

test("after a kill and a restart that forgets the newest blocks nothing is lost or doubled", async () => {
  const l1 = await world.start();
  const validator = l1.validator(0);
  validator.settlement.anchor(certify(world.deployment, 1));
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  await l1.include(l1.enqueue(0, new Uint8Array(5)));
  const kept = await l1.provider.getBlockNumber();
  // It writes what it has when it is asked to stop, and nothing when it is killed.
  await l1.stop("SIGTERM");
  await l1.start();
  await eventually(() => validator.settlement.isUp);
  // After the first checkpoint it is this one's turn.
  const next = l1.validator(1);
  for (const { settlement } of [validator, next]) settlement.anchor(certify(world.deployment, 2));
  await eventually(async () => (await l1.pendingOf(1)) === 3);
  await l1.mine();
  expect((await l1.latest()).number).toBe(2);
  await l1.stop("SIGKILL");
  await l1.start();
  expect(await l1.provider.getBlockNumber()).toBe(kept);
  expect((await l1.latest()).number).toBe(1);

  await l1.mineUntil(async () => (await l1.batches(1)) === 2);
  await l1.mine(finality);
  for (const each of [validator, next]) await expectTruth(l1, each);
  expect(await l1.latest()).toEqual({ number: 2, count: 2 });
  const filter = { address: world.deployment.hub, topics: [topics.finalized], fromBlock: 0 };
  expect(await l1.provider.getLogs(filter)).toHaveLength(2);
  const inbox = validator.blocks.flatMap(({ events }) =>
    events.filter(({ type }) => type === "inbox"),
  );
  expect(inbox).toHaveLength(1);
  expect(validator.counts.has("l1_finality_violations_total")).toBe(false);
}, 60_000);

test("an L1 that answers nonsense is never believed, and read to the end when it comes to its senses", async () => {
  const l1 = await world.start();
  await l1.include(l1.enqueue(1, new Uint8Array(40).fill(1)));
  await l1.mine(30);
  const liar = await startLiar(l1);
  const validator = l1.validator(0, { rpcUrl: liar.url, pollMs: 1, requestTimeoutMs: 500 });
  validator.settlement.anchor(certify(world.deployment, 1));
  await eventually(() => (validator.counts.get("l1_bad_answers_total") ?? 0) >= 20);
  await expectPrefix(l1, validator);
  liar.speakTruth();
  await l1.mineUntil(async () => (await l1.batches(1)) === 1);
  await l1.mine(finality);
  await expectTruth(l1, validator);
  const events = validator.blocks.flatMap((block) => block.events.map(({ type }) => type));
  expect(events).toEqual(["subscribed", "funded", "subscribed", "funded", "inbox"]);
  expect(await l1.latest()).toEqual({ number: 1, count: 1 });
  await validator.settlement.close();
  liar.server.closeAllConnections();
  liar.server.close();
});

/** Asks the real L1 and spoils about every fifth answer in one place, or the whole of it. */
async function startLiar(
  l1: TestL1,
): Promise<{ readonly url: string; readonly server: Server; speakTruth(): void }> {
  const spoils = [null, -1, 1e308, true, "zz", "", {}, `0x${"f".repeat(67)}`];
  let count = 0;
  let isHonest = false;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      void fetch(l1.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      })
        .then((answer) => answer.text())
        .then((text) => {
          const turn = count++;
          if (isHonest || turn % 5 !== 0) return response.end(text);
          if (turn % 25 === 0) return response.end(text.slice(0, text.length / 2));
          const answer = JSON.parse(text) as { result: unknown };
          return response.end(
            JSON.stringify({ ...answer, result: spoil(answer.result, turn / 5) }),
          );
        });
    });
  });
  const spoil = (value: unknown, turn: number): unknown => {
    const bad = spoils[turn % spoils.length];
    if (Array.isArray(value)) return value.length === 0 ? bad : [spoil(value[0], turn)];
    if (typeof value !== "object" || value === null) return bad;
    const field = fields.find((name, i) => name in value && i >= turn % fields.length) ?? "hash";
    return { ...value, [field]: bad };
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    speakTruth() {
      isHonest = true;
    },
  };
}

/** What the node reads of blocks and logs. */
const fields = ["number", "hash", "parentHash", "address", "data", "blockHash", "logIndex"];

async function expectTruth(l1: TestL1, validator: TestValidator): Promise<void> {
  const finalized = await l1.provider.getBlock("finalized");
  await eventually(() => validator.last >= (finalized?.number ?? 0));
  await expectPrefix(l1, validator);
}

async function expectPrefix(l1: TestL1, { blocks }: TestValidator): Promise<void> {
  const start = world.deployment.l1Start + 1;
  expect(blocks.map(({ number }) => number)).toEqual(blocks.map((_, i) => start + i));
  const onL1 = await Promise.all(blocks.map(({ number }) => l1.provider.getBlock(number)));
  expect(blocks.map(({ hash }) => hexOf(hash))).toEqual(onL1.map((block) => block?.hash));
}
