// The routes. Each reads its parameters, asks the gateway one question, and shows the answer.

import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { CodedError, fromHex, type Logger } from "../../base/index.ts";
import {
  decodeTransaction,
  encodeEpochEnd,
  Epoch,
  Height,
  Namespace,
  type SealedTransaction,
  toGenesisJson,
  toReceiptJson,
  toStatusJson,
} from "../../protocol/index.ts";
import type { Gateway } from "./gateway.ts";
import { type ApiLimits, Gate, requestBytesMax } from "./limits.ts";
import { readPage } from "./pages.ts";
import {
  epochParameters,
  evidenceParameters,
  fromParameters,
  heightParameters,
  namespaceParameters,
  noParameters,
  type ParametersSchema,
  rangeParameters,
  transactionParameters,
} from "./parameters.ts";
import { problemType, refusal, toRefusedTransaction } from "./problem.ts";
import {
  anySchema,
  blockSchema,
  checkpointSchema,
  epochContent,
  evidenceSchema,
  feesSchema,
  healthSchema,
  pageContent,
  probeSchema,
  problemContent,
  receiptSchema,
  statusSchema,
  transactionBody,
} from "./schemas.ts";
import { closeCodes, type Openings, stream } from "./stream.ts";
import { viewBlock, viewCheckpoint, viewEvidence, viewHealth, viewLimits } from "./views.ts";

export interface RoutePorts {
  readonly gateway: Gateway;
  readonly openings: Openings;
  readonly logger: Logger;
  readonly limits: ApiLimits;
  /** The metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
}

export function addRoutes(app: FastifyInstance, ports: RoutePorts): void {
  addTransactions(app, ports);
  addNamespaces(app, ports);
  addChain(app, ports);
  addOperations(app, ports);
}

function addTransactions(app: FastifyInstance, { gateway, limits }: RoutePorts): void {
  const submissions = new Gate(limits.submissionsMax, "submissions");

  app.post(
    "/v1/transactions",
    {
      bodyLimit: requestBytesMax,
      schema: {
        ...describe("Submit a sealed transaction", receiptSchema),
        body: transactionBody,
      },
    },
    async (request, reply) => {
      const transaction = toTransaction(request.body);
      const leave = submissions.enter();
      try {
        return toReceiptJson(await gateway.submit(transaction));
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        const problem = toRefusedTransaction(error);
        return await reply.code(problem.status).type(problemType).send(problem);
      } finally {
        leave();
      }
    },
  );

  app.get<{ Params: { id: string } }>(
    "/v1/transactions/:id",
    { schema: describe("How far a transaction has come", statusSchema, transactionParameters) },
    async ({ params }) => {
      const status = await gateway.status(fromHex(params.id) ?? new Uint8Array());
      if (status === undefined)
        throw refusal("UNKNOWN_TRANSACTION", "this node knows of no transaction with this id");
      return toStatusJson(status);
    },
  );
}

function addNamespaces(app: FastifyInstance, ports: RoutePorts): void {
  const { gateway, limits } = ports;
  const streams = new Gate(limits.streamsMax, "streams");

  app.get<{ Params: { namespace: number }; Querystring: { from: number; limit: number } }>(
    "/v1/namespaces/:namespace/blocks",
    {
      schema: {
        ...describe("Opened blocks of a namespace", undefined, namespaceParameters),
        querystring: rangeParameters,
        response: { 200: pageContent, default: problemContent },
      },
    },
    async ({ params, query }, reply) => {
      const from = Height(query.from);
      const namespace = Namespace(params.namespace);
      const page = await readPage(gateway, { namespace, from, limit: query.limit });
      if (page === undefined) throw nothingAt(from, gateway);
      return reply.type("application/octet-stream").send(page.bytes);
    },
  );

  app.route<{ Params: { namespace: number }; Querystring: { from: number } }>({
    method: "GET",
    url: "/v1/namespaces/:namespace/stream",
    schema: {
      ...describe("The same over a WebSocket, as they are opened", undefined, namespaceParameters),
      querystring: fromParameters,
      response: { 101: { description: "Binary pages follow." }, default: problemContent },
    },
    handler: () => {
      throw refusal("UPGRADE_REQUIRED", "a stream needs a WebSocket; without one, ask for /blocks");
    },
    wsHandler: (socket, { params, query }) => {
      if (streams.isFull) return socket.close(closeCodes.busy, "BUSY");
      const leave = streams.enter();
      const request = { namespace: Namespace(params.namespace), from: Height(query.from) };
      void stream(socket, request, ports).finally(leave);
    },
  });
}

function addChain(app: FastifyInstance, { gateway }: RoutePorts): void {
  app.get<{ Params: { height: number } }>(
    "/v1/blocks/:height",
    { schema: describe("A final block", blockSchema, heightParameters) },
    async ({ params }) => {
      const block = await gateway.block(Height(params.height));
      if (block === undefined) throw nothingAt(Height(params.height), gateway);
      return viewBlock(block);
    },
  );

  app.get<{ Params: { epoch: number } }>(
    "/v1/epochs/:epoch",
    {
      schema: {
        ...describe("How an epoch ended, and who followed", undefined, epochParameters),
        response: { 200: epochContent, default: problemContent },
      },
    },
    async ({ params }, reply) => {
      const end = await gateway.epochEnd(Epoch(params.epoch));
      if (end === undefined)
        throw refusal("EPOCH_NOT_ENDED", "this node knows of no end of this epoch");
      return reply.type("application/octet-stream").send(encodeEpochEnd(end));
    },
  );

  app.get("/v1/fees", { schema: describe("What a byte costs next", feesSchema) }, () => {
    const fees = gateway.fees();
    if (fees === undefined)
      throw refusal("OVERLOADED", "the node is between two epochs: ask again");
    return fees;
  });

  app.get(
    "/v1/checkpoints/latest",
    { schema: describe("The newest checkpoint", checkpointSchema) },
    async () => {
      const checkpoint = await gateway.checkpoint();
      if (checkpoint === undefined)
        throw refusal("NO_CHECKPOINT", "the committee has signed no checkpoint yet");
      return viewCheckpoint(checkpoint);
    },
  );

  app.get<{ Querystring: { after: string; limit: number } }>(
    "/v1/evidence",
    {
      schema: {
        ...describe("What proves that validators lied", evidenceSchema),
        querystring: evidenceParameters,
      },
    },
    async ({ query }) => {
      const after = fromHex(query.after) ?? new Uint8Array();
      const found = await gateway.evidence(after, query.limit);
      return { evidence: found.map(viewEvidence) };
    },
  );

  app.get("/v1/genesis", { schema: describe("The genesis file", anySchema) }, () =>
    toGenesisJson(gateway.genesis),
  );
}

function addOperations(app: FastifyInstance, { gateway, limits, metricsText }: RoutePorts): void {
  app.get("/v1/limits", { schema: describe("What is bounded, and how", anySchema) }, () =>
    viewLimits(limits),
  );
  app.get("/v1/status", { schema: describe("How this node is", healthSchema) }, () =>
    viewHealth(gateway.health(), gateway.genesis),
  );

  const probe =
    (isWell: () => boolean) =>
    (_request: FastifyRequest, reply: FastifyReply): object => {
      const well = isWell();
      void reply.code(well ? 200 : 503);
      return { status: well ? "ok" : "failing" };
    };
  for (const path of ["/healthz", "/livez"])
    app.get(
      path,
      { schema: describe("Whether the process works", probeSchema) },
      probe(() => gateway.health().live),
    );
  app.get(
    "/readyz",
    { schema: describe("Whether it should be sent traffic", probeSchema) },
    probe(() => gateway.health().ready),
  );

  app.get("/metrics", { schema: { ...describe("Prometheus metrics"), hide: true } }, (_, reply) =>
    metricsText().then((text) => reply.type("text/plain; version=0.0.4; charset=utf-8").send(text)),
  );
  app.get("/openapi.json", { schema: { ...describe("This description"), hide: true } }, () =>
    app.swagger(),
  );
}

function describe(
  summary: string,
  answer: Readonly<Record<string, unknown>> = anySchema,
  params: ParametersSchema = noParameters,
): FastifySchema {
  return {
    summary,
    params,
    querystring: noParameters,
    response: { 200: { description: summary, ...answer }, default: problemContent },
  };
}

/** The body is bytes, or JSON that holds them as hex. */
function toTransaction(body: unknown): SealedTransaction {
  const bytes = body instanceof Uint8Array ? body : fromJson(body);
  const transaction = bytes && decodeTransaction(bytes);
  if (transaction === undefined)
    throw refusal("MALFORMED_TRANSACTION", "the body is not the encoding of one transaction");
  return transaction;
}

function fromJson(body: unknown): Uint8Array | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const [[name, value] = [], ...others] = Object.entries(body);
  const isAlone = name === "transaction" && others.length === 0;
  return isAlone && typeof value === "string" ? fromHex(value) : undefined;
}

/** Why there is nothing to show: never a reason to wait here. */
function nothingAt(height: Height, gateway: Gateway): CodedError {
  const { final, opened, oldest } = gateway.health();
  const details = { final, opened, oldest };
  return height < oldest
    ? refusal("PRUNED", `this node keeps the blocks from ${oldest} on`, details)
    : refusal("BEYOND_TIP", `this node has opened the blocks up to ${opened}`, details);
}
