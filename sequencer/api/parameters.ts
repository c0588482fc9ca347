// The parameters of the path and of the query, read strictly: one table says what OpenAPI shows and what is let in. A
// name that no table holds is refused, because a misspelt option that is silently ignored is worse than an error.

import { limits } from "../../protocol/index.ts";
import { evidencePageMax, pageBlocksMax } from "./limits.ts";
import { type ProblemCode, refusal } from "./problem.ts";

interface IntegerSchema {
  readonly type: "integer";
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
  readonly description: string;
}

interface HexSchema {
  readonly type: "string";
  readonly pattern: string;
  readonly default?: string;
  readonly description: string;
}

export interface ParametersSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, IntegerSchema | HexSchema>>;
}

const height = {
  type: "integer",
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
} as const;

export const heightParameters: ParametersSchema = parameters({
  height: { ...height, description: "Distance from genesis; the first block is 1." },
});

export const epochParameters: ParametersSchema = parameters({
  epoch: {
    type: "integer",
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "The number of the epoch; that of genesis is the first.",
  },
});

export const transactionParameters: ParametersSchema = parameters({
  id: {
    type: "string",
    pattern: "^(0x)?[0-9a-fA-F]{64}$",
    description: "The transaction's id, 32 bytes of hex.",
  },
});

export const namespaceParameters: ParametersSchema = parameters({
  namespace: {
    type: "integer",
    minimum: 0,
    maximum: 0xffff_ffff,
    description: `The rollup's id; at most ${limits.namespacesMax} of them are in use.`,
  },
});

export const fromParameters: ParametersSchema = parameters({
  from: { ...height, description: "The first height wanted." },
});

export const rangeParameters: ParametersSchema = parameters({
  ...fromParameters.properties,
  limit: {
    type: "integer",
    minimum: 1,
    maximum: pageBlocksMax,
    default: pageBlocksMax,
    description: "At most so many blocks; a page may hold fewer.",
  },
});

export const evidenceParameters: ParametersSchema = parameters({
  after: {
    type: "string",
    pattern: "^0x([0-9a-f]{38})?$",
    default: "0x",
    description: "The name of the last piece seen; those after it are shown.",
  },
  limit: {
    type: "integer",
    minimum: 1,
    maximum: evidencePageMax,
    default: evidencePageMax,
    description: "At most so many pieces.",
  },
});

export const noParameters: ParametersSchema = parameters({});

/** What a request says of them, numbers as numbers. Throws `UNKNOWN_PARAMETER` or `BAD_PARAMETER`. */
export function readParameters(
  schema: ParametersSchema,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(schema.properties, name))
      throw wrong("UNKNOWN_PARAMETER", schema, "a parameter that is not known here");
  const values: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    values[name] =
      property.type === "integer" ? toInteger(value, property) : toHex(value, property);
    if (values[name] === undefined) throw wrong("BAD_PARAMETER", schema, `no valid ${name}`);
  }
  return values;
}

function parameters(properties: ParametersSchema["properties"]): ParametersSchema {
  const required = Object.entries(properties)
    .filter(([, property]) => !("default" in property))
    .map(([name]) => name);
  return { type: "object", additionalProperties: false, required, properties };
}

/** Decimal and nothing else: not 1e3, not 0x10, not +1. */
function toInteger(value: unknown, { minimum, maximum, ...schema }: IntegerSchema): unknown {
  if (value === undefined) return schema.default;
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,15})$/.test(value)) return undefined;
  const integer = Number(value);
  return integer >= minimum && integer <= maximum ? integer : undefined;
}

function toHex(value: unknown, { pattern, ...schema }: HexSchema): unknown {
  if (value === undefined) return schema.default;
  return typeof value === "string" && new RegExp(pattern).test(value) ? value : undefined;
}

function wrong(code: ProblemCode, schema: ParametersSchema, what: string): Error {
  const names = Object.keys(schema.properties);
  return refusal(code, `the request has ${what}; known here: ${names.join(", ") || "none"}`);
}
