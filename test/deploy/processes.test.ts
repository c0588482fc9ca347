import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Processes } from "../../deploy/devnet/processes.ts";
import { until } from "../../deploy/devnet/until.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "processes-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const forever = "setInterval(() => undefined, 1000)";

function node(name: string, script: string): { name: string; file: string; args: string[] } {
  return { name, file: process.execPath, args: ["-e", script] };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a process that ends by itself is reported with the end of its log", async () => {
  const processes = new Processes(folder);
  await processes.start(node("sick", "console.log('it hurts'); process.exitCode = 3"));
  await expect(processes.failed).rejects.toMatchObject({
    code: "PROCESS_ENDED",
    message: expect.stringMatching(/sick ended by itself \(code 3\)[\s\S]*it hurts/) as string,
  });
});

test("a process that is stopped is not reported, and may be started again with the same log", async () => {
  const processes = new Processes(folder);
  const talk = node("talker", `console.log("here"); ${forever}`);
  const hasSaid = (times: number): Promise<boolean> =>
    until(
      () =>
        existsSync(join(folder, "talker.log")) &&
        readFileSync(join(folder, "talker.log"), "utf8").split("here").length > times,
      { timeoutMs: 5_000 },
    );
  const first = await processes.start(talk);
  expect(await hasSaid(1)).toBe(true);
  await first.stop("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");
  await processes.start(talk);
  expect(await hasSaid(2)).toBe(true);
  await processes.stopAll();
  expect(
    await Promise.race([processes.failed.catch(() => "failed"), Promise.resolve("well")]),
  ).toBe("well");
});

test("once all are stopped, none is started any more", async () => {
  const processes = new Processes(folder);
  await processes.start(node("first", forever));
  await processes.stopAll();
  await expect(processes.start(node("second", forever))).rejects.toMatchObject({
    code: "PROCESS_NOT_STARTED",
  });
});

test("who stands still is stopped as well, and whose end is expected is not reported", async () => {
  const processes = new Processes(folder);
  const still = await processes.start(node("still", forever));
  still.pause();
  await still.stop("SIGTERM");
  expect(await still.ended).toBe("SIGTERM");
  const brief = await processes.start(node("brief", "process.exitCode = 3"));
  brief.mayEnd();
  expect(await brief.ended).toBe("code 3");
  const outcome = processes.failed.catch(() => "failed");
  expect(await Promise.race([outcome, Promise.resolve("well")])).toBe("well");
});

test("a file that is no program is refused with its name", async () => {
  const processes = new Processes(folder);
  const request = { name: "nothing", file: "/nowhere/nothing", args: [] };
  await expect(processes.start(request)).rejects.toMatchObject({
    code: "PROCESS_NOT_STARTED",
    message: expect.stringContaining("/nowhere/nothing") as string,
  });
});

test("lines of standard output are handed over one by one", async () => {
  const processes = new Processes(folder);
  const lines: string[] = [];
  const script = `console.log("one"); console.log("two"); ${forever}`;
  await processes.start({ ...node("lines", script), onLine: (line) => lines.push(line) });
  await until(() => lines.length === 2, { timeoutMs: 5_000 });
  expect(lines).toEqual(["one", "two"]);
  await processes.stopAll();
});

test("nothing outlives the devnet, even when the devnet is killed", async () => {
  const script = `
    import { Processes } from ${JSON.stringify(join(import.meta.dirname, "../../deploy/devnet/processes.ts"))};
    const processes = new Processes(${JSON.stringify(folder)});
    const { pid } = await processes.start(${JSON.stringify(node("orphan", forever))});
    console.log(pid);
    setInterval(() => undefined, 1000);
  `;
  const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
  const orphan = Number(chunk.toString());
  expect(isAlive(orphan)).toBe(true);
  parent.kill("SIGKILL");
  const isGone = await until(() => !isAlive(orphan), {
    timeoutMs: 5_000,
  });
  expect(isGone).toBe(true);
});
