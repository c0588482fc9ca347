// docs/trading-api.md is what traders build on: it names what there is.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { statusOf } from "../../../rollup/api/problem.ts";
import { closeCodes } from "../../../rollup/api/stream.ts";
import { House } from "./house.ts";

const text = readFileSync("docs/trading-api.md", "utf8");

test("every error code stands in the document beside its status", () => {
  const rows = text.split("\n").filter((line) => /^\| 4|^\| 5/.test(line));
  // What is the node's own failure is not described.
  const { INTERNAL: _, ...codes } = statusOf;
  for (const [code, status] of Object.entries(codes)) {
    const row = rows.find((each) => each.includes(`\`${code}\``));
    expect(row?.split("|")[1], code).toContain(String(status));
  }
  for (const code of Object.values(closeCodes)) expect(text).toContain(`| ${code} |`);
});

test("every route stands in the document", async () => {
  const house = await House.open();
  const { paths } = (await house.json("/openapi.json")) as { paths: Record<string, unknown> };
  await house.close();
  expect(Object.keys(paths).length).toBeGreaterThan(15);
  for (const path of Object.keys(paths)) {
    const route = path.replaceAll(/\{(\w+)\}/g, ":$1");
    const short = route.replace("/v1/accounts/:account", "");
    const isThere = text.includes(route) || text.includes(`\`${short}\``);
    expect(isThere, route).toBe(true);
  }
});
