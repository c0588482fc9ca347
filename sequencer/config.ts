// A node's configuration: one strict schema, filled from defaults, then the file, then CONCLAVE_* variables, then flags,
// each winning over those before it. Secrets are not in it, only where they are.

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { CodedError } from "../base/index.ts";
import { limits } from "../protocol/index.ts";

export interface NodeConfig {
  /** Where the node keeps its store. Paths are absolute once the configuration is read. */
  readonly dataDirectory: string;
  /** The genesis file. */
  readonly genesis: string;
  /** This node's place in the committee of genesis; none for a node that joins later, or only follows. */
  readonly validator?: number | undefined;
  /** Keystores (EIP-2335), all under one password. */
  readonly keys: {
    readonly validator: string;
    readonly network: string;
    /** Of a member of a genesis whose sealing key was dealt; later shares stand in the data directory. */
    readonly keyShare: string;
    readonly password: SecretSource;
  };
  readonly network: {
    /** Multiaddress, such as /ip4/0.0.0.0/tcp/9000. */
    readonly listen: string;
    /** Where each validator of the committee of genesis is reached, by its index; one's own is not dialled. */
    readonly peers: readonly string[];
    /** Network keys, 32 bytes in hex, of nodes without a seat that may listen to this one. */
    readonly observers: readonly string[];
  };
  /** The client interface. Port 0 takes any that is free. */
  readonly api: { readonly host: string; readonly port: number };
  readonly l1: {
    readonly rpcUrl: string;
    /** Where the hex key of the account is that pays for checkpoints; without one the node does not post. */
    readonly poster?: SecretSource | undefined;
    /** Address of the contract Bundle, by which a checkpoint and all rollups it settles are one transaction; without it
     * the node does not post either. */
    readonly bundle?: string | undefined;
  };
  /** How long after the last block this validator proposes the next at the earliest; 0 as soon as there is work. */
  readonly blockIntervalMs: number;
  readonly storage: {
    /** Blocks below the last that are kept in any case, with all that is in them. */
    readonly retentionHeights: number;
  };
  /** Threads for cryptography; 0 does it on the main one. */
  readonly workers: number;
  readonly log: { readonly level: "debug" | "info" | "warn" | "error" | "silent" };
}

/** A file or an environment variable; never the value itself, which would end up in logs and histories. */
export type SecretSource = { readonly file: string } | { readonly variable: string };

/** Where the parts of a configuration come from. */
export interface ConfigSources {
  /** Of the file; its folder is what relative paths in it are seen from. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By the path of the setting, such as `api.port`. */
  readonly flags: Readonly<Record<string, string>>;
}

interface Setting {
  readonly path: string;
  /** How a text becomes the value; a secret file takes the place of a variable that the file names. */
  readonly kind: "text" | "path" | "number" | "secretFile";
  readonly what: string;
}

/** What can be set by a variable and by a flag as well: `api.port` is CONCLAVE_API_PORT and --api-port. */
export const settings: readonly Setting[] = [
  { path: "dataDirectory", kind: "path", what: "where the node keeps its store" },
  { path: "genesis", kind: "path", what: "the genesis file" },
  { path: "keys.password.file", kind: "secretFile", what: "file with the keystores' password" },
  { path: "network.listen", kind: "text", what: "multiaddress for the other validators" },
  { path: "api.host", kind: "text", what: "address of the client interface" },
  { path: "api.port", kind: "number", what: "port of the client interface" },
  { path: "l1.rpcUrl", kind: "text", what: "JSON-RPC of the L1" },
  { path: "l1.poster.file", kind: "secretFile", what: "file with the hex key that pays on the L1" },
  { path: "l1.bundle", kind: "text", what: "address of the contract Bundle" },
  { path: "blockIntervalMs", kind: "number", what: "least time between blocks that it proposes" },
  { path: "storage.retentionHeights", kind: "number", what: "blocks that it keeps, at least" },
  { path: "workers", kind: "number", what: "threads for cryptography" },
  { path: "log.level", kind: "text", what: "debug, info, warn, error or silent" },
];

export function variableOf({ path }: Pick<Setting, "path">): string {
  return `CONCLAVE_${words(path).join("_").toUpperCase()}`;
}

export function flagOf({ path }: Pick<Setting, "path">): string {
  return `--${words(path).join("-").toLowerCase()}`;
}

/** Throws `CodedError` CONFIG_UNREADABLE, or CONFIG_INVALID whose message names each wrong setting and where it is set. */
export async function loadConfig(sources: ConfigSources): Promise<NodeConfig> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(sources.path, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : "cannot be read";
    throw new CodedError("CONFIG_UNREADABLE", `the configuration ${sources.path} ${why}`, {
      cause,
    });
  }
  return parseConfig(json, sources);
}

/** The same from what the file holds. */
export function parseConfig(json: unknown, sources: ConfigSources): NodeConfig {
  const tree: unknown = structuredClone(json);
  if (!isTree(tree))
    throw new CodedError("CONFIG_INVALID", `${sources.path} must hold one JSON object`);
  const origins = new Map<string, string>();
  for (const setting of settings) {
    const fromFlag = sources.flags[setting.path];
    const text = fromFlag ?? sources.environment[variableOf(setting)];
    if (text === undefined) continue;
    origins.set(setting.path, fromFlag === undefined ? variableOf(setting) : flagOf(setting));
    place(tree, setting, text);
  }
  const result = schema.safeParse(tree);
  if (!result.success) throw invalid(result.error.issues, origins, sources.path);
  return withAbsolutePaths(result.data, dirname(resolve(sources.path)));
}

/** For people to look at: of a URL, which may hold credentials, only the host is left. */
export function redactConfig(config: NodeConfig): NodeConfig {
  const { protocol, host } = new URL(config.l1.rpcUrl);
  return { ...config, l1: { ...config.l1, rpcUrl: `${protocol}//${host}/...` } };
}

const path = z.string().min(1, "must be a path");
const secret = z.union(
  [z.strictObject({ file: path }), z.strictObject({ variable: z.string().min(1) })],
  'must be { "file": path } or { "variable": name of an environment variable }',
);
const multiaddress = z
  .string()
  .regex(
    /^\/(?:ip4|ip6|dns4|dns6|dns)\/[^/\s]+\/tcp\/\d{1,5}$/,
    "must be a multiaddress such as /ip4/127.0.0.1/tcp/9000",
  );
const natural = (max: number): z.ZodInt =>
  z
    .int(`must be an integer from 0 to ${max}`)
    .min(0, `must be an integer from 0 to ${max}`)
    .max(max, `must be an integer from 0 to ${max}`);
const workersMax = 64;
const blockIntervalMsMax = 10_000;

/** Less would forget what a peer still asks for block by block, before it fetches a snapshot instead. */
const retentionMin = 2 * limits.stateSyncHeights;
const retentionDefault = 100_000;
const retention = z
  .int(`must be an integer from ${retentionMin} on`)
  .min(retentionMin, `must be an integer from ${retentionMin} on`);

const schema: z.ZodType<NodeConfig> = z.strictObject({
  dataDirectory: path.default("data"),
  genesis: path.default("genesis.json"),
  validator: natural(limits.committeeMax - 1).optional(),
  keys: z.strictObject({
    validator: path.default("validator.json"),
    network: path.default("network.json"),
    keyShare: path.default("key-share.json"),
    password: secret,
  }),
  network: z.strictObject({
    listen: multiaddress.default("/ip4/0.0.0.0/tcp/9000"),
    peers: z.array(multiaddress).min(1).max(limits.committeeMax),
    observers: z
      .array(z.string().regex(/^(?:0x)?[0-9a-fA-F]{64}$/, "must be a network key: 64 hex digits"))
      .max(limits.observersMax)
      .default([]),
  }),
  api: z
    .strictObject({
      host: z.string().min(1).default("127.0.0.1"),
      port: natural(65_535).default(8080),
    })
    .default({ host: "127.0.0.1", port: 8080 }),
  l1: z.strictObject({
    rpcUrl: z.url({
      protocol: /^(?:https?|wss?)$/,
      error: "must be an http, https, ws or wss URL",
    }),
    poster: secret.optional(),
    bundle: z
      .string()
      .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hex digits")
      .optional(),
  }),
  blockIntervalMs: natural(blockIntervalMsMax).default(0),
  storage: z.strictObject({ retentionHeights: retention.default(retentionDefault) }).prefault({}),
  workers: natural(workersMax).default(Math.min(workersMax, availableParallelism())),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error", "silent"], {
          error: "must be debug, info, warn, error or silent",
        })
        .default("info"),
    })
    .default({ level: "info" }),
});

type Tree = { [name: string]: unknown };

/** Puts a text from a variable or a flag where the file would have it. */
function place(tree: Tree, { path, kind }: Setting, text: string): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let branch = tree;
  for (const name of names) {
    // What is no object gives way: a value must stand inside it.
    const next = branch[name];
    const inner: Tree = isTree(next) ? next : {};
    branch[name] = inner;
    branch = inner;
  }
  if (kind === "secretFile") delete branch["variable"];
  // A number stays text when it is none, so that the complaint can name it.
  const asNumber = kind === "number" && /^\d+$/.test(text);
  branch[last] = asNumber
    ? Number(text)
    : kind === "path" || kind === "secretFile"
      ? resolve(text)
      : text;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withAbsolutePaths(config: NodeConfig, folder: string): NodeConfig {
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  const located = (source: SecretSource): SecretSource =>
    "file" in source ? { file: absolute(source.file) } : source;
  const { keys, l1 } = config;
  return {
    ...config,
    dataDirectory: absolute(config.dataDirectory),
    genesis: absolute(config.genesis),
    keys: {
      validator: absolute(keys.validator),
      network: absolute(keys.network),
      keyShare: absolute(keys.keyShare),
      password: located(keys.password),
    },
    l1: { ...l1, ...(l1.poster === undefined ? {} : { poster: located(l1.poster) }) },
  };
}

function invalid(
  issues: readonly z.core.$ZodIssue[],
  origins: ReadonlyMap<string, string>,
  file: string,
): CodedError {
  const complaints = issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    const where = origins.get(path) ?? `in ${file}`;
    if (issue.code === "unrecognized_keys") {
      const names = issue.keys.map((key) => (path === "" ? key : `${path}.${key}`));
      return `${names.join(", ")} ${where}: there is no such setting, remove it`;
    }
    const isMissing = issue.code === "invalid_type" && issue.input === undefined;
    const what = issue.message.startsWith("must be") ? issue.message : `is wrong: ${issue.message}`;
    return `${path} (${where}) ${isMissing && !what.startsWith("must") ? "is missing" : what}`;
  });
  return new CodedError("CONFIG_INVALID", complaints.join("\n"), { details: { file } });
}

/** api.rpcUrl is api, rpc, Url. */
function words(path: string): readonly string[] {
  return path.replaceAll(/([a-z0-9])([A-Z])/g, "$1.$2").split(".");
}
