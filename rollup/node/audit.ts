// Anybody's check of a rollup: its root from public data alone, held against what a node or a contract says.

import { CodedError, equalBytes, fromHex, hexJson } from "../../sdk/index.ts";
import type { Withdrawal } from "../engine/index.ts";
import type { AuditOptions } from "./options.ts";
import { proofsOf } from "./proofs.ts";
import { reporter, summaryOf } from "./report.ts";
import { RollupNode } from "./rollup-node.ts";

/**
 * No block for so many turns means that there are no more. Turns are counted and not the time, which also passes while
 * a large page is verified.
 */
const quietTurnsMax = 20;
const turnMs = 250;
const reportEvery = 10_000;

/** Throws `CodedError` ROOT_DIFFERS, NO_SUCH_BATCH, NO_SUCH_LEAF, or NODE_UNREACHABLE. */
export async function audit(options: AuditOptions, signal: AbortSignal): Promise<void> {
  const report = reporter({ namespace: options.spec.rollupId, json: options.json });
  const goal = options.batch ?? Infinity;
  const node = await RollupNode.open({ ...options, folder: undefined });
  const { executor } = node;
  const withdrawals: Withdrawal[] = [];
  executor.subscribe(({ outcome }) => void withdrawals.push(...outcome.withdrawals));
  const stop = new AbortController();
  let quietTurns = 0;
  const timer = setInterval(() => {
    if (++quietTurns >= quietTurnsMax) stop.abort();
  }, turnMs);
  try {
    const followed = node.run({
      signal: AbortSignal.any([signal, stop.signal]),
      onFault: (fault) => report("fault", { ...fault }),
    });
    if (goal > 0)
      for await (const { block } of followed) {
        quietTurns = 0;
        if (block.height % reportEvery === 0) report("block", summaryOf(executor));
        if (executor.state.globals.batch === goal) break;
      }
  } finally {
    clearInterval(timer);
    await node.close();
  }
  const { batch } = executor.state.globals;
  if (options.batch !== undefined && batch !== goal)
    throw new CodedError("NO_SUCH_BATCH", `the rollup has ${batch} batches so far`, {
      details: { batch },
    });
  report("audit", summaryOf(executor));
  if (options.root !== undefined) requireSame(executor.root, options.root, "the root given");
  if (options.node !== undefined)
    requireSame(executor.root, await rootOf(options.node, batch), options.node);
  if (options.account !== undefined || options.withdrawal !== undefined)
    report("proof", proofsOf(executor, options, withdrawals));
}

function requireSame(computed: Uint8Array, claimed: Uint8Array, by: string): void {
  if (equalBytes(computed, claimed)) return;
  throw new CodedError("ROOT_DIFFERS", `${by} is not what the batches make`, {
    details: { computed: hexJson(computed), claimed: hexJson(claimed) },
  });
}

/** What another node says of a batch. */
async function rootOf(url: string, batch: number): Promise<Uint8Array> {
  const path = `${url.replace(/\/+$/, "")}/v1/roots/${batch}`;
  const fail = (why: string, cause?: unknown): CodedError =>
    new CodedError("NODE_UNREACHABLE", `${path}: ${why}`, { cause });
  let answer: Response;
  let json: { readonly root?: unknown };
  try {
    answer = await fetch(path, { signal: AbortSignal.timeout(10_000) });
    json = (await answer.json()) as { readonly root?: unknown };
  } catch (cause) {
    throw fail("there is no answer", cause);
  }
  const root = typeof json?.root === "string" ? fromHex(json.root) : undefined;
  if (!answer.ok || root?.length !== 32) throw fail("it does not know the batch's root");
  return root;
}
