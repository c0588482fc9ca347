import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../../deploy/devnet/until.ts";
import { type RunningProgram, startProgram } from "./program.ts";

const minutes = 60_000;
const program = join(import.meta.dirname, "..", "..", "deploy", "devnet", "main.ts");

let data: string;

beforeAll(async () => {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
}, 5 * minutes);

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "devnet-"));
});

afterEach(() => {
  rmSync(data, { recursive: true });
});

function start(...args: readonly string[]): RunningProgram {
  return startProgram(program, ["--data", data, ...args]);
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

test(
  "a devnet that is interrupted stops everything and leaves nothing behind",
  { timeout: 6 * minutes },
  async () => {
    const { child, output } = start("--rate", "0");
    const isUp = (): boolean => output().includes("Ctrl-C stops everything");
    if (!(await until(isUp, { timeoutMs: 5 * minutes }))) throw new Error(output());
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+(?=\/openapi)/.exec(output()) ?? [];
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    child.kill("SIGINT");
    expect(await codeOf(child)).toBe(0);
    await expect(fetch(`${url}/readyz`)).rejects.toThrow("fetch failed");
    expect(readdirSync(data)).toEqual([]);
  },
);
