// The routes. Each reads what it is asked, looks it up in the data, and shows it; nothing waits but the sending of lists.

import type { FastifyInstance, FastifySchema } from "fastify";
import { z } from "zod";
import { fromHex, hexJson, toHex } from "../../sdk/index.ts";
import type { Account } from "../engine/index.ts";
import { decodeActions } from "../intent-codec.ts";
import type { SignedActionList } from "../intents.ts";
import { viewAccount, viewOrders } from "./account-feed.ts";
import type { ApiLimits } from "./limits.ts";
import { listBody } from "./list-body.ts";
import type { MarketData } from "./market-data.ts";
import type { MarketFeed } from "./market-feed.ts";
import type { OrderEntry } from "./order-entry.ts";
import { problemType, refusal } from "./problem.ts";
import * as schemas from "./schemas.ts";
import type { Streams } from "./stream.ts";

/** Proofs of what stands in the state, as `rollup/state` makes them. */
export interface Trees {
  readonly accounts: ProvingTree;
  readonly outbox: ProvingTree;
  /** What the root is the hash of. */
  parts(): object;
  readonly root: Uint8Array;
}

interface ProvingTree {
  readonly count: number;
  leaf(index: number): Uint8Array;
  prove(index: number): readonly Uint8Array[];
}

export interface RoutePorts {
  readonly data: MarketData;
  readonly streams: Streams;
  readonly limits: ApiLimits;
  readonly orders: OrderEntry;
  readonly trees: Trees | undefined;
  /** What a signature has to name. */
  readonly domain: object;
}

/** Above it no list is as long. */
export const listBytesMax: number = 64 * 1_024;

export function addRoutes(app: FastifyInstance, ports: RoutePorts): void {
  addMarkets(app, ports);
  addAccounts(app, ports);
  addActions(app, ports);
  addProofs(app, ports);
  addOperations(app, ports);
}

function addMarkets(app: FastifyInstance, { data }: RoutePorts): void {
  const feedOf = (params: unknown): MarketFeed => {
    const { market } = read(schemas.marketParams, params);
    const feed = data.market(market);
    if (feed === undefined) throw refusal("UNKNOWN_MARKET", "there is no market of this number");
    return feed;
  };

  app.get(
    "/v1/markets",
    { schema: describe("All markets", schemas.page("markets", schemas.marketSchema)) },
    () => ({ seq: data.seq, markets: data.markets() }),
  );
  app.get(
    "/v1/markets/:market/depth",
    {
      schema: describe("What rests in the book, by price", schemas.whole(schemas.depthSchema), {
        params: schemas.marketParams,
        query: schemas.depthQuery,
      }),
    },
    ({ params, query }) => {
      const { levels } = read(schemas.depthQuery, query);
      return { seq: data.seq, data: feedOf(params).depth(levels) };
    },
  );
  app.get(
    "/v1/markets/:market/trades",
    {
      schema: describe("The last auctions", schemas.page("trades", schemas.tradeSchema), {
        params: schemas.marketParams,
        query: schemas.tradesQuery,
      }),
    },
    ({ params, query }) => {
      const { limit } = read(schemas.tradesQuery, query);
      return { seq: data.seq, trades: feedOf(params).trades(limit) };
    },
  );
  app.get(
    "/v1/markets/:market/candles",
    {
      schema: describe("Prices by spans of time", schemas.page("candles", schemas.candleSchema), {
        params: schemas.marketParams,
        query: schemas.candlesQuery,
      }),
    },
    ({ params, query }) => {
      const { span, limit } = read(schemas.candlesQuery, query);
      return { seq: data.seq, candles: feedOf(params).candles(span, limit) };
    },
  );
  app.get(
    "/v1/markets/:market/funding",
    {
      schema: describe("What is paid next, and was", schemas.whole(schemas.fundingSchema), {
        params: schemas.marketParams,
      }),
    },
    ({ params }) => ({ seq: data.seq, data: data.funding(feedOf(params).id) }),
  );
  app.get(
    "/v1/liquidations",
    {
      schema: describe(
        "Liquidations, takeovers and deleveragings",
        schemas.page("liquidations", schemas.liquidationSchema),
        { query: schemas.liquidationsQuery },
      ),
    },
    ({ query }) => {
      const { limit } = read(schemas.liquidationsQuery, query);
      return { seq: data.seq, liquidations: data.liquidations(limit) };
    },
  );
}

function addAccounts(app: FastifyInstance, { data }: RoutePorts): void {
  const accountOf = (params: unknown): Account => {
    const account = data.account(read(schemas.accountParams, params).account);
    if (account === undefined)
      throw refusal("UNKNOWN_ACCOUNT", "there is no account of this number");
    return account;
  };

  app.get(
    "/v1/accounts",
    {
      schema: describe(
        "An owner's accounts, at most 100 of them",
        schemas.page("accounts", schemas.accountSchema),
        { query: schemas.ownerQuery },
      ),
    },
    ({ query }) => {
      const { owner, subId } = read(schemas.ownerQuery, query);
      const own = data
        .accountsOf(fromHex(owner) ?? new Uint8Array(20))
        .filter((account) => subId === undefined || account.subId === subId)
        .slice(0, accountsShown);
      return { seq: data.seq, accounts: own.map((each) => viewAccount(data.reading, each)) };
    },
  );
  app.get(
    "/v1/accounts/:account",
    {
      schema: describe("An account", schemas.whole(schemas.accountSchema), {
        params: schemas.accountParams,
      }),
    },
    ({ params }) => ({ seq: data.seq, data: viewAccount(data.reading, accountOf(params)) }),
  );
  app.get(
    "/v1/accounts/:account/positions",
    {
      schema: describe("Its positions", schemas.page("positions", schemas.positionSchema), {
        params: schemas.accountParams,
      }),
    },
    ({ params }) => {
      const { positions } = viewAccount(data.reading, accountOf(params));
      return { seq: data.seq, positions };
    },
  );
  app.get(
    "/v1/accounts/:account/orders",
    {
      schema: describe("Its open orders", schemas.page("orders", schemas.orderSchema), {
        params: schemas.accountParams,
      }),
    },
    ({ params }) => ({ seq: data.seq, orders: viewOrders(accountOf(params)) }),
  );
  app.get(
    "/v1/accounts/:account/fills",
    {
      schema: describe("Its last fills", schemas.page("fills", schemas.fillSchema), {
        params: schemas.accountParams,
        query: schemas.fillsQuery,
      }),
    },
    ({ params, query }) => {
      const { limit } = read(schemas.fillsQuery, query);
      return { seq: data.seq, fills: data.accounts.fills(accountOf(params).id, limit) };
    },
  );
}

const accountsShown = 100;

function addActions(app: FastifyInstance, { data, orders }: RoutePorts): void {
  app.post(
    "/v1/actions",
    {
      bodyLimit: listBytesMax,
      schema: {
        ...describe("Send a signed list of actions", schemas.listSchema),
        body: {
          content: {
            "application/octet-stream": { schema: { type: "string", format: "binary" } },
            "application/json": { schema: toJsonSchema(listBody) },
          },
        },
      },
    },
    async ({ body }, reply) => reply.code(202).send(await orders.take(toList(body))),
  );
  app.get(
    "/v1/actions/:id",
    {
      schema: describe("What became of a list", schemas.listSchema, { params: schemas.listParams }),
    },
    ({ params }) => {
      const { id } = read(schemas.listParams, params);
      const name = toHex(fromHex(id) ?? new Uint8Array());
      const list = data.lists.find(name, data.state.globals.timeMs);
      if (list === undefined)
        throw refusal("UNKNOWN_LIST", "this node knows of no such list, or has forgotten it");
      return list;
    },
  );
}

function toList(body: unknown): SignedActionList {
  if (!(body instanceof Uint8Array)) return read(listBody, body, "MALFORMED_LIST");
  // Of its own: what Node reads is a part of something larger.
  const list = decodeActions(new Uint8Array(body));
  if (list === undefined) throw refusal("MALFORMED_LIST", "the body is no encoding of a list");
  return list;
}

function addProofs(app: FastifyInstance, { data, trees }: RoutePorts): void {
  app.get(
    "/v1/roots/:batch",
    {
      schema: describe("The state's root after a batch", schemas.rootSchema, {
        params: schemas.batchParams,
      }),
    },
    ({ params }) => {
      const root = data.root(read(schemas.batchParams, params).batch);
      if (root === undefined)
        throw refusal("UNKNOWN_ROOT", "this node did not execute the batch, or long ago");
      return root;
    },
  );

  const prove = (
    tree: "accounts" | "outbox",
    index: number,
    what: "UNKNOWN_ACCOUNT" | "UNKNOWN_WITHDRAWAL",
  ): object => {
    if (trees === undefined) throw refusal("NO_PROOFS", "this node keeps no trees");
    const { count } = trees[tree];
    if (index >= count) throw refusal(what, `there are ${count} of them`);
    return {
      index,
      count,
      leaf: hexJson(trees[tree].leaf(index)),
      siblings: trees[tree].prove(index).map(hexJson),
      root: hexJson(trees.root),
      parts: showParts(trees.parts()),
    };
  };
  app.get(
    "/v1/proofs/accounts/:account",
    {
      schema: describe("That an account stands in the last root", schemas.proofSchema, {
        params: schemas.accountParams,
      }),
    },
    ({ params }) =>
      prove("accounts", read(schemas.accountParams, params).account, "UNKNOWN_ACCOUNT"),
  );
  app.get(
    "/v1/proofs/withdrawals/:index",
    {
      schema: describe("That a withdrawal stands in the last root", schemas.proofSchema, {
        params: schemas.indexParams,
      }),
    },
    ({ params }) => prove("outbox", read(schemas.indexParams, params).index, "UNKNOWN_WITHDRAWAL"),
  );
}

function showParts(parts: object): object {
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]: [string, unknown]) => [
      name,
      part instanceof Uint8Array ? hexJson(part) : part,
    ]),
  );
}

function addOperations(app: FastifyInstance, { data, streams, limits, domain }: RoutePorts): void {
  app.get("/v1/status", { schema: describe("How the rollup is", schemas.statusSchema) }, () =>
    data.status(),
  );
  app.get("/v1/domain", { schema: describe("What a signature has to name") }, () => domain);
  app.get("/v1/limits", { schema: describe("What is bounded, and how") }, () => ({
    listBytesMax,
    ...limits,
  }));
  app.route({
    method: "GET",
    url: "/v1/stream",
    schema: {
      ...describe("Channels over a WebSocket"),
      response: { 101: { description: "Frames of JSON follow." }, default: problemContent },
    },
    handler: () => {
      throw refusal("UPGRADE_REQUIRED", "a stream needs a WebSocket");
    },
    wsHandler: (socket) => streams.accept(socket),
  });
  app.get("/healthz", { schema: describe("Whether the process works") }, () => ({ status: "ok" }));
  app.get("/openapi.json", { schema: { ...describe("This description"), hide: true } }, () =>
    app.swagger(),
  );
}

/** What was asked, by its schema. Throws a problem that names no more of it than the field. */
function read<T>(
  schema: z.ZodType<T>,
  given: unknown,
  code: "BAD_PARAMETER" | "MALFORMED_LIST" = "BAD_PARAMETER",
): T {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  if (issue?.code === "unrecognized_keys" && code === "BAD_PARAMETER")
    throw refusal("UNKNOWN_PARAMETER", "a parameter that is not known here; see /openapi.json");
  const where = (issue?.path ?? []).map(String).join(".");
  throw refusal(code, `${where === "" ? "the request" : where} is not as /openapi.json says`);
}

function describe(
  summary: string,
  answer?: z.ZodType,
  asked: { readonly params?: z.ZodType; readonly query?: z.ZodType } = {},
): FastifySchema {
  const content = answer === undefined ? { type: "object" } : toJsonSchema(answer, "output");
  return {
    summary,
    ...(asked.params && { params: toJsonSchema(asked.params) }),
    querystring: toJsonSchema(asked.query ?? schemas.noParams),
    response: { "2xx": { description: summary, ...content }, default: problemContent },
  };
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output" = "input"): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

const problemContent = {
  description: "What is wrong, with a stable code.",
  content: { [problemType]: { schema: toJsonSchema(schemas.problemSchema) } },
};
