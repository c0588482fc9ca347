import { rm } from "node:fs/promises";
import { CodedError } from "../../sdk/index.ts";
import type { RunOptions } from "./options.ts";
import { type Report, reporter, summaryOf } from "./report.ts";
import { RollupNode, stateFolder } from "./rollup-node.ts";

/** How often people are told how far it is, and everybody while there are no batches, ms. */
const reportIntervalMs = 1_000;

/** Until the signal. Throws `CodedError` when it cannot go on; a restart then is of use only if the code says so. */
export async function run(options: RunOptions, signal: AbortSignal): Promise<void> {
  const report = reporter({ namespace: options.spec.rollupId, json: options.json });
  for (;;)
    try {
      return await runOnce(options, report, signal);
    } catch (error) {
      // Batches were executed that the committee took back. There is no way back from a state but to begin again.
      if (!(error instanceof CodedError) || error.code !== "VOIDED_LATER") throw error;
      report("rewound", { ...error.details });
      await rm(stateFolder(options.data), { recursive: true, force: true });
    }
}

async function runOnce(options: RunOptions, report: Report, signal: AbortSignal): Promise<void> {
  const node = await RollupNode.open({ ...options, folder: options.data });
  const { executor } = node;
  if (!node.isNative)
    report("warning", {
      code: "SLOW_SIGNATURES",
      message:
        "the package secp256k1 has no compiled library here: signatures cost 25 times as much",
    });
  report("start", summaryOf(executor));
  let reportedAt = performance.now();
  try {
    for await (const { block, executed } of node.run({
      signal,
      onFault: (fault) => report("fault", { ...fault }),
    })) {
      const isDue = performance.now() - reportedAt >= reportIntervalMs;
      // Tools want every batch; people would not see the one they look for.
      if (!isDue && (executed === undefined || !options.json)) continue;
      const behindMs = Math.max(0, Date.now() - Math.floor(block.time / 1_000));
      report("block", { ...summaryOf(executor), behindMs });
      reportedAt = performance.now();
    }
  } finally {
    report("final", summaryOf(executor));
  }
}
