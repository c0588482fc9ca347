// How answers and failures look: for people by default, and as one JSON value a line with --json.

import { CodedError } from "../../base/index.ts";

/** Where text goes; the tests give their own. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export function show(streams: Streams, result: unknown, options: { json?: boolean }): void {
  streams.out(`${options.json === true ? JSON.stringify(result) : toLines(result)}\n`);
}

/** Coded errors are for the operator; anything else is our mistake, and shows where it happened. */
export function showError(streams: Streams, error: unknown, options: { json: boolean }): void {
  const code = error instanceof CodedError ? error.code : "INTERNAL";
  const message = error instanceof Error ? error.message : String(error);
  if (options.json) streams.err(`${JSON.stringify({ error: { code, message } })}\n`);
  else streams.err(`conclave: ${message} (${code})\n`);
  if (!(error instanceof CodedError) && error instanceof Error) streams.err(`${error.stack}\n`);
  else if (error instanceof CodedError && error.cause instanceof Error && !options.json)
    streams.err(`  because: ${error.cause.message}\n`);
}

/** `name  value`, with names of nested values joined by dots and values lined up. */
function toLines(result: unknown): string {
  const pairs = flatten(result, "");
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trim()).join("\n");
}

function flatten(value: unknown, name: string): readonly (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  const prefix = name === "" ? "" : `${name}.`;
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, `${prefix}${key}`));
}
