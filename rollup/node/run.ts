// A node that runs: it follows and executes, and serves traders if it is asked to.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../../sdk/index.ts";
import { type Api, startApi } from "../api/index.ts";
import type { ApiChoice, RunOptions } from "./options.ts";
import { Relay, relaySigner } from "./relay.ts";
import { type Report, reporter, summaryOf } from "./report.ts";
import { ownerOf, RollupNode, stateFolder } from "./rollup-node.ts";
import { snapshotBefore } from "./snapshots.ts";
import { domainOf } from "./spec.ts";

/** How often people are told how far it is, and everybody while there are no batches, ms. */
const reportIntervalMs = 1_000;

/** Until the signal. Throws `CodedError` when it cannot go on; a restart then is of use only if the code says so. */
export async function run(options: RunOptions, signal: AbortSignal): Promise<void> {
  const report = reporter({ namespace: options.spec.rollupId, json: options.json });
  for (let { snapshot } = options; ;)
    try {
      return await runOnce({ ...options, snapshot }, report, signal);
    } catch (error) {
      // Batches were executed that the committee took back. The only way back is to begin again, at an earlier state.
      if (!(error instanceof CodedError) || error.code !== "VOIDED_LATER") throw error;
      report("rewound", { ...error.details });
      await rm(stateFolder(options.data), { recursive: true, force: true });
      const height = Number(error.details["height"]);
      snapshot = await snapshotBefore(options.data, ownerOf(options), height);
    }
}

async function runOnce(options: RunOptions, report: Report, signal: AbortSignal): Promise<void> {
  const node = await RollupNode.open({ ...options, folder: options.data });
  const { executor } = node;
  if (!node.signers.isNative)
    report("warning", {
      code: "SLOW_SIGNATURES",
      message:
        "the package secp256k1 has no compiled library here: signatures cost 25 times as much",
    });
  let api: Api | undefined;
  let reportedAt = performance.now();
  try {
    api = options.api && (await serve(node, options, options.api));
    if (api !== undefined) report("api", { url: api.url });
    report("start", summaryOf(executor));
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
    await api?.close();
    await node.close();
    report("final", summaryOf(executor));
  }
}

/** What traders see, and their lists on the way to the sequencer. */
async function serve(node: RollupNode, options: RunOptions, choice: ApiChoice): Promise<Api> {
  const { executor, client } = node;
  const { spec, data } = options;
  await mkdir(data, { recursive: true });
  const relay = new Relay({
    client,
    rollupId: spec.rollupId,
    signer: await relaySigner(choice.relayKey ?? join(data, "relay.key")),
    height: () => executor.progress.anchor?.height ?? 0,
  });
  return startApi({
    source: executor,
    trees: executor.trees,
    submit: (payload) => relay.submit(payload),
    domain: domainOf(spec),
    signers: node.signers,
    names: choice.markets,
    host: choice.host,
    port: choice.port,
    logger: { error: (phrase, detail) => logError(phrase, detail) },
  });
}

/** On stderr, as a line of JSON: what goes wrong beside the rollup itself, which goes on. */
function logError(
  phrase: string,
  { error, ...rest }: Readonly<Record<string, unknown>> = {},
): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : error;
  process.stderr.write(`${JSON.stringify({ level: "error", phrase, ...rest, message })}\n`);
}
