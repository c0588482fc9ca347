import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import * as schemas from "../../../rollup/api/schemas.ts";
import { encodeActions } from "../../../rollup/index.ts";
import { rootOfProof } from "../../../rollup/state/index.ts";
import { CodedError, fromHex, hexJson } from "../../../sdk/index.ts";
import { limit, market } from "../engine/world.ts";
import { accountIds, domain, House, ownerOf } from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await House.open({ limits: { requestsPerSecond: 1e6, requestsBurst: 1e6 } });
  await house.post(house.sign("alice", [limit(true, 600_000, 500), limit(true, 590_000, 10)]));
  await house.post(house.sign("bob", [limit(false, 600_000, 200), limit(false, 610_000, 20)]));
  house.run();
});
afterAll(() => house.close());

const answers: readonly (readonly [string, z.ZodType])[] = [
  ["/v1/status", schemas.statusSchema],
  ["/v1/markets", schemas.page("markets", schemas.marketSchema)],
  [`/v1/markets/${market}/depth?levels=5`, schemas.whole(schemas.depthSchema)],
  [`/v1/markets/${market}/trades`, schemas.page("trades", schemas.tradeSchema)],
  [`/v1/markets/${market}/candles?span=1s`, schemas.page("candles", schemas.candleSchema)],
  [`/v1/markets/${market}/funding`, schemas.whole(schemas.fundingSchema)],
  ["/v1/liquidations", schemas.page("liquidations", schemas.liquidationSchema)],
  [
    `/v1/accounts?owner=${hexJson(ownerOf("alice"))}`,
    schemas.page("accounts", schemas.accountSchema),
  ],
  ["/v1/accounts/2", schemas.whole(schemas.accountSchema)],
  ["/v1/accounts/2/positions", schemas.page("positions", schemas.positionSchema)],
  ["/v1/accounts/2/orders", schemas.page("orders", schemas.orderSchema)],
  ["/v1/accounts/2/fills?limit=1", schemas.page("fills", schemas.fillSchema)],
  ["/v1/roots/2", schemas.rootSchema],
  ["/v1/proofs/accounts/2", schemas.proofSchema],
];

test.each(answers)("%s answers what the description says", async (path, schema) => {
  const response = await house.ask(path);
  expect(response.status).toBe(200);
  const body: unknown = await response.json();
  expect(schema.safeParse(body).error?.issues).toBeUndefined();
  for (const list of Object.values(body as object).filter((each) => Array.isArray(each)))
    if (!path.includes("liquidations")) expect(list).not.toHaveLength(0);
});

test("money is USDC to the last place, and an account adds up", async () => {
  const { data } = await house.json("/v1/accounts/2");
  // 200 lots at 60,000 ticks of 1e-4 USDC: 12,000 USDC; the taker's fee is 500 ppm of that.
  expect(data).toMatchObject({
    owner: hexJson(ownerOf("alice")),
    cash: "87994",
    equity: "99994",
    riskState: "OK",
    openOrders: 2,
    positions: [{ market, lots: 200, entryTicks: "600000.00", notional: "12000", unrealised: "0" }],
    keys: [{ key: 0, nextNonce: 2 }],
  });
  const { markets } = await house.json("/v1/markets");
  expect(markets).toMatchObject([
    { name: "BTC-PERP", tickSize: "0.1", lotSize: "0.001", unit: "0.0001", state: "open" },
  ]);
});

test("the book, the trade and the fills of one auction say the same", async () => {
  const depth = await house.json(`/v1/markets/${market}/depth`);
  expect(depth["data"]).toMatchObject({
    bids: [
      [600_000, 300, 1],
      [590_000, 10, 1],
    ],
    asks: [[610_000, 20, 1]],
  });
  const { trades } = await house.json(`/v1/markets/${market}/trades`);
  expect(trades).toMatchObject([
    { priceTicks: 600_000, lots: 200, takerBuyLots: 200, takerSellLots: 200, liquidatedLots: 0 },
  ]);
  const { fills } = await house.json("/v1/accounts/3/fills");
  expect(fills).toMatchObject([{ isBuy: false, lots: 200, priceTicks: 600_000, fee: "6" }]);
});

test("an account's proof leads to the root that is shown for its batch", async () => {
  const proof = schemas.proofSchema.parse(await house.json("/v1/proofs/accounts/2")) as Proof;
  const bytes = (text = ""): Uint8Array => fromHex(text) ?? new Uint8Array();
  const { index, count, leaf, siblings, parts, root } = proof;
  const accounts = rootOfProof({
    index,
    count,
    leaf: bytes(leaf),
    siblings: siblings.map(bytes),
  });
  expect(accounts).toEqual(bytes(parts["accounts"]));
  expect(house.trees.root).toEqual(bytes(root));
});

interface Proof {
  readonly index: number;
  readonly count: number;
  readonly leaf: string;
  readonly siblings: readonly string[];
  readonly root: string;
  readonly parts: Readonly<Record<string, string>>;
}

test("a list goes out once as it was signed, is followed by its digest or id, and filled", async () => {
  const before = house.submitted.length;
  const signed = house.sign("alice", [limit(true, 610_000, 20)]);
  const response = await house.post(signed);
  const { digest, id, ...list } = (await response.json()) as Record<string, unknown>;
  expect(response.status).toBe(202);
  expect(list).toMatchObject({ state: "submitted", account: 2, batch: null });
  expect((await house.post(signed)).status).toBe(202);
  expect(house.submitted).toHaveLength(before + 1);
  house.run();
  for (const name of [digest, id]) {
    const told = await house.json(`/v1/actions/${String(name)}`);
    expect(schemas.listSchema.safeParse(told).error).toBeUndefined();
    expect(told).toMatchObject({ state: "executed", actions: [{ filledLots: 20 }] });
  }
});

test("a list may be JSON as well, under the names of what is signed", async () => {
  const { list, signature } = house.sign("bob", [
    limit(false, 620_000, 5, { guard: { market, op: 1, priceTicks: 1, maxAgeMs: 60_000 } }),
    { type: "cancel", market, orderNonce: 0 },
  ]);
  const body = JSON.stringify(
    { ...list, signature: hexJson(signature), relayer: undefined },
    (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
  );
  const headers = { "content-type": "application/json" };
  const response = await house.ask("/v1/actions", { method: "POST", body, headers });
  expect(response.status).toBe(202);
  house.run();
  const { digest } = (await response.json()) as { digest: string };
  expect(await house.json(`/v1/actions/${digest}`)).toMatchObject({
    state: "executed",
    actions: [{ result: "accepted", restingLots: 5 }, { result: "accepted" }],
  });
});

test("every kind of action has its JSON, and reaches the engine as it was signed", async () => {
  const order = limit(true, 580_000, 1);
  const session = { type: "authorize", key: 4, address: ownerOf("session"), scopes: 3 } as const;
  const signed = house.sign("alice", [
    { type: "replace", orderNonce: 1, order },
    { type: "transfer", to: 3, quanta: 10n ** 12n },
    { type: "withdraw", tokenAmount: 1_000_000n, to: ownerOf("alice") },
    { ...session, markets: [market], expiryMs: 9e12, maxNotional: 10n ** 18n },
  ]);
  const body = JSON.stringify(
    { ...signed.list, signature: signed.signature },
    (_, value: unknown) =>
      value instanceof Uint8Array
        ? hexJson(value)
        : typeof value === "bigint"
          ? value.toString()
          : value,
  );
  const headers = { "content-type": "application/json" };
  const response = await house.ask("/v1/actions", { method: "POST", body, headers });
  expect(response.status).toBe(202);
  expect(house.submitted.at(-1)).toEqual(encodeActions(signed));
  house.run();
  const { digest } = (await response.json()) as { digest: string };
  expect(await house.json(`/v1/actions/${digest}`)).toMatchObject({
    state: "executed",
    actions: [
      { result: "refused", reason: "CANCELLED" },
      { result: "accepted" },
      { result: "accepted" },
      { result: "accepted" },
    ],
  });
  const { data } = await house.json("/v1/accounts/2");
  expect(data).toMatchObject({
    keys: [
      { key: 0 },
      { key: 4, scopes: ["trade", "cancel"], markets: [market], maxNotional: "1000000" },
    ],
  });
  expect((await house.ask("/v1/proofs/withdrawals/0")).status).toBe(200);
});

test("what a batch would refuse is refused at once, with its code, and not sent", async () => {
  const before = house.submitted.length;
  const used = house.sign("alice", []).list.nonce - 1;
  const cases = [
    [{ account: 77 }, "NO_ACCOUNT", 422],
    [{ account: accountIds["bob"] ?? 0 }, "BAD_SIGNER", 422],
    [{ key: 3 }, "BAD_SIGNER", 422],
    [{ validUntilMs: 1 }, "EXPIRED", 422],
    [{ nonce: 1 }, "NONCE_USED", 422],
    [{ nonce: used + 2 ** 30 }, "NONCE_USED", 422],
  ] as const;
  for (const [changes, code, status] of cases) {
    const response = await house.post(house.sign("alice", [], changes));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      status,
      code,
    ]);
  }
  const { list } = house.sign("alice", []);
  const unsigned = await house.post({ list, signature: new Uint8Array(65) });
  expect(await unsigned.json()).toMatchObject({ code: "BAD_SIGNATURE", status: 422 });
  expect(house.submitted).toHaveLength(before);
});

test("when the sequencer does not take a list, the answer says so, and it may be sent again", async () => {
  const signed = house.sign("alice", []);
  house.failure = new CodedError("OVERLOADED", "try later");
  const refused = await house.post(signed);
  house.failure = undefined;
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: "NOT_SUBMITTED" });
  expect((await house.post(signed)).status).toBe(202);
});

test("an account sends as many lists as it may, and another is not held up by it", async () => {
  const strict = await House.open({ limits: { listsPerSecond: 0.001, listsBurst: 2 } });
  const codes = async (name: string): Promise<number> =>
    (await strict.post(strict.sign(name, []))).status;
  expect([await codes("alice"), await codes("alice"), await codes("alice")]).toEqual([
    202, 202, 429,
  ]);
  expect(await codes("bob")).toBe(202);
  await strict.close();
});

const refusals = [
  ["/v1/nothing", 404, "UNKNOWN_ROUTE"],
  ["/v1/markets/8/depth", 404, "UNKNOWN_MARKET"],
  ["/v1/markets/8/funding", 404, "UNKNOWN_MARKET"],
  ["/v1/markets/x/depth", 400, "BAD_PARAMETER"],
  ["/v1/markets/7/depth?levels=0", 400, "BAD_PARAMETER"],
  ["/v1/markets/7/depth?levels=101", 400, "BAD_PARAMETER"],
  ["/v1/markets/7/depth?levels=5&levels=6", 400, "BAD_PARAMETER"],
  ["/v1/markets/7/depth?level=5", 400, "UNKNOWN_PARAMETER"],
  ["/v1/markets/7/candles?span=2m", 400, "BAD_PARAMETER"],
  ["/v1/markets/7/trades?limit=1e2", 400, "BAD_PARAMETER"],
  ["/v1/status?x=1", 400, "UNKNOWN_PARAMETER"],
  ["/v1/accounts", 400, "BAD_PARAMETER"],
  ["/v1/accounts?owner=0x12", 400, "BAD_PARAMETER"],
  ["/v1/accounts/99", 404, "UNKNOWN_ACCOUNT"],
  ["/v1/accounts/99/orders", 404, "UNKNOWN_ACCOUNT"],
  ["/v1/accounts/-1", 400, "BAD_PARAMETER"],
  ["/v1/roots/99", 404, "UNKNOWN_ROOT"],
  ["/v1/proofs/accounts/99", 404, "UNKNOWN_ACCOUNT"],
  ["/v1/proofs/withdrawals/9", 404, "UNKNOWN_WITHDRAWAL"],
  [`/v1/actions/${"0".repeat(64)}`, 404, "UNKNOWN_LIST"],
  ["/v1/actions/0x12", 400, "BAD_PARAMETER"],
  ["/v1/stream", 426, "UPGRADE_REQUIRED"],
] as const;

test.each(refusals)("%s is answered with %i %s", async (path, status, code) => {
  const response = await house.ask(path);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    status,
    code,
  ]);
});

test("whatever is posted is answered with a problem, and never with the node's own failure", async () => {
  const headers = { "content-type": "application/json" };
  const post = async (body: string | Uint8Array, type: string): Promise<number> => {
    const init = { method: "POST", body, headers: { "content-type": type } };
    return (await house.ask("/v1/actions", init)).status;
  };
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.uint8Array({ maxLength: 300 }), async (value, bytes) => {
      expect(await post(JSON.stringify(value), headers["content-type"])).toBe(400);
      expect(await post(bytes, "application/octet-stream")).toBe(400);
    }),
    { numRuns: 50 },
  );
  expect(await post("{", headers["content-type"])).toBe(400);
  expect(await post("x", "text/plain")).toBe(415);
  expect(await post(new Uint8Array(70_000), "application/octet-stream")).toBe(413);
  expect(house.logged).toEqual([]);
});

test("one connection asks no faster than it may", async () => {
  const strict = await House.open({ limits: { requestsPerSecond: 1, requestsBurst: 3 } });
  const statuses: number[] = [];
  for (let at = 0; at < 12; at++) statuses.push((await strict.ask("/healthz")).status);
  expect(statuses).toContain(429);
  await strict.close();
});

test("any page may ask, and what a signature has to name is told", async () => {
  const response = await house.ask("/v1/domain", { headers: { origin: "https://example.org" } });
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(await response.json()).toEqual({ ...domain, settlement: hexJson(domain.settlement) });
});

test("the description names every route, and of each what it may be asked", async () => {
  const { paths } = (await house.json("/openapi.json")) as { paths: Record<string, never> };
  const shown = Object.keys(paths);
  for (const [path] of answers) {
    const [route = ""] = path.replace(/\/\d+/, "/{x}").split("?");
    expect(
      shown.some((each) => each.replace(/\{\w+\}/, "{x}") === route),
      route,
    ).toBe(true);
  }
  expect(JSON.stringify(paths["/v1/actions"])).toContain("orderNonce");
});
