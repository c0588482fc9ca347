import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CodedError, fromHex, type Genesis } from "../../sdk/index.ts";
import { badOption, natural, readGenesis, readJson, required } from "../arguments.ts";
import { fromSpecJson, type RollupSpec } from "../node/index.ts";

export const usage = `Proposes a rollup's roots on L1, and challenges those of others that are wrong.

  node rollup/settlement/main.ts --genesis FILE --spec FILE --endpoints URL,URL --l1 URL --key FILE
    --genesis FILE           the sequencer's network
    --spec FILE              the rollup: its contracts, reporters and first settings
    --endpoints URL,URL      nodes of the sequencer, of which any may lie
    --l1 URL                 a node of the L1, which is trusted
    --key FILE               signs on the L1: 32 bytes of hex; its tokens must be approved for the vault
    [--every SECONDS]        between two proposals while batches hold anything (600)
    [--idle SECONDS]         the same while they hold nothing, so that the rollup hears of the L1 (600)
    [--guardian]             only watches, with the guardian's key: vetoes what L1 cannot be shown to be wrong
    [--json]                 one JSON object a line
`;

export interface SettlementOptions {
  readonly genesis: Genesis;
  readonly spec: RollupSpec;
  readonly endpoints: readonly string[];
  readonly l1: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly everySeconds: number;
  readonly idleSeconds: number;
  readonly isGuardian: boolean;
  readonly json: boolean;
}

const secondsMax = 0xffff_ffff;

/** Throws `CodedError` BAD_OPTION, BAD_GENESIS or BAD_SPEC; undefined when it was asked for help. */
export function readSettlementOptions(args: readonly string[]): SettlementOptions | undefined {
  if (args.includes("--help")) return undefined;
  const { genesis, spec, endpoints, l1, key, every, idle, guardian, json } = parse(args);
  if (!URL.canParse(required("--l1", l1))) throw badOption("--l1", "a URL");
  return {
    genesis: readGenesis(required("--genesis", genesis)),
    spec: fromSpecJson(readJson("--spec", required("--spec", spec))),
    endpoints: required("--endpoints", endpoints).split(","),
    l1: required("--l1", l1),
    key: readKey(required("--key", key)),
    everySeconds: natural("--every", every, secondsMax),
    idleSeconds: natural("--idle", idle, secondsMax),
    isGuardian: guardian,
    json,
  };
}

interface Arguments {
  readonly genesis?: string;
  readonly spec?: string;
  readonly endpoints?: string;
  readonly l1?: string;
  readonly key?: string;
  readonly every: string;
  readonly idle: string;
  readonly guardian: boolean;
  readonly json: boolean;
}

function parse(args: readonly string[]): Arguments {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        genesis: text,
        spec: text,
        endpoints: text,
        l1: text,
        key: text,
        every: { type: "string", default: "600" },
        idle: { type: "string", default: "600" },
        guardian: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    throw new CodedError("BAD_OPTION", (cause as Error).message, { cause });
  }
}

/** What it holds is in no message. */
function readKey(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CodedError("BAD_OPTION", `--key: cannot read ${path}`, { cause });
  }
  const key = fromHex(text.trim());
  if (key?.length !== 32) throw badOption("--key", "a file of 32 bytes of hex");
  return key;
}
