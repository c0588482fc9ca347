// What the client's commands share: how they are told of a network, how they answer, and how they end.

import { readFile } from "node:fs/promises";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CodedError, fromHex, toHex } from "../base/index.ts";
import { fromGenesisJson, type Genesis } from "../protocol/index.ts";
import { type ClientOptions, ConclaveClient } from "../sdk/index.ts";

/** Exit codes, as those of the whole program: 0 done, 1 it failed, 2 it was asked wrongly. */
const failed = 1;
const misused = 2;
const helpHint = "(--help shows what there is)";

/** Runs the command that `define` describes on this process' arguments. */
export async function runCommand(
  name: string,
  define: (command: Command) => Command,
): Promise<void> {
  await run(
    define(new Command(`conclave ${name}`))
      .option("--json", "print JSON")
      .showHelpAfterError(helpHint)
      .exitOverride(),
  );
}

/** The same of several commands under one name, each of which `define` adds; they take --json by themselves. */
export async function runCommands(
  name: string,
  define: (group: Command) => Command,
): Promise<void> {
  // First, since commands take these over when they are added.
  await run(define(new Command(`conclave ${name}`).showHelpAfterError(helpHint).exitOverride()));
}

async function run(command: Command): Promise<void> {
  // Who reads us may have had enough, as `head` has: that is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : misused;
    else {
      process.exitCode = failed;
      showError(error, process.argv.includes("--json"));
    }
  }
}

/** The options by which a command is told which nodes to ask and what to believe. */
export function withNetwork(command: Command): Command {
  return withNodes(command)
    .addOption(
      new Option("--genesis <file>", "the genesis file, which is all that is trusted").env(
        "CONCLAVE_GENESIS",
      ),
    )
    .option("--genesis-hash <hash>", "or its hash; the file is then asked for", hash);
}

export function withNodes(command: Command): Command {
  return command.addOption(
    new Option("--node <url...>", "nodes' client interfaces; several by commas in the variable")
      .env("CONCLAVE_NODES")
      .default(["http://127.0.0.1:8080"]),
  );
}

export interface NetworkOptions {
  readonly node: readonly string[];
  readonly genesis?: string;
  readonly genesisHash?: Uint8Array;
}

export function endpointsOf({ node }: Pick<NetworkOptions, "node">): readonly string[] {
  return node.flatMap((urls) => urls.split(","));
}

/** Throws `CodedError` GENESIS_MISSING unless something is trusted: what a node says of itself proves nothing. */
export async function connect(options: NetworkOptions): Promise<ConclaveClient> {
  const endpoints = endpointsOf(options);
  return new ConclaveClient({ endpoints, genesis: await trusted(options) });
}

async function trusted({
  genesis,
  genesisHash,
}: NetworkOptions): Promise<ClientOptions["genesis"]> {
  if (genesisHash !== undefined) return { hash: genesisHash };
  if (genesis === undefined)
    throw new CodedError(
      "GENESIS_MISSING",
      "name the network with --genesis FILE or --genesis-hash HASH: what nodes say of themselves proves nothing",
    );
  return readGenesis(genesis);
}

/** Throws `CodedError` FILE_UNREADABLE or BAD_GENESIS. */
export async function readGenesis(path: string): Promise<Genesis> {
  return fromGenesisJson(await readJson(path));
}

/** Throws `CodedError` FILE_UNREADABLE. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new CodedError("FILE_UNREADABLE", `${path} cannot be read as JSON`, { cause });
  }
}

/** An integer of the protocol. */
export function natural(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be an integer from 0.");
}

/** 32 bytes of hex. */
export function hash(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes?.length === 32) return bytes;
  throw new InvalidArgumentError("It must be 0x and 64 hex digits.");
}

export function hex(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

/** One answer: a line of JSON, or lines for people. */
export function show(value: object, options: { readonly json?: boolean }): void {
  const text =
    options.json === true
      ? toJson(value)
      : Object.entries(value)
          .map(
            ([name, each]) => `${name.padEnd(12)}  ${isPlain(each) ? String(each) : toJson(each)}`,
          )
          .join("\n");
  process.stdout.write(`${text}\n`);
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** Bytes as hex, and amounts as text: they may be beyond what JSON's readers count. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint") return String(each);
    return each instanceof Uint8Array ? hex(each) : each;
  });
}

function showError(error: unknown, json: boolean): void {
  const code = error instanceof CodedError ? error.code : "INTERNAL";
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof CodedError ? error.details : {};
  const more = Object.keys(details).length === 0 ? "" : `\n  ${toJson(details)}`;
  process.stderr.write(
    json
      ? `${toJson({ error: { code, message, details } })}\n`
      : `conclave: ${message} (${code})${more}\n`,
  );
}
