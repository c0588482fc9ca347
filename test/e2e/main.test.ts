import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hre from "hardhat";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../../deploy/devnet/until.ts";
import { type RunningProgram, startProgram } from "../deploy/program.ts";

const minutes = 60_000;
const program = join(import.meta.dirname, "main.ts");

let data: string;

beforeAll(async () => {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
}, 5 * minutes);

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "chaos-"));
});

afterEach(() => {
  rmSync(data, { recursive: true });
});

function start(...args: readonly string[]): RunningProgram {
  return startProgram(program, ["--data", data, ...args]);
}

/** Command lines that name a file of this run. */
function ownProcesses(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(data));
}

test.each(["SIGINT", "SIGKILL"] as const)(
  "a run that is ended by %s in the midst of a scene leaves no process and no disk behind",
  { timeout: 4 * minutes },
  async (signal) => {
    const { child, output } = start("--minutes", "1");
    const isUnderWay = (): boolean => output().includes("scene 1 of");
    if (!(await until(isUnderWay, { timeoutMs: 3 * minutes }))) throw new Error(output());
    expect(ownProcesses().length).toBeGreaterThan(4);
    const ended = once(child, "close");
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    const isGone = (): boolean => ownProcesses().length === 0;
    expect(await until(isGone, { timeoutMs: minutes }), ownProcesses().join("\n")).toBe(true);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(data);
    if (signal === "SIGKILL") return;
    expect(code).toBe(1);
    expect(output()).toContain("again: npm run e2e:chaos -- --validators 4 --seed 1 --minutes 1");
  },
);
