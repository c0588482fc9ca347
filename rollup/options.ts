import { parseArgs } from "node:util";
import { CodedError, fromHex, type Genesis } from "../sdk/index.ts";
import { badOption, natural, readGenesis, required } from "./arguments.ts";

export const usage = `Follows one namespace, checks everything that is delivered, and reports on it.

  node rollup/main.ts --namespace ID --endpoints URL,URL --genesis FILE
    [--settlement ADDRESS]   the rollup's contract, to which signatures are bound (zeros)
    [--from HEIGHT]          where to begin without a cursor (1)
    [--cursor FILE]          where to keep the place and the totals, to resume from
    [--json]                 one JSON object a line
`;

export interface Options {
  readonly namespace: number;
  readonly endpoints: readonly string[];
  readonly genesis: Genesis;
  /** 20 bytes. */
  readonly settlement: Uint8Array;
  readonly from: number;
  readonly cursor: string | undefined;
  readonly json: boolean;
}

/** Throws `CodedError` BAD_OPTION or BAD_GENESIS. */
export function readOptions(args: readonly string[]): Options {
  const { namespace, endpoints, genesis, settlement, from, cursor, json } = parse(args);
  const address = fromHex(settlement);
  if (address?.length !== 20) throw badOption("--settlement", "an address, 20 bytes of hex");
  return {
    namespace: natural("--namespace", namespace, 0xffff_ffff),
    endpoints: required("--endpoints", endpoints).split(","),
    genesis: readGenesis(required("--genesis", genesis)),
    settlement: address,
    from: natural("--from", from, Number.MAX_SAFE_INTEGER),
    cursor,
    json,
  };
}

interface Arguments {
  readonly namespace: string | undefined;
  readonly endpoints: string | undefined;
  readonly genesis: string | undefined;
  readonly settlement: string;
  readonly from: string;
  readonly cursor: string | undefined;
  readonly json: boolean;
}

function parse(args: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        namespace: { type: "string" },
        endpoints: { type: "string" },
        genesis: { type: "string" },
        settlement: { type: "string", default: `0x${"0".repeat(40)}` },
        from: { type: "string", default: "1" },
        cursor: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const { namespace, endpoints, genesis, settlement, from, cursor, json } = values;
    return { namespace, endpoints, genesis, settlement, from, cursor, json };
  } catch (cause) {
    throw new CodedError("BAD_OPTION", (cause as Error).message, { cause });
  }
}
