import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { CodedError, fromHex, type Genesis } from "../../sdk/index.ts";
import { badOption, natural, readGenesis, readJson, required } from "../arguments.ts";
import { fromSpecJson, type RollupSpec } from "./spec.ts";

export const usage = `A node of a derivatives rollup: all of its state, derived from ordered batches and from nothing else.

  node rollup/node/main.ts run --genesis FILE --spec FILE --endpoints URL,URL --data FOLDER
    Follows the rollup and executes it, until SIGTERM; goes on where it was stopped.

  node rollup/node/main.ts audit --genesis FILE --spec FILE --endpoints URL,URL
    Recomputes the rollup's root from public data alone, and keeps nothing.
    [--batch N]              after this batch; without it, after the last one there is
    [--root HEX]             fails unless it is this root
    [--node URL]             fails unless the API of this node says the same

Both take
    --genesis FILE           the sequencer's network, which is all that is trusted
    --spec FILE              the rollup: its contracts, reporters and first settings
    --endpoints URL,URL      nodes of the sequencer, of which any may lie
    [--threads N]            that recover signatures (one a core); 0 for none beside the main one
    [--json]                 one JSON object a line
`;

interface Common {
  readonly genesis: Genesis;
  readonly spec: RollupSpec;
  readonly endpoints: readonly string[];
  readonly threads: number;
  readonly json: boolean;
}

export interface RunOptions extends Common {
  readonly command: "run";
  readonly data: string;
}

export interface AuditOptions extends Common {
  readonly command: "audit";
  readonly batch: number | undefined;
  /** 32 bytes. */
  readonly root: Uint8Array | undefined;
  /** Of another rollup node's API. */
  readonly node: string | undefined;
}

/** Throws `CodedError` BAD_OPTION, BAD_GENESIS or BAD_SPEC; undefined when it was asked for help. */
export function readNodeOptions(args: readonly string[]): RunOptions | AuditOptions | undefined {
  const [command, ...rest] = args;
  if (command === undefined || args.includes("--help")) return undefined;
  if (command === "run") return readRun(rest);
  if (command === "audit") return readAudit(rest);
  throw new CodedError("BAD_OPTION", `there is no command ${command}: it is run or audit`);
}

const common = {
  genesis: { type: "string" },
  spec: { type: "string" },
  endpoints: { type: "string" },
  threads: { type: "string", default: String(availableParallelism()) },
  json: { type: "boolean", default: false },
} as const;

function readRun(args: string[]): RunOptions {
  const values = parse(() => parseArgs({ args, options: { ...common, data: { type: "string" } } }));
  return { command: "run", ...readCommon(values), data: required("--data", values.data) };
}

function readAudit(args: string[]): AuditOptions {
  const text = { type: "string" } as const;
  const values = parse(() =>
    parseArgs({ args, options: { ...common, batch: text, root: text, node: text } }),
  );
  const root = values.root === undefined ? undefined : fromHex(values.root);
  if (values.root !== undefined && root?.length !== 32)
    throw badOption("--root", "a root, 32 bytes of hex");
  if (values.node !== undefined && !URL.canParse(values.node))
    throw badOption("--node", "a URL such as http://127.0.0.1:8080");
  const batch =
    values.batch === undefined
      ? undefined
      : natural("--batch", values.batch, Number.MAX_SAFE_INTEGER);
  return { command: "audit", ...readCommon(values), batch, root, node: values.node };
}

interface CommonValues {
  readonly genesis?: string;
  readonly spec?: string;
  readonly endpoints?: string;
  readonly threads: string;
  readonly json: boolean;
}

function readCommon({ genesis, spec, endpoints, threads, json }: CommonValues): Common {
  return {
    genesis: readGenesis(required("--genesis", genesis)),
    spec: fromSpecJson(readJson("--spec", required("--spec", spec))),
    endpoints: required("--endpoints", endpoints).split(","),
    threads: natural("--threads", threads, 64),
    json,
  };
}

function parse<T>(read: () => { readonly values: T }): T {
  try {
    return read().values;
  } catch (cause) {
    throw new CodedError("BAD_OPTION", (cause as Error).message, { cause });
  }
}
