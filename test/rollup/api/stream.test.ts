import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { closeCodes } from "../../../rollup/api/stream.ts";
import { limit, market } from "../engine/world.ts";
import { ChannelReader } from "./channel-reader.ts";
import { House } from "./house.ts";

let house: House;
afterEach(() => house.close());

const channels = [
  "status",
  "liquidations",
  `depth:${market}`,
  `trades:${market}`,
  `candles:${market}:1s`,
  "account:2",
  "account:3",
];

/** Both quote around a price that wanders, and cross each other now and then. */
async function tradeOn(batches: number): Promise<void> {
  for (let at = 0; at < batches; at++) {
    const price = 600_000 + ((at * 37) % 11) * 100;
    const cancel = { type: "cancel", market, orderNonce: 0 } as const;
    await house.post(
      house.sign("alice", [...(at % 4 === 0 ? [cancel] : []), limit(true, price, 10 + at)]),
    );
    await house.post(house.sign("bob", [limit(false, price + (at % 3) * 100 - 100, 7)]));
    house.run(600_000 + at * 50);
  }
}

test("a snapshot and every change after it are what a snapshot is later, on every channel", async () => {
  house = await House.open();
  await tradeOn(5);
  const early = new ChannelReader(house.url);
  for (const channel of channels) await early.subscribe(channel);
  await tradeOn(15);
  const late = new ChannelReader(house.url);
  const { seq } = await house.json("/v1/markets");
  for (const channel of channels)
    expect(await early.at(channel, Number(seq)), channel).toEqual(await late.subscribe(channel));
  const { whole } = early.wholes.get("account:2") ?? {};
  expect(whole).toMatchObject({ account: { positions: [{ market }] } });
  early.socket.close();
  late.socket.close();
});

test("what is asked for over HTTP carries the number from which the stream goes on", async () => {
  house = await House.open();
  await tradeOn(4);
  const { seq, data } = await house.json(`/v1/markets/${market}/depth`);
  const reader = new ChannelReader(house.url);
  expect(await reader.subscribe(`depth:${market}`)).toEqual(data);
  expect(reader.frames.at(-1)?.seq).toBe(seq);
  reader.socket.close();
});

test("an account hears what became of its lists, and nobody else does", async () => {
  house = await House.open();
  const readers = [new ChannelReader(house.url), new ChannelReader(house.url)] as const;
  await readers[0].subscribe("account:2");
  await readers[1].subscribe("account:3");
  await house.post(house.sign("alice", [limit(true, 600_000, 5), limit(true, 600_000, 2 ** 30)]));
  house.run();
  for (const [at, reader] of readers.entries()) {
    await reader.at(`account:${at + 2}`, house.world.state.globals.batch);
    const heard = reader.frames.at(-1)?.data;
    const told = {
      state: "executed",
      actions: [
        { result: "accepted", restingLots: 5 },
        { result: "refused", reason: "MARGIN" },
      ],
    };
    expect(heard).toMatchObject({ lists: at === 0 ? [told] : [] });
    reader.socket.close();
  }
});

test("who lets a channel go hears no more of it, and who asks twice gets the whole again", async () => {
  house = await House.open();
  const reader = new ChannelReader(house.url);
  await reader.subscribe("account:2");
  await reader.subscribe("status");
  await reader.say({ op: "unsubscribe", channel: "account:2" });
  await reader.until(() => !reader.wholes.has("account:2"));
  house.run();
  await reader.at("status", house.world.state.globals.batch);
  await reader.say({ op: "subscribe", channel: "status" });
  await reader.until(() => reader.frames.length === 5);
  expect(reader.frames.map(({ type, channel }) => [type, channel])).toEqual([
    ["snapshot", "account:2"],
    ["snapshot", "status"],
    ["unsubscribed", "account:2"],
    ["delta", "status"],
    ["snapshot", "status"],
  ]);
  house.run();
  await reader.at("status", house.world.state.globals.batch);
  reader.socket.close();
});

test("what cannot be subscribed to is refused with a code, and the stream goes on", async () => {
  house = await House.open({ limits: { channelsMax: 2 } });
  const reader = new ChannelReader(house.url);
  await reader.subscribe("status");
  const refusals = [
    ["subscribe", "depth:8", "UNKNOWN_MARKET"],
    ["subscribe", "account:9", "UNKNOWN_ACCOUNT"],
    ["subscribe", "depth", "UNKNOWN_CHANNEL"],
    ["unsubscribe", "account:2", "NOT_SUBSCRIBED"],
  ] as const;
  for (const [op, channel] of refusals) await reader.say({ op, channel });
  await reader.subscribe("liquidations");
  await reader.say({ op: "subscribe", channel: `depth:${market}` });
  await reader.until(() => reader.frames.length === 3 + refusals.length);
  const codes = reader.frames.flatMap(({ type, code }) => (type === "error" ? [code] : []));
  expect(codes).toEqual([...refusals.map(([, , code]) => code), "TOO_MANY_CHANNELS"]);
  reader.socket.close();
});

test("what is no request ends the stream, as does too much of it", async () => {
  house = await House.open({ limits: { requestsPerSecond: 1, requestsBurst: 20 } });
  const wrong = ["hello", "[]", "{}", '{"op":"buy","channel":"status"}', '{"op":"subscribe"}'];
  for (const text of wrong) {
    const reader = new ChannelReader(house.url);
    await reader.say(text);
    expect((await reader.closed).code, text).toBe(closeCodes.badRequest);
  }
  const large = new ChannelReader(house.url);
  await large.say("x".repeat(5_000));
  expect((await large.closed).code).toBe(1009);
  const chatty = new ChannelReader(house.url);
  for (let at = 0; at < 30; at++) await chatty.say({ op: "subscribe", channel: "liquidations" });
  expect((await chatty.closed).code).toBe(closeCodes.rateLimited);
});

test("streams beyond the bound are told to go elsewhere, and all are told when the node goes", async () => {
  house = await House.open({ limits: { streamsMax: 1 } });
  const first = new ChannelReader(house.url);
  await first.subscribe("status");
  const second = new ChannelReader(house.url);
  expect((await second.closed).code).toBe(closeCodes.busy);
  await house.close();
  expect((await first.closed).code).toBe(closeCodes.goingAway);
});

test("after a batch that could not be taken in streams begin again, from the state as it is", async () => {
  house = await House.open();
  await tradeOn(3);
  const reader = new ChannelReader(house.url);
  await reader.subscribe(`depth:${market}`);
  await house.post(house.sign("alice", [limit(true, 590_000, 77)]));
  const { world, source } = house;
  world.price(600_000).anchored();
  const batch = world.batch();
  const { dirty, ...outcome } = world.apply(batch);
  const broken = {
    ...dirty,
    get orders(): never {
      throw new Error("planted");
    },
  };
  source.tell(batch, { ...outcome, dirty: broken });
  expect((await reader.closed).code).toBe(closeCodes.internal);
  expect(house.logged).toEqual(["market data failed"]);
  const again = new ChannelReader(house.url);
  const whole = await again.subscribe(`depth:${market}`);
  expect(JSON.stringify(whole)).toContain("[590000,77,1]");
  house.run();
  await again.at(`depth:${market}`, world.state.globals.batch);
  again.socket.close();
});

test("one who never reads is cut off, and others hear every batch", async () => {
  house = await House.open({ limits: { streamBufferBytesMax: 20_000, streamsMax: 2 } });
  const client = await deafClient();
  const reader = new ChannelReader(house.url);
  await reader.subscribe("status");
  let batches = 0;
  while (!(await hasRoom())) {
    for (let at = 0; at < 500; at++) house.run();
    batches += 500;
  }
  // Not before what it left unread was more than it may, with what the system's own buffers take in.
  expect(batches).toBeGreaterThan(0);
  await reader.at("status", house.world.state.globals.batch);
  reader.socket.close();
  client.destroy();
});

test("one who does not answer pings is dropped, and one who does is told the time", async () => {
  house = await House.open({ limits: { streamPingMs: 50, streamsMax: 2 } });
  const client = await deafClient();
  const reader = new ChannelReader(house.url);
  await reader.opened;
  while (!(await hasRoom()));
  await reader.until(() => reader.frames.filter(({ type }) => type === "heartbeat").length > 3);
  reader.socket.close();
  client.destroy();
});

async function hasRoom(): Promise<boolean> {
  const reader = new ChannelReader(house.url);
  const isIn = reader.subscribe("liquidations").then(
    () => true,
    () => false,
  );
  const had = await isIn;
  reader.socket.close();
  await reader.closed;
  return had;
}

/** Upgrades by hand, asks for the status, and from then on neither reads nor answers. */
function deafClient(): Promise<Socket> {
  const { hostname, port } = new URL(house.url);
  const request = [
    "GET /v1/stream HTTP/1.1",
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
    socket.once("data", () => {
      socket.write(masked('{"op":"subscribe","channel":"status"}'));
      resolve(socket.pause());
    });
  });
}

/** One text frame as a client sends it, under a mask of zeros. */
function masked(text: string): Uint8Array {
  return Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)]);
}
