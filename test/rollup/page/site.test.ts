import { expect, test } from "vitest";
import { buildSite } from "../../../rollup/page/index.ts";
import { House } from "../api/house.ts";

test("the page's modules import only each other, and no type is left in them", () => {
  const site = buildSite();
  const modules = [...site].filter(([path]) => /\.(?:js|ts)$/.test(path));
  expect(modules.length).toBeGreaterThan(50);
  for (const [path, { body }] of modules) {
    const code = Buffer.from(body).toString();
    expect(code, path).not.toMatch(/^\s*(?:interface|export interface|import type)\s/m);
    const imports = [...code.matchAll(/^(?:import|export)[^;]*?from\s*["']([^"']+)["']/gms)];
    for (const [, name = ""] of imports) {
      const target = new URL(name, `http://node${path}`).pathname;
      expect(site.has(target), `${path} imports ${name}`).toBe(true);
    }
  }
  // What runs a node is not for browsers.
  const paths = modules.map(([path]) => path).join(" ");
  expect(paths).not.toMatch(/assets\/(?:sequencer|rollup\/(?:api|engine|node|state))/);
});

test("the page comes with a policy, is asked for again only when it changed, and nothing else is served", async () => {
  const house = await House.open();
  const page = await house.ask("/");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain("modulepreload");
  const headers = { "if-none-match": page.headers.get("etag") ?? "" };
  expect((await house.ask("/", { headers })).status).toBe(304);
  const paths = [
    "package.json",
    "rollup/node/main.ts",
    "..%2fpackage.json",
    "%2e%2e/setup.mjs",
    "",
  ];
  for (const path of paths) expect((await house.ask(`/assets/${path}`)).status, path).toBe(404);
  await house.close();
});
