// The traders' interface of a rollup's node: HTTP and WebSocket on one port, described at /openapi.json, and a page.

import type { Socket as TcpSocket } from "node:net";
import cors from "@fastify/cors";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { CodedError, hexJson } from "../../sdk/index.ts";
import type { RollupDomain } from "../intents.ts";
import type { RollupSource } from "../node/index.ts";
import { inlineSigners, type Signers } from "../signatures/index.ts";
import { type ApiLimits, ConnectionRates, defaultApiLimits, RateLimit } from "./limits.ts";
import { MarketData } from "./market-data.ts";
import type { MarketName } from "./market-feed.ts";
import { OrderEntry, type Submit } from "./order-entry.ts";
import { addPage } from "./page-routes.ts";
import { problemType, refusal, toProblem } from "./problem.ts";
import { addRoutes, type Trees } from "./routes.ts";
import { closeCodes, Streams } from "./stream.ts";

export interface ApiLogger {
  error(phrase: string, data?: Record<string, unknown>): void;
}

export interface ApiOptions {
  readonly source: RollupSource;
  readonly submit: Submit;
  /** 0 for any that is free. */
  readonly port: number;
  readonly host: string;
  /** Where signatures hold. */
  readonly domain: RollupDomain;
  readonly logger: ApiLogger;
  /** Without them there are no proofs. */
  readonly trees?: Trees;
  /** How markets are called; the state knows their numbers only. */
  readonly names?: readonly MarketName[];
  /** Threads that recover signatures; without them it is done on this one. */
  readonly signers?: Pick<Signers, "recover">;
  readonly limits?: Partial<ApiLimits>;
}

export interface Api {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Refuses new requests, ends the streams, and waits for what is under way. */
  close(): Promise<void>;
}

/** Listens when it resolves. Throws `CodedError` LISTEN_FAILED when it cannot. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { source, submit, domain, logger, host, port, trees } = options;
  const limits = { ...defaultApiLimits, ...options.limits };
  const data = new MarketData(source, options.names);
  const streams = new Streams(data, limits);
  const signers = options.signers ?? inlineSigners(domain);
  const orders = new OrderEntry({
    data,
    domain,
    submit,
    limits,
    signers,
  });
  const app = createApp(logger, limits);
  await addPlugins(app);
  const shown = { ...domain, settlement: hexJson(domain.settlement) };
  addPage(app);
  await app.register((scope: FastifyInstance) =>
    addRoutes(scope, { data, streams, limits, orders, trees, domain: shown }),
  );
  const unsubscribe = source.subscribe((executed) => {
    try {
      data.apply(executed);
      streams.onBatch();
    } catch (error) {
      // The rollup goes on: who watches it is told to begin again.
      logger.error("market data failed", { error });
      data.restart();
      streams.fail();
    }
  });
  const stop = (): void => {
    unsubscribe();
    streams.close();
  };
  try {
    const url = await app.listen({ host, port });
    return {
      url,
      async close() {
        stop();
        await app.close();
      },
    };
  } catch (cause) {
    stop();
    throw new CodedError("LISTEN_FAILED", `cannot listen on ${host}:${port}`, { cause });
  }
}

function createApp(logger: ApiLogger, limits: ApiLimits): FastifyInstance {
  const answer = (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem.code === "INTERNAL")
      logger.error("request failed", { error });
    void reply.code(problem.status).type(problemType).send(problem);
  };
  const app = fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 10_000,
    keepAliveTimeout: 72_000,
    frameworkErrors: answer,
    clientErrorHandler,
  });
  app.server.maxConnections = limits.connectionsMax;
  app.setErrorHandler(answer);
  app.setNotFoundHandler(() => {
    throw refusal("UNKNOWN_ROUTE", "there is nothing here; /openapi.json says what there is");
  });
  // The schemas that are shown are made of those by which the routes read. Only what a route does not read is refused here:
  // a misspelt option that is silently ignored is worse than an error.
  app.setValidatorCompiler<ShownSchema>(({ schema, httpPart }) => (value: unknown) => {
    if (httpPart === "querystring" && !areKnown(schema, value as object))
      throw refusal("UNKNOWN_PARAMETER", "a parameter that is not known here; see /openapi.json");
    return { value };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  readBodies(app);
  const rates = new ConnectionRates(new RateLimit(limits.requestsPerSecond, limits.requestsBurst));
  app.addHook("onRequest", (request, reply, done) => {
    if (rates.mayTake(request.raw.socket)) return done();
    void reply.header("retry-after", "1");
    const { requestsPerSecond } = limits;
    done(
      refusal("RATE_LIMITED", `this connection may make ${requestsPerSecond} requests a second`),
    );
  });
  return app;
}

interface ShownSchema {
  readonly properties?: object;
}

function areKnown({ properties = {} }: ShownSchema, query: object): boolean {
  return Object.keys(query).every((name) => Object.hasOwn(properties, name));
}

async function addPlugins(app: FastifyInstance): Promise<void> {
  // Nothing here is secret or bound to a cookie, so any page may ask.
  await app.register(cors, { origin: "*", methods: ["GET", "POST"], maxAge: 86_400 });
  await app.register(websocket, {
    options: { maxPayload: 1_024, perMessageDeflate: false },
    preClose(done) {
      const { clients } = app.websocketServer;
      for (const socket of clients) socket.close(closeCodes.goingAway, "GOING_AWAY");
      const timer = setTimeout(() => clients.forEach((socket) => socket.terminate()), goingAwayMs);
      app.websocketServer.close(() => {
        clearTimeout(timer);
        done();
      });
    },
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Conclave perpetuals",
        description: "Markets, accounts and orders of the rollup, and a stream of all of it.",
        version: "1",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
    },
  });
}

/** How long streams have to say goodbye when the node stops. */
const goingAwayMs = 1_000;

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/octet-stream",
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(refusal("MALFORMED_REQUEST", "the body is not JSON"));
    }
  });
}

/** Bytes that are not HTTP never become a request, so that the answer has to be written by hand. */
function clientErrorHandler(error: Error & { code?: string }, socket: TcpSocket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const problem = toProblem({ ...failureOf(error.code) });
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      "connection: close",
      `content-type: ${problemType}`,
      `content-length: ${body.length}`,
      "",
      body,
    ].join("\r\n"),
  );
}

function failureOf(code: string | undefined): { statusCode: number; message: string } {
  if (code === "HPE_HEADER_OVERFLOW")
    return { statusCode: 431, message: "the header is too large" };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return { statusCode: 408, message: "the request took too long to arrive" };
  return { statusCode: 400, message: "the request is not HTTP" };
}
