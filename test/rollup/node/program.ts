// The rollup's node as an operator starts it: a process, and the lines that it prints.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Line {
  readonly type: string;
  readonly height: number;
  readonly batches: number;
  readonly root: string;
  readonly [name: string]: unknown;
}

export interface Program {
  readonly process: ChildProcess;
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly errors: Promise<string>;
  /** The next line, and undefined after the last. */
  next(): Promise<Line | undefined>;
  /** The next line of this type that comes; throws when there is none. */
  until(type: string, isIt?: (line: Line) => boolean): Promise<Line>;
}

/** @param file Of the program, from the root of the repository. */
export function startProgram(file: string, ...args: readonly string[]): Program {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<number | null>((resolve) => void child.once("close", resolve));
  let errors = "";
  child.stderr.on("data", (data: Buffer) => void (errors += data.toString()));
  const next = async (): Promise<Line | undefined> => {
    const { value, done } = await lines.next();
    return done === true ? undefined : (JSON.parse(value) as Line);
  };
  return {
    process: child,
    exited,
    errors: exited.then(() => errors),
    next,
    async until(type, isIt = () => true) {
      for (;;) {
        const line = await next();
        if (line === undefined) throw new Error(`it has ended: ${await exited} ${errors}`);
        if (line.type === type && isIt(line)) return line;
      }
    },
  };
}
