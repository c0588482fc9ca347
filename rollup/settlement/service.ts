// The proposer as a program: a node that begins at genesis and keeps nothing, a shadow beside it, and rounds of looking at what
// L1 has and telling it what it has not.

import { JsonRpcProvider, Network, Wallet } from "ethers";
import { hexJson } from "../../sdk/index.ts";
import { type ExecutedBatch, reporter, RollupNode, summaryOf } from "../node/index.ts";
import { fastKeccak } from "../state/index.ts";
import { News } from "./news.ts";
import type { SettlementOptions } from "./options.ts";
import { keep, Proposer } from "./proposer.ts";
import { Shadow } from "./shadow.ts";
import { VaultClient } from "./vault-client.ts";
import { type SettlementEvent, Watcher } from "./watcher.ts";

const batchesMax = 20_000;
const roundMs = 1_000;
/** Of a proposal's chunks; nodes of L1 pass on transactions of 128 KiB. */
const bytesMax = 100_000;

const quiet = new Set<SettlementEvent["type"]>(["proposed", "right"]);

/** Until the signal. Throws what ends a rollup's node, and WRONG_ROLLUP when the vault is another's. */
export async function serve(options: SettlementOptions, signal: AbortSignal): Promise<void> {
  const { genesis, spec, endpoints, l1, key, everySeconds, isGuardian } = options;
  const report = reporter({ namespace: spec.rollupId, json: options.json });
  const keccak = await fastKeccak();
  const network = Network.from(spec.chainId);
  // What another sent from the same key is not to be forgotten for a moment.
  const provider = new JsonRpcProvider(l1, network, { staticNetwork: network, cacheTimeout: -1 });
  const node = await RollupNode.open({ genesis, spec, endpoints, folder: undefined, threads: 0 });
  const { executor } = node;
  const shadow = new Shadow(
    { state: executor.state, outbox: executor.trees.outbox },
    {
      rollupId: spec.rollupId,
      keccak,
      signatureOf: (list) => executor.signatureOf(list),
      batchesMax,
    },
  );
  const news = new News(options.idleSeconds, now);
  const onEvent = (event: SettlementEvent): void => {
    news.hear(event);
    const { type, ...rest } = event;
    report("settlement", { event: type, ...rest });
    // Whoever reads no more than what went wrong finds it there.
    if (!quiet.has(type)) process.stderr.write(`${JSON.stringify(event)}\n`);
  };
  const vault = new VaultClient({
    provider,
    vault: spec.vault,
    signer: new Wallet(hexJson(key), provider),
  });
  const watcher = new Watcher({ vault, shadow, keccak, isGuardian, report: onEvent });
  const proposer = new Proposer({
    vault,
    shadow,
    watcher,
    everySeconds,
    bytesMax,
    everyBatches: batchesMax / 2,
    now,
    report: onEvent,
  });
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const settling = keep(() => (!isGuardian && news.isThere() ? proposer : watcher).round(), {
    everyMs: roundMs,
    signal: until,
    report: onEvent,
  });
  const following = follow(node, until, (executed) => {
    shadow.follow(executed.batch);
    news.follow(executed.batch);
    report("block", summaryOf(executor));
  });
  try {
    await Promise.race([settling, following]);
  } finally {
    stop.abort();
    await Promise.allSettled([settling, following]);
    provider.destroy();
    report("final", summaryOf(executor));
  }
}

async function follow(
  node: RollupNode,
  signal: AbortSignal,
  onBatch: (executed: ExecutedBatch) => void,
): Promise<void> {
  // Who lies is left, and that suffices here: the node that serves traders reports it.
  const blocks = node.run({ signal, onFault: () => undefined });
  for await (const { executed } of blocks) if (executed !== undefined) onBatch(executed);
}

/** Seconds. */
function now(): number {
  return Math.floor(Date.now() / 1_000);
}
