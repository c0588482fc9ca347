// The processes of a devnet: each in a group and with a log of its own, none of them outliving the devnet.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CodedError } from "../../base/index.ts";

/** What to start. */
export interface ProcessRequest {
  /** Also the name of its log. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Lets the others go first where they want the same core. */
  readonly isPatient?: boolean;
  /** Takes its standard output line by line; without it that goes to the log as well. */
  readonly onLine?: (line: string) => void;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Resolves with how it ended, such as "code 1" or "SIGKILL". */
  readonly ended: Promise<string>;
  /** Sends the signal to its whole group, and waits for its end; what takes longer than `patienceMs` is killed. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Stands still, connections and all, until `resume`. */
  pause(): void;
  resume(): void;
  /** From here on it may end by itself, and nothing has failed when it does. */
  mayEnd(): void;
}

/** How long a process may take to stop in good order, ms. */
const patienceMs = 20_000;
const tailLines = 15;
const patientPriority = 5;

export class Processes {
  readonly #folder: string;
  readonly #running = new Map<string, RunningProcess>();
  readonly #reaper: ChildProcess;
  /** Those whose end is our wish. */
  readonly #stopping = new Set<RunningProcess>();
  #isOver = false;
  #fail: (error: CodedError) => void = () => undefined;
  /** Rejects, with the end of its log, when a process ends that nobody stopped. */
  readonly failed: Promise<never>;

  /** @param folder Where the logs go. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    // Groups of their own: an interrupt at the terminal is for us, and we stop the others in the right order.
    this.#reaper = spawn(process.execPath, [join(import.meta.dirname, "reaper.ts")], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#reaper.unref();
    this.#reaper.stdin?.on("error", () => undefined);
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever does not wait for it is not to die of it.
    this.failed.catch(() => undefined);
  }

  /** Throws `CodedError` PROCESS_NOT_STARTED. Started again under the same name it goes on with the same log. */
  async start(request: ProcessRequest): Promise<RunningProcess> {
    const { name, file, args, env = {}, isPatient = false, onLine } = request;
    if (this.#isOver)
      throw new CodedError("PROCESS_NOT_STARTED", `${name} is not started: all are being stopped`);
    const log = join(this.#folder, `${name}.log`);
    const output = openSync(log, "a");
    const child = spawn(file, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ["ignore", onLine === undefined ? output : "pipe", output],
    });
    const ended = endOf(child);
    closeSync(output);
    try {
      await once(child, "spawn");
    } catch (cause) {
      throw new CodedError("PROCESS_NOT_STARTED", `${name} cannot be started: ${file}`, { cause });
    }
    const pid = child.pid ?? 0;
    if (isPatient) stepBack(pid);
    this.#reaper.stdin?.write(`+${pid}\n`);
    if (child.stdout !== null && onLine !== undefined)
      createInterface({ input: child.stdout }).on("line", onLine);
    const running: RunningProcess = {
      name,
      pid,
      log,
      ended,
      stop: (signal) => this.#stop(running, signal),
      pause: () => sendTo(pid, "SIGSTOP"),
      resume: () => sendTo(pid, "SIGCONT"),
      mayEnd: () => void this.#stopping.add(running),
    };
    this.#running.set(name, running);
    void ended.then((how) => this.#onEnd(running, how));
    return running;
  }

  /** Stops those in good order whose names begin so, all at once; by default all of them, and none is started any more. */
  async stopAll(prefix = ""): Promise<void> {
    this.#isOver ||= prefix === "";
    const chosen = [...this.#running.values()].filter(({ name }) => name.startsWith(prefix));
    await Promise.all(chosen.map((each) => each.stop("SIGTERM")));
  }

  async #stop(running: RunningProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#stopping.add(running);
    sendTo(running.pid, signal);
    // Who stands still hears nothing.
    running.resume();
    const timer = setTimeout(() => sendTo(running.pid, "SIGKILL"), patienceMs);
    await running.ended;
    clearTimeout(timer);
  }

  #onEnd(running: RunningProcess, how: string): void {
    this.#reaper.stdin?.write(`-${running.pid}\n`);
    if (this.#running.get(running.name) === running) this.#running.delete(running.name);
    if (this.#stopping.delete(running)) return;
    const { name, log } = running;
    const said = tailOf(log);
    this.#fail(
      new CodedError(
        "PROCESS_ENDED",
        `${name} ended by itself (${how}); the end of ${log}:\n${said}`,
      ),
    );
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `code ${code}`));
  });
}

/** Lets other processes go first: about a third as much of a core as theirs, when all want it. */
function stepBack(pid: number): void {
  setPriority(pid, patientPriority);
  try {
    // Linux may share its cores among sessions before it looks at priorities, and each process here has its own session.
    writeFileSync(`/proc/${pid}/autogroup`, String(patientPriority));
  } catch {
    // It is another system, or does not.
  }
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function tailOf(path: string): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-tailLines).join("\n");
}
