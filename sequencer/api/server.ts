// The client interface of a node: HTTP and WebSocket on one port, described at /openapi.json.

import type { Socket as TcpSocket } from "node:net";
import cors from "@fastify/cors";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { CodedError, type Logger, type Metrics } from "../../base/index.ts";
import type { Gateway } from "./gateway.ts";
import { type ApiLimits, defaultApiLimits, RateLimiter } from "./limits.ts";
import { type ParametersSchema, readParameters } from "./parameters.ts";
import { problemType, refusal, toProblem } from "./problem.ts";
import { addRoutes } from "./routes.ts";
import { closeCodes, Openings } from "./stream.ts";

export interface ApiOptions {
  readonly gateway: Gateway;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly logger: Logger;
  /** The metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
  /** Where requests are counted. */
  readonly metrics?: Metrics;
  readonly limits?: Partial<ApiLimits>;
}

export interface Api {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Refuses new requests, ends the streams, and waits for what is under way. */
  close(): Promise<void>;
}

/** Listens when it resolves. Throws `CodedError` LISTEN_FAILED when it cannot. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { gateway, logger, metricsText, host, port } = options;
  const limits = { ...defaultApiLimits, ...options.limits };
  const openings = new Openings(gateway);
  const app = createApp(logger, limits);
  if (options.metrics !== undefined) countRequests(app, options.metrics);
  await addPlugins(app);
  await app.register((scope: FastifyInstance) =>
    addRoutes(scope, { gateway, openings, logger, limits, metricsText }),
  );
  try {
    const url = await app.listen({ host, port });
    return {
      url,
      async close() {
        openings.close();
        await app.close();
      },
    };
  } catch (cause) {
    openings.close();
    throw new CodedError("LISTEN_FAILED", `cannot listen on ${host}:${port}`, { cause });
  }
}

function createApp(logger: Logger, limits: ApiLimits): FastifyInstance {
  const answer = (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    const problem = toProblem(error);
    if (problem.status >= 500) logger.error("request failed", { error });
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
  // The schemas describe; parameters.ts reads. Bodies are read by their routes.
  app.setValidatorCompiler<ParametersSchema>(({ schema, httpPart }) => (data: unknown) => {
    if (httpPart !== "params" && httpPart !== "querystring") return { value: data };
    return { value: readParameters(schema, data as Readonly<Record<string, unknown>>) };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  readBodies(app);
  limitRate(app, limits);
  return app;
}

/** By route and not by path: what a client chose to ask for is no label. */
function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    metrics.count("api_requests_total", { route, status: String(reply.statusCode) });
    metrics.observe("api_request_seconds", reply.elapsedTime / 1_000, { route });
    done();
  });
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
        title: "Conclave",
        description: "Submit sealed transactions, follow a namespace, and check both.",
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

function limitRate(app: FastifyInstance, limits: ApiLimits): void {
  const limiter = new RateLimiter(limits);
  app.addHook("onRequest", (request, reply, done) => {
    if (limiter.mayRequest(request.raw.socket)) return done();
    void reply.header("retry-after", "1");
    done(
      refusal(
        "RATE_LIMITED",
        `this connection may make ${limits.requestsPerSecond} requests a second`,
      ),
    );
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
