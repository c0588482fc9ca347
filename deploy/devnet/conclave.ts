import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { CodedError } from "../../base/index.ts";

/** The program that runs a validator, as an operator starts it. */
export function conclave(root: string, ...args: readonly string[]): readonly string[] {
  return [join(root, "sequencer", "main.ts"), ...args];
}

/** Runs one command of it to its end. Throws `CodedError` COMMAND_FAILED with what it said. */
export async function runConclave(root: string, ...args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, conclave(root, ...args));
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : "";
    const command = `conclave ${args.slice(0, 2).join(" ")}`;
    throw new CodedError("COMMAND_FAILED", `${command} failed:\n${said.trim()}`, { cause });
  }
}
