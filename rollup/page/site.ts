// The files of the trading page, ready to be served: the page's own modules and all that they import, with the types taken
// out and nothing else changed. What is not reached from the page's entry is not there, whatever path is asked for.

import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { extname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { CodedError, sha256, toHex } from "../../sdk/index.ts";

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array;
  readonly gzip: Uint8Array;
  readonly etag: string;
}

/** What the page may do: run its own code, and speak with the node it came from. */
export const pagePolicy: string =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const root = fileURLToPath(new URL("../../", import.meta.url));
const browser = fileURLToPath(new URL("./browser/", import.meta.url));
const prefix = "/assets/";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ts": "text/javascript; charset=utf-8",
};

/** By path. Throws `CodedError` BAD_PAGE when a module of it is missing. */
export function buildSite(): ReadonlyMap<string, Asset> {
  const modules = collectModules(resolve(browser, "main.ts"));
  const site = new Map<string, Asset>();
  for (const [file, code] of modules) site.set(pathOf(file), toAsset(file, code));
  for (const name of ["page.css", "icon.svg"])
    site.set(`${prefix}${name}`, toAsset(name, readFileSync(resolve(browser, name), "utf8")));
  const page = readFileSync(resolve(browser, "index.html"), "utf8");
  site.set(
    "/",
    toAsset("index.html", page.replace("<!-- modules -->", linksTo([...modules.keys()]))),
  );
  return site;
}

/** All of them at once: a browser that finds them one by one waits for each level of the imports. */
function linksTo(files: readonly string[]): string {
  const [entry = "", ...others] = files.map(pathOf);
  const preloads = others.map((path) => `<link rel="modulepreload" href="${path}" />`);
  return [...preloads, `<script type="module" src="${entry}"></script>`].join("\n    ");
}

/** The code of the entry and of everything that it imports, the entry first. */
function collectModules(entry: string): Map<string, string> {
  const modules = new Map<string, string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (modules.has(file)) continue;
    const imported: string[] = [];
    modules.set(file, rewriteImports(readModule(file), file, imported));
    waiting.push(...imported);
  }
  return modules;
}

function readModule(file: string): string {
  try {
    const code = readFileSync(file, "utf8");
    return extname(file) === ".ts" ? stripTypeScriptTypes(code) : code;
  } catch (cause) {
    throw new CodedError("BAD_PAGE", `the page cannot have ${relative(root, file)}`, { cause });
  }
}

const specifier = /((?:\bfrom|\bimport)\s*)["']([^"'\n]+)["']/g;

/** Imports of the project stay as they are; those of packages become paths, as a browser knows no packages. */
function rewriteImports(code: string, file: string, imported: string[]): string {
  return code.replace(specifier, (whole: string, before: string, name: string) => {
    const isRelative = name.startsWith(".");
    if (!isRelative && !name.startsWith("@noble/")) return whole;
    const target = isRelative ? resolve(file, "..", name) : createRequire(file).resolve(name);
    imported.push(target);
    return isRelative ? whole : `${before}"${pathOf(target)}"`;
  });
}

function pathOf(file: string): string {
  return `${prefix}${relative(root, file).replaceAll("\\", "/")}`;
}

function toAsset(name: string, text: string): Asset {
  const body = Buffer.from(text);
  return {
    type: types[extname(name)] ?? "application/octet-stream",
    body,
    gzip: gzipSync(body),
    etag: `"${toHex(sha256(body)).slice(0, 32)}"`,
  };
}
