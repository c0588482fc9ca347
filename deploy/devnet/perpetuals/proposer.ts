// Who tells the L1 the rollup's roots: of the last batch that is settled, as a node derived it. It asks that node and nobody
// else, and stakes its own bond on it.

import { setTimeout as sleep } from "node:timers/promises";
import { Contract, NonceManager, Wallet } from "ethers";
import { readArtifact } from "../../../l1/index.ts";
import type { Devnet } from "../devnet.ts";
import type { Follower } from "../follower.ts";
import { send } from "../send.ts";
import type { PerpetualsDeployment } from "./deployment.ts";

export interface ProposerOptions {
  readonly devnet: Devnet;
  readonly perpetuals: PerpetualsDeployment;
  readonly node: Follower;
  readonly signal: AbortSignal;
  readonly onFailure: (why: string) => void;
}

/** Every proposal is a message to the rollup and so makes a batch of its own: often would be endless. */
const everyMs = 15_000;
const pauseMs = 250;
/** A chunk of which L1 can show nothing: the root is all that it says. */
const opaqueKind = 0;

/** Until the signal says so; resolves when no proposal is under way. */
export async function proposeRoots(options: ProposerOptions): Promise<void> {
  const { devnet, perpetuals, node, signal, onFailure } = options;
  const { provider, place, deployment } = devnet;
  const signer = new NonceManager(new Wallet(perpetuals.proposer, provider));
  const at = async (source: string, address: string): Promise<Contract> =>
    new Contract(address, [...(await readArtifact(place.root, source)).abi], signer);
  const vault = await at("derivatives/Vault", perpetuals.vault);
  const settlement = await at("Settlement", deployment.settlements[node.namespace] ?? "");
  let dueAt = performance.now() + everyMs;
  while (!signal.aborted) {
    await sleep(pauseMs);
    if (performance.now() < dueAt) continue;
    dueAt = performance.now() + everyMs;
    try {
      await proposeNext(vault, settlement, node);
    } catch (error) {
      // The nonce that was not used is used next.
      signer.reset();
      onFailure(`no root was proposed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function proposeNext(vault: Contract, settlement: Contract, node: Follower): Promise<void> {
  const { batches } = (await settlement.getFunction("settled").staticCall()) as {
    readonly batches: bigint;
  };
  const count = (await vault.getFunction("proposals").staticCall()) as bigint;
  const last = (await vault.getFunction("proposalAt").staticCall(count - 1n)) as {
    readonly root: string;
    readonly batch: bigint;
  };
  // On a busy machine the node may be behind what is settled.
  const batch = Math.min(Number(batches), node.batches);
  const derived = node.rootAfter(batch);
  if (batch <= Number(last.batch) || derived === undefined) return;
  const root = `0x${derived}`;
  const chunk = { batch, kind: opaqueKind, post: root, steps: "0x" };
  await send(vault, "propose", last.root, batch, root, [chunk]);
}
