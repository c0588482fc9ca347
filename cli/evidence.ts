// conclave evidence: what nodes have that proves validators lied, and the calls by which L1 takes their stake.

import { writeFile } from "node:fs/promises";
import { Argument } from "commander";
import { CodedError, fromHex } from "../base/index.ts";
import { decodeEvidence } from "../protocol/index.ts";
import { askNode, noNode } from "./node-health.ts";
import { endpointsOf, runCommand, show, withNodes } from "./program.ts";

interface Options {
  readonly node: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

/** One piece as /v1/evidence gives it. */
interface Piece extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly encoded: string;
}

/** Pages of one node: it keeps less, and one that goes on for ever is not followed. */
const pagesMax = 4_096;

await runCommand("evidence", (command) =>
  withNodes(command)
    .description("show what proves that validators lied, or write it to a file")
    .addArgument(
      new Argument("<what>", "a line for each, or all of it").choices(["list", "export"]),
    )
    .option("--out <file>", "of an export, in place of the standard output; must not exist")
    .addHelpText(
      "after",
      "\nIt is the nodes' word until the Hub has judged: anyone sends `data` to the address `to`.",
    )
    .action(async (what: string, options: Options) => {
      const pieces = await gather(endpointsOf(options));
      if (what === "list") for (const piece of pieces) show(summary(piece, options), options);
      else await write(JSON.stringify(pieces, undefined, 2), options.out);
    }),
);

/** Of all nodes together, each piece once. */
async function gather(endpoints: readonly string[]): Promise<Piece[]> {
  const pieces = new Map<string, Piece>();
  for (const endpoint of endpoints)
    for (const piece of await allOf(endpoint)) pieces.set(piece.name, piece);
  return [...pieces.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function allOf(endpoint: string): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (let after = "0x", page = 0; page < pagesMax; page++) {
    const found = piecesIn(await askNode(endpoint, `/v1/evidence?after=${after}`));
    if (found === undefined) throw noNode(endpoint);
    const last = found.at(-1);
    if (last === undefined) break;
    pieces.push(...found);
    after = last.name;
  }
  return pieces;
}

/** Undefined when they are not what they are called. */
function piecesIn(answer: unknown): Piece[] | undefined {
  if (typeof answer !== "object" || answer === null || !("evidence" in answer)) return undefined;
  const { evidence } = answer;
  return Array.isArray(evidence) && evidence.every(isPiece) ? evidence : undefined;
}

function isPiece(value: unknown): value is Piece {
  if (typeof value !== "object" || value === null) return false;
  const { name, encoded } = value as Record<string, unknown>;
  if (typeof name !== "string" || !/^0x[0-9a-f]{38}$/.test(name)) return false;
  const bytes = typeof encoded === "string" ? fromHex(encoded) : undefined;
  return bytes !== undefined && decodeEvidence(bytes) !== undefined;
}

/** For people without the long bytes; they are in the JSON, and in an export. */
function summary(piece: Piece, { json }: Options): object {
  if (json === true) return piece;
  const { encoded: _, sides, call, ...rest } = piece;
  const said = (sides as readonly { kind: string }[]).map(({ kind }) => kind).join(" and ");
  return { ...rest, said, convicts: call !== null };
}

async function write(text: string, out: string | undefined): Promise<void> {
  if (out === undefined) return void process.stdout.write(`${text}\n`);
  try {
    await writeFile(out, `${text}\n`, { flag: "wx" });
  } catch (cause) {
    throw new CodedError("FILE_NOT_WRITTEN", `${out} cannot be written, or is there already`, {
      cause,
    });
  }
}
