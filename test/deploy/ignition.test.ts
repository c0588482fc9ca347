// The deployment of a network as an operator runs it, killed in the middle and run again.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { nobleBls, nobleNetworkSignatures } from "../../crypto/index.ts";
import { Epoch, toCommitteeJson } from "../../protocol/index.ts";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { connectL1, startL1 } from "../../deploy/devnet/l1.ts";
import { freePorts } from "../../deploy/devnet/ports.ts";
import { Processes } from "../../deploy/devnet/processes.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "deploy-"));
const processes = new Processes(join(folder, "logs"));
const deployments = join(root, "deploy", "ignition", "deployments");
const ids = ["whole", "killed"].map((name) => `test-${process.pid}-${name}`);
const deployer = devAccount(0);

beforeAll(async () => {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const members = [1, 2, 3, 4].map((seed) => {
    const secret = new Uint8Array(32).fill(seed);
    return {
      publicKey: nobleBls.publicKey(secret),
      networkKey: nobleNetworkSignatures.publicKey(secret),
      verificationKey: new Uint8Array(96),
    };
  });
  const committee = toCommitteeJson({ epoch: Epoch(0), members, sealing: undefined });
  writeFileSync(join(folder, "committee.json"), JSON.stringify(committee));
  const spans = { epoch: 86_400, firstEpoch: 86_400, unbonding: 1_814_400 };
  writeFileSync(join(folder, "parameters.json"), JSON.stringify({ stakeMin: 100, ...spans }));
});

afterAll(async () => {
  await processes.stopAll();
  for (const id of ids) rmSync(join(deployments, id), { recursive: true, force: true });
  rmSync(folder, { recursive: true });
});

test("a deployment that is killed in the middle goes on, and ends as one that was not", async () => {
  const [whole = "", killed = ""] = ids;
  const [one, other] = [await newL1("one"), await newL1("other")];
  expect(await ended(start(one, whole))).toBe(0);

  const journal = join(deployments, killed, "journal.jsonl");
  const first = start(other, killed);
  // Sent, and not yet known to be included.
  const isHubSent = (): boolean =>
    existsSync(journal) &&
    /"Conclave#Hub"[^\n]*TRANSACTION_SEND/.test(readFileSync(journal, "utf8"));
  await vi.waitUntil(isHubSent, { timeout: 120_000, interval: 5 });
  first.kill("SIGKILL");
  await ended(first);
  expect(readFileSync(journal, "utf8")).not.toContain('"Conclave#Bundle"');
  expect(existsSync(outOf(killed))).toBe(false);

  expect(await ended(start(other, killed))).toBe(0);
  const addresses = JSON.parse(readFileSync(outOf(killed), "utf8")) as Record<string, string>;
  expect(Object.keys(addresses).toSorted()).toEqual([
    "bundle",
    "hub",
    "l1Start",
    "rollups",
    "token",
  ]);
  const wanted = JSON.parse(readFileSync(outOf(whole), "utf8")) as Record<string, string>;
  expect({ ...addresses, l1Start: 0 }).toEqual({ ...wanted, l1Start: 0 });
  const [a, b] = [connectL1(one), connectL1(other)];
  for (const name of ["token", "hub", "rollups", "bundle"] as const) {
    const code = await b.getCode(addresses[name] ?? "");
    expect(code.length).toBeGreaterThan(100);
    if (name !== "hub") expect(code).toBe(await a.getCode(wanted[name] ?? ""));
  }
  // Each once.
  expect(await b.getTransactionCount(deployer.address)).toBe(4);

  expect(await ended(start(other, killed))).toBe(0);
  expect(await b.getTransactionCount(deployer.address)).toBe(4);
  a.destroy();
  b.destroy();
});

async function newL1(name: string): Promise<string> {
  const [port = 0] = await freePorts(1);
  const own = mkdtempSync(join(folder, `${name}-`));
  return (await startL1(processes, { root, folder: own, port })).url;
}

function outOf(id: string): string {
  return join(folder, `${id}.json`);
}

/** A process group of its own, so that what is killed is all of it. */
function start(rpcUrl: string, id: string): ChildProcess {
  const files = ["--committee", join(folder, "committee.json"), "--out", outOf(id)];
  const rest = ["--parameters", join(folder, "parameters.json"), "--deployment-id", id];
  const env = { ...process.env, CONCLAVE_L1_RPC_URL: rpcUrl, CONCLAVE_L1_KEY: deployer.privateKey };
  const args = [join(root, "deploy", "main.ts"), ...files, ...rest];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: "ignore", detached: true });
  const kill = child.kill.bind(child);
  child.kill = (signal) => {
    if (child.pid === undefined) return kill(signal);
    return process.kill(-child.pid, signal);
  };
  return child;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}
