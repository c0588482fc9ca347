import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../deploy/devnet/until.ts";
import { Links } from "./links.ts";

/** Three places that write down what they hear and answer nothing by themselves. */
let servers: Server[];
let heard: string[];
let accepted: (Socket | undefined)[];
let links: Links;

beforeEach(async () => {
  heard = ["", "", ""];
  accepted = [];
  servers = [0, 1, 2].map((index) =>
    createServer((socket) => {
      accepted[index] = socket;
      socket.on("data", (chunk) => (heard[index] += chunk.toString()));
      socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1"),
  );
  await Promise.all(servers.map((server) => once(server, "listening")));
  links = await Links.open(servers.map((server) => (server.address() as AddressInfo).port));
});

afterEach(() => {
  links.close();
  for (const server of servers) server.close();
});

async function dial(from: number, to: number): Promise<Socket> {
  const address = links.addressesFor(from, "own")[to] ?? "";
  const socket = connect(Number(address.split("/").at(-1)), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const hears = (index: number, text: string): Promise<boolean> =>
  until(() => heard[index] === text, { timeoutMs: 5_000, everyMs: 5 });

test("each has its own address first-hand and dials the others through links of its own", () => {
  const addresses = [0, 1, 2].map((from) => links.addressesFor(from, "own"));
  expect(addresses.map((each, index) => each[index])).toEqual(["own", "own", "own"]);
  expect(new Set(addresses.flat()).size).toBe(7);
});

test("a link that is cut one way carries the other way on, whoever dialled", async () => {
  const there = await dial(0, 1);
  const back = await dial(1, 0);
  there.write("a");
  back.write("b");
  expect(await hears(1, "a")).toBe(true);
  expect(await hears(0, "b")).toBe(true);
  links.cut({ from: 0, to: 1 });
  let answer = "";
  back.on("data", (chunk) => (answer += chunk.toString()));
  there.write("lost for now");
  accepted[0]?.write("lost as well");
  back.write("c");
  expect(await hears(0, "bc")).toBe(true);
  await sleep(50);
  expect({ heard: heard[1], answer }).toEqual({ heard: "a", answer: "" });
  links.heal();
  expect(await hears(1, "alost for now")).toBe(true);
  expect(await until(() => answer === "lost as well", { timeoutMs: 5_000 })).toBe(true);
});

test("a reset breaks the connections of one and leaves those of others", async () => {
  const mine = await dial(0, 1);
  const theirs = await dial(2, 1);
  mine.write("x");
  expect(await hears(1, "x")).toBe(true);
  const closed = once(mine, "close");
  links.reset(0);
  await closed;
  theirs.write("y");
  expect(await hears(1, "xy")).toBe(true);
  const again = await dial(0, 1);
  again.write("z");
  expect(await hears(1, "xyz")).toBe(true);
});

test("a slow link is slow, and fast again when it is told so", async () => {
  const socket = await dial(0, 1);
  socket.write("a");
  expect(await hears(1, "a")).toBe(true);
  links.slow(() => 200);
  const start = performance.now();
  socket.write("b");
  expect(await hears(1, "ab")).toBe(true);
  expect(performance.now() - start).toBeGreaterThan(180);
  links.slow(() => 0);
  const later = performance.now();
  socket.write("c");
  expect(await hears(1, "abc")).toBe(true);
  expect(performance.now() - later).toBeLessThan(180);
});
