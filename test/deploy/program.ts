import { type ChildProcess, spawn } from "node:child_process";

export interface RunningProgram {
  readonly child: ChildProcess;
  /** What it has said by now, on both of its outputs. */
  readonly output: () => string;
}

/** A program of this repository as a process of its own. */
export function startProgram(path: string, args: readonly string[]): RunningProgram {
  const child = spawn(process.execPath, [path, ...args]);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}
