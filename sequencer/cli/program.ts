// The program `conclave`. Exit codes: 0 done, 1 it failed, 2 it was asked wrongly.

import { Command, CommanderError } from "commander";
import type { Actions } from "./actions.ts";
import { addGenesisCommands } from "./genesis-commands.ts";
import { addKeyCommands } from "./key-commands.ts";
import { addNodeCommands } from "./node-commands.ts";
import { showError, type Streams } from "./output.ts";
import { addSafetyCommands } from "./safety-commands.ts";

const failed = 1;
const misused = 2;

/** Runs one command line, without the program's name, to its end; answers the exit code. */
export async function runProgram(
  actions: Actions,
  args: readonly string[],
  streams: Streams,
): Promise<number> {
  try {
    await createProgram(actions, streams).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused;
    showError(streams, error, { json: args.includes("--json") });
    return failed;
  }
}

function createProgram(actions: Actions, streams: Streams): Command {
  const program = configure(new Command("conclave"), streams)
    .description("A decentralized shared sequencer: its keys, its genesis, its nodes, its clients.")
    .version(actions.version, "--version", "print the version")
    .addHelpText("after", "\nExit codes: 0 done, 1 it failed, 2 it was asked wrongly.")
    .executableDir(actions.clientFolder);
  const group = (name: string, what: string): Command =>
    configure(program.command(name), streams).description(what);

  addGenesisCommands(group("genesis", "make the keys and the genesis file of a network"), {
    actions,
    streams,
  });
  addNodeCommands(
    { node: group("node", "run a validator"), config: group("config", "look at a configuration") },
    { actions, streams },
  );
  addKeyCommands(group("keys", "make, list and move keystores (EIP-2335)"), { actions, streams });
  addSafetyCommands(group("safety", "what a key has signed, and moving it to another machine"), {
    actions,
    streams,
  });
  // Programs of their own, because they stand on the SDK alone, as any customer's would.
  program.command("submit", "seal a transaction and submit it", { executableFile: "submit.ts" });
  program.command("follow", "print a namespace's transactions", { executableFile: "follow.ts" });
  program.command("status", "show how a node or transaction is", { executableFile: "status.ts" });
  program.command("evidence", "show what proves that validators lied", {
    executableFile: "evidence.ts",
  });
  program.command("validator", "stake on the L1, and leave", { executableFile: "validator.ts" });
  program.command("rollup", "subscribe on the L1, and pay", { executableFile: "rollup.ts" });
  return program;
}

/** Groups inherit this for the commands that are made after it. */
function configure(command: Command, streams: Streams): Command {
  return command
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride((error) => {
      // A client's program has ended, and its exit code is ours; nobody is left to throw to.
      if (error.code === "commander.executeSubCommandAsync") process.exit(error.exitCode);
      throw error;
    });
}
