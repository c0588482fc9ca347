// The trading page beside the API that it uses, so that one address is enough for a trader.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Asset, buildSite, pagePolicy } from "../page/index.ts";
import { refusal } from "./problem.ts";

export function addPage(app: FastifyInstance): void {
  // Made when somebody asks: a node that serves programs alone never does.
  let site: ReadonlyMap<string, Asset> | undefined;
  const serve = (request: FastifyRequest, reply: FastifyReply): void => {
    site ??= buildSite();
    const [path = ""] = request.url.split("?");
    const asset = site.get(path);
    if (asset === undefined) throw refusal("UNKNOWN_ROUTE", "the page has no such file");
    void reply.headers({
      "content-type": asset.type,
      "cache-control": "no-cache",
      "content-security-policy": pagePolicy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      etag: asset.etag,
      vary: "accept-encoding",
    });
    if (request.headers["if-none-match"] === asset.etag) return void reply.code(304).send();
    const mayZip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    if (mayZip) void reply.header("content-encoding", "gzip");
    void reply.send(mayZip ? asset.gzip : asset.body);
  };
  for (const path of ["/", "/assets/*"]) app.get(path, { schema: { hide: true } }, serve);
}
