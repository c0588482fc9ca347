// Set-up as a user meets it: the real script in a folder of its own, with an npm that installs stubs.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** Does what it is told by the file `npm-mood` in the project, and writes down what it was asked. */
const stubNpm = `
const { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const project = dirname(__dirname);
const [verb, what] = process.argv.slice(2);
const write = (path, text) => { mkdirSync(dirname(path), { recursive: true }); writeFileSync(path, text); };
const mood = existsSync(join(project, "npm-mood")) ? readFileSync(join(project, "npm-mood"), "utf8") : "";
const wantsNode = verb === "ci" && Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies)[0].startsWith("node-");
appendFileSync(join(project, "npm-log"), (wantsNode ? "node" : verb === "run" ? what : verb) + "\\n");
if (wantsNode) {
  const bin = join("node_modules", Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies)[0], "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, "node"));
} else if (mood === "offline") {
  console.error("npm error code ENOTFOUND");
  process.exit(1);
} else if (verb === "ci") {
  write("node_modules/zod/package.json", "{}");
  // Longer than the test, and not for ever: it outlives the set-up that is killed.
  if (mood === "hang") { setTimeout(() => process.exit(1), 5000); return; }
  const names = ["@chainsafe/blst", "classic-level", "mcl-wasm", "@nomicfoundation/edr", "secp256k1"];
  for (const name of names) {
    write(join("node_modules", name, "package.json"), "{}");
    write(join("node_modules", name, "index.js"), "");
    write(join("node_modules", name, "bindings.js"), "");
  }
  const packages = Object.fromEntries([...names, "zod"].map((name) => ["node_modules/" + name, {}]));
  write("node_modules/.package-lock.json", JSON.stringify({ packages }));
} else if (what === "build") {
  write(join(project, "artifacts/contracts/Hub.json"), "{}");
}
`;

// Each set-up is a process, and a busy machine takes seconds to start one.
vi.setConfig({ testTimeout: 90_000 });

let project: string;
let children: ChildProcess[];

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "conclave-setup-"));
  children = [];
  copyFileSync("setup.mjs", join(project, "setup.mjs"));
  write("package.json", JSON.stringify({ dependencies: { zod: "1.0.0" } }));
  write("package-lock.json", "{}");
  write("contracts/Hub.sol", "contract Hub {}");
  write("npm/npm-cli.js", stubNpm);
});

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(project, { recursive: true, force: true });
});

test("a fresh clone gets Node, then its packages, then its contracts, and no set-up after it does anything", async () => {
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(asked()).toEqual(["node", "ci", "build"]);
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(asked()).toHaveLength(3);
});

test("a changed lock file installs the packages again, and a changed source builds the contracts again", async () => {
  await setUp();
  write("package-lock.json", '{ "lockfileVersion": 3 }');
  await setUp();
  expect(asked().slice(3)).toEqual(["ci", "build"]);
  write("contracts/Hub.sol", "contract Hub { uint256 public number; }");
  await setUp();
  expect(asked().slice(5)).toEqual(["build"]);
});

test.each([
  ["node_modules that npm made without us", () => remove("node_modules/.stamp.json")],
  ["a damaged stamp", () => write("node_modules/.stamp.json", "{")],
  ["a stamp of another lock file", () => write("node_modules/.stamp.json", '{"lock":"00"}')],
  ["a lost package", () => remove("node_modules/zod")],
  ["a damaged list of packages", () => write("node_modules/.package-lock.json", "[")],
  ["a lost compiled file", () => remove("node_modules/classic-level/index.js")],
  ["a compiled file that does not load", () => write("node_modules/mcl-wasm/index.js", "throw 1")],
])("%s is noticed and mended", async (_, damage) => {
  await setUp();
  damage();
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(asked().slice(3)).toEqual(["ci"]);
  await setUp();
  expect(asked()).toHaveLength(4);
});

test("a lost Node and lost artifacts come back", async () => {
  await setUp();
  remove(".node");
  remove("artifacts");
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(asked().slice(3)).toContain("build");
  expect(existsSync(join(project, "artifacts/contracts/Hub.json"))).toBe(true);
});

test("a set-up killed in the middle leaves the old packages in place, and the next one finishes", async () => {
  await setUp();
  write("package-lock.json", '{ "lockfileVersion": 3 }');
  write("npm-mood", "hang");
  const killed = start([]);
  await until(() => asked().length === 4);
  killed.kill("SIGKILL");
  await once(killed, "close");
  expect(existsSync(join(project, "node_modules/secp256k1/package.json"))).toBe(true);

  write("npm-mood", "");
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(asked().slice(4)).toEqual(["ci", "build"]);
});

test("of two set-ups at once one works and the other waits for it", async () => {
  const ends = await Promise.all([setUp(), setUp()]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(asked()).toEqual(["node", "ci", "build"]);
});

test("without a network it says so, and what worked before still does", async () => {
  await setUp();
  const stamp = read("node_modules/.stamp.json");
  write("package-lock.json", '{ "lockfileVersion": 3 }');
  write("npm-mood", "offline");
  const { code, output } = await setUp();
  expect(code).toBe(1);
  expect(output).toContain("registry cannot be reached");
  expect(read("node_modules/.stamp.json")).toBe(stamp);
});

test("what is run has its arguments, its signals and its exit code", async () => {
  await setUp();
  write(
    "main.ts",
    `const code: number = 7;
     process.on("SIGTERM", () => process.exit(code));
     console.log("up", process.argv.slice(2).join(" "));
     setInterval(() => {}, 1000);`,
  );
  const child = start(["run", "main.ts", "--smoke", "2"]);
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes("up --smoke 2"));
  child.kill("SIGTERM");
  expect((await once(child, "close"))[0]).toBe(7);
});

test("an unknown verb is a usage error and touches nothing", async () => {
  const { code, output } = await setUp("install");
  expect(code).toBe(1);
  expect(output).toContain("usage:");
  expect(asked()).toEqual([]);
});

function start(args: readonly string[]): ChildProcess {
  const environment = { ...process.env, npm_execpath: join(project, "npm/npm-cli.js") };
  const child = spawn(process.execPath, ["setup.mjs", ...args], { cwd: project, env: environment });
  children.push(child);
  return child;
}

async function setUp(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = start(args);
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

/** What npm was asked to do, in order. */
function asked(): readonly string[] {
  appendFileSync(join(project, "npm-log"), "");
  return read("npm-log").split("\n").slice(0, -1);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function read(path: string): string {
  return readFileSync(join(project, path), "utf8");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

function remove(path: string): void {
  rmSync(join(project, path), { recursive: true, force: true });
}
