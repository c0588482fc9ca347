// What the program says on stdout: lines for people, or one JSON object a line, as those of the plain follower.

import { hexJson } from "../../sdk/index.ts";
import type { Executor } from "./executor.ts";

export type Report = (type: string, data: Readonly<Record<string, unknown>>) => void;

export function reporter({
  namespace,
  json,
}: {
  readonly namespace: number;
  readonly json: boolean;
}): Report {
  return (type, data) => {
    const line = { type, namespace, ...data };
    const text = json
      ? JSON.stringify(line)
      : Object.entries(line)
          .map(([name, value]) => `${name}=${String(value)}`)
          .join(" ");
    process.stdout.write(`${text}\n`);
  };
}

/** Where the rollup is. */
export function summaryOf({ progress, state, root }: Executor): Readonly<Record<string, unknown>> {
  const { anchor, inboxRead, transactions, lists, batchesHash, inboxHash } = progress;
  return {
    height: anchor?.height ?? 0,
    hash: hexJson(anchor?.hash ?? new Uint8Array(32)),
    batches: state.globals.batch,
    inboxRead,
    transactions,
    lists,
    batchesHash: hexJson(batchesHash),
    inboxHash: hexJson(inboxHash),
    root: hexJson(root),
  };
}
