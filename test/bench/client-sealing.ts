// What a client waits for: `sealTransaction` of the SDK as it is published, in Node and in a browser without a window.
// Elapsed time of single calls, since a browser tells nothing else; of many the one that only a tenth was faster than, since
// whatever else a machine does is in most of the others.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize, resolve } from "node:path";
import { nobleSealingGroup, type SealingGroup, sha256 } from "../../crypto/index.ts";
import { type Genesis, Height, Namespace, toGenesisJson } from "../../protocol/index.ts";
import { keySigner, sealTransaction, toNetwork } from "../../sdk/index.ts";
import { blstBls, createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { dealCommittee, makeGenesis } from "../../sequencer/genesis.ts";
import type { Figure } from "./harness.ts";

const payloadBytes = 300;
const warmups = 10;
const rounds = 40;
const browserPath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** How long a browser may take from its start to its answer, ms. */
const browserPatience = 60_000;

export async function benchClientSealing(seed: number): Promise<Figure[]> {
  const native = await createMclSealingGroup();
  const genesis = makeNetwork(native, seed);
  return [
    { name: "seal/node/ms", value: await inNode(genesis, nobleSealingGroup), unit: "ms" },
    { name: "seal/node-mcl/ms", value: await inNode(genesis, native), unit: "ms" },
    ...(await inBrowser(genesis)),
  ];
}

function makeNetwork(group: SealingGroup, seed: number): Genesis {
  const entropy = sha256(Uint8Array.of(seed));
  const { committee } = dealCommittee(group, { validators: 4, entropy });
  const contracts = { hub: new Uint8Array(20).fill(1), rollups: new Uint8Array(20).fill(2) };
  const source = { chainId: 31_337, contracts, l1Start: 1, committee, parameters: {} };
  return makeGenesis({ bls: blstBls, group }, source);
}

async function inNode(genesis: Genesis, group: SealingGroup): Promise<number> {
  const network = toNetwork(genesis);
  const signer = keySigner(sha256());
  const times: number[] = [];
  for (let nonce = 0; nonce < warmups + rounds; nonce++) {
    const envelope = { namespace: Namespace(1), nonce, expiry: Height(100), feeCap: 1 };
    const payload = new Uint8Array(payloadBytes);
    const before = performance.now();
    await sealTransaction({ network, envelope, payload, signer }, group);
    times.push(performance.now() - before);
  }
  return undisturbed(times.slice(warmups));
}

function undisturbed(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)] ?? Number.NaN;
}

interface Answer {
  readonly first: number;
  readonly times: readonly number[];
}

/** The plain output of the compiler, without a bundler, as an import map lets a browser load it. */
async function inBrowser(genesis: Genesis): Promise<Figure[]> {
  if (!existsSync(browserPath)) return [absent(`no browser at ${browserPath}`)];
  const folder = mkdtempSync(join(tmpdir(), "conclave-browser-"));
  const { promise, resolve: answer } = Promise.withResolvers<Answer>();
  const server = createServer((request, response) =>
    serve({ request, response }, { folder, genesis, answer }),
  );
  let browser: ChildProcess | undefined;
  try {
    const compiler = resolve("node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [compiler, "-p", "sdk", "--outDir", join(folder, "dist")]);
    browser = spawn(browserPath, browserFlags(folder, await listen(server)), { stdio: "ignore" });
    const ended = once(browser, "exit").then(() => "the browser ended without an answer");
    const late = new Promise<string>((done) => {
      setTimeout(() => done("the browser did not answer in time"), browserPatience).unref();
    });
    const outcome = await Promise.race([promise, ended, late]);
    if (typeof outcome === "string") return [absent(outcome)];
    return [
      { name: "seal/browser/ms", value: undisturbed(outcome.times), unit: "ms" },
      { name: "seal/browser-first/ms", value: outcome.first, unit: "ms" },
    ];
  } finally {
    await stop(browser);
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function absent(reason: string): Figure {
  return { name: "seal/browser/ms", value: undefined, unit: "ms", absent: reason };
}

function browserFlags(folder: string, port: number): string[] {
  return [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--user-data-dir=${join(folder, "profile")}`,
    `http://127.0.0.1:${port}/`,
  ];
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function stop(browser: ChildProcess | undefined): Promise<void> {
  if (browser === undefined || browser.exitCode !== null) return;
  browser.kill("SIGKILL");
  await once(browser, "exit");
}

function serve(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  site: { folder: string; genesis: Genesis; answer: (answer: Answer) => void },
): void {
  const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
  if (path === "/answer") {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      site.answer(JSON.parse(text) as Answer);
      response.end();
    });
    return;
  }
  if (path === "/")
    return void response
      .setHeader("content-type", "text/html")
      .end(pageFor(JSON.stringify(toGenesisJson(site.genesis))));
  const root = path.startsWith("/dist/") ? site.folder : resolve(".");
  const file = join(root, path);
  const isServed = /^\/(?:dist|node_modules\/@noble)\//.test(path) && extname(file) === ".js";
  if (!isServed || !existsSync(file)) return void response.writeHead(404).end();
  response.setHeader("content-type", "text/javascript").end(readFileSync(file));
}

function pageFor(genesis: string): string {
  return `<!doctype html>
<script type="importmap">
{"imports": {
  "@noble/ciphers/": "/node_modules/@noble/ciphers/",
  "@noble/curves/": "/node_modules/@noble/curves/",
  "@noble/hashes/": "/node_modules/@noble/hashes/"
}}
</script>
<script type="module">
import { fromGenesisJson, keySigner, sealTransaction, toNetwork } from "/dist/sdk/index.js";
const network = toNetwork(fromGenesisJson(${genesis}));
const signer = keySigner(new Uint8Array(32).fill(1));
const times = [];
for (let nonce = 0; nonce < ${warmups + rounds}; nonce++) {
  const envelope = { namespace: 1, nonce, expiry: 100, feeCap: 1 };
  const before = performance.now();
  await sealTransaction({ network, envelope, payload: new Uint8Array(${payloadBytes}), signer });
  times.push(performance.now() - before);
}
const answer = { first: times[0], times: times.slice(${warmups}) };
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
</script>`;
}
