import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { CodedError, fromHex, type Genesis, strictJson } from "../../sdk/index.ts";
import type { MarketName } from "../api/index.ts";
import { badOption, natural, readGenesis, readJson, required } from "../arguments.ts";
import { fromSpecJson, type RollupSpec } from "./spec.ts";

export const usage = `A node of a derivatives rollup: all of its state, derived from ordered batches and from nothing else.

  node rollup/node/main.ts run --genesis FILE --spec FILE --endpoints URL,URL --data FOLDER
    Follows the rollup and executes it, until SIGTERM; goes on where it was stopped.
    [--api-port N]           serves traders on this port; 0 for any that is free
    [--api-host HOST]        and on this host (127.0.0.1)
    [--markets FILE]         how markets are called: [{"id": 1, "name": "BTC-PERP", "tickSize": "0.1"}]
    [--snapshot-every N]     after every so many batches, a file in FOLDER/snapshots that others can begin with
    [--snapshot FILE]        begins with such a file where there is no state yet; who made it is trusted
    [--relay-key FILE]       signs the envelopes of traders' lists (made in the data folder)

  node rollup/node/main.ts audit --genesis FILE --spec FILE --endpoints URL,URL
    Recomputes the rollup's root from public data alone, and keeps nothing.
    [--batch N]              after this batch; without it, after the last one there is
    [--root HEX]             fails unless it is this root
    [--node URL]             fails unless the API of this node says the same
    [--account ID]           prints, with --json, what the vault takes to pay this account out
    [--withdrawal INDEX]     and this withdrawal

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
  readonly snapshot: string | undefined;
  readonly snapshotEvery: number | undefined;
  readonly api: ApiChoice | undefined;
}

export interface ApiChoice {
  readonly port: number;
  readonly host: string;
  readonly markets: readonly MarketName[];
  /** Undefined for one in the data folder, made if need be. */
  readonly relayKey: string | undefined;
}

export interface AuditOptions extends Common {
  readonly command: "audit";
  readonly batch: number | undefined;
  /** 32 bytes. */
  readonly root: Uint8Array | undefined;
  /** Of another rollup node's API. */
  readonly node: string | undefined;
  /** To be proven under the root. */
  readonly account: number | undefined;
  readonly withdrawal: number | undefined;
}

/** Throws `CodedError` BAD_OPTION, BAD_GENESIS or BAD_SPEC; undefined when it was asked for help. */
export function readNodeOptions(args: readonly string[]): RunOptions | AuditOptions | undefined {
  const [command, ...rest] = args;
  if (command === undefined || args.includes("--help")) return undefined;
  if (command === "run") return readRun(rest);
  if (command === "audit") return readAudit(rest);
  throw new CodedError("BAD_OPTION", `there is no command ${command}: it is run or audit`);
}

const text = { type: "string" } as const;
const common = {
  genesis: { type: "string" },
  spec: { type: "string" },
  endpoints: { type: "string" },
  threads: { type: "string", default: String(availableParallelism()) },
  json: { type: "boolean", default: false },
} as const;

function readRun(args: string[]): RunOptions {
  const api = { "api-port": text, "api-host": text, markets: text, "relay-key": text };
  const own = { data: text, snapshot: text, "snapshot-every": text };
  const values = parse(() => parseArgs({ args, options: { ...common, ...api, ...own } }));
  const data = required("--data", values.data);
  const every = values["snapshot-every"];
  const snapshotEvery =
    every === undefined ? undefined : natural("--snapshot-every", every, Number.MAX_SAFE_INTEGER);
  if (snapshotEvery === 0) throw badOption("--snapshot-every", "at least 1");
  const { snapshot } = values;
  const choice = { data, snapshot, snapshotEvery, api: readApi(values) };
  return { command: "run", ...readCommon(values), ...choice };
}

function readApi(values: {
  readonly "api-port"?: string;
  readonly "api-host"?: string;
  readonly markets?: string;
  readonly "relay-key"?: string;
}): ApiChoice | undefined {
  const port = values["api-port"];
  if (port === undefined) return undefined;
  return {
    port: natural("--api-port", port, 65_535),
    host: values["api-host"] ?? "127.0.0.1",
    markets: values.markets === undefined ? [] : readMarkets(values.markets),
    relayKey: values["relay-key"],
  };
}

function readMarkets(path: string): MarketName[] {
  const json = readJson("--markets", path);
  const strict = strictJson("BAD_OPTION");
  if (!Array.isArray(json)) throw badOption("--markets", "a file with a list");
  return json.map((each: unknown, i) => {
    const market = strict.record(each, `--markets: market ${i}`, ["id", "name", "tickSize"]);
    const { name, tickSize } = market;
    const isNamed = typeof name === "string" && name.length > 0 && name.length <= 32;
    if (!isNamed || typeof tickSize !== "string" || !/^[0-9]{1,12}(\.[0-9]{1,12})?$/.test(tickSize))
      throw badOption("--markets", "a file of names and of tick sizes such as 0.1, as strings");
    return { id: strict.integer(market["id"], `--markets: id ${i}`, 0xffff_fffe), name, tickSize };
  });
}

function readAudit(args: string[]): AuditOptions {
  const values = parse(() =>
    parseArgs({
      args,
      options: {
        ...common,
        batch: text,
        root: text,
        node: text,
        account: text,
        withdrawal: text,
      },
    }),
  );
  const root = values.root === undefined ? undefined : fromHex(values.root);
  if (values.root !== undefined && root?.length !== 32)
    throw badOption("--root", "a root, 32 bytes of hex");
  if (values.node !== undefined && !URL.canParse(values.node))
    throw badOption("--node", "a URL such as http://127.0.0.1:8080");
  const place = (name: "batch" | "account" | "withdrawal"): number | undefined => {
    const value = values[name];
    return value === undefined ? undefined : natural(`--${name}`, value, Number.MAX_SAFE_INTEGER);
  };
  return {
    command: "audit",
    ...readCommon(values),
    batch: place("batch"),
    root,
    node: values.node,
    account: place("account"),
    withdrawal: place("withdrawal"),
  };
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
