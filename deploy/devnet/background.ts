// What goes on beside the devnet itself: looking at it, following its namespaces, keeping book of what was submitted.

import { assert, fromHex } from "../../base/index.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import type { RollupDomain } from "../../rollup/index.ts";
import { namespaces } from "./contracts.ts";
import type { Devnet } from "./devnet.ts";
import { Follower } from "./follower.ts";
import { Journal } from "./journal.ts";
import type { Processes } from "./processes.ts";
import { Traders } from "./traders.ts";
import type { TrafficOptions } from "./traffic.ts";
import type { Validator } from "./validators.ts";
import { Watch } from "./watch.ts";

export interface BackgroundRequest {
  readonly devnet: Devnet;
  readonly processes: Processes;
  readonly group: SealingGroup;
  /** Who is asked for what became of transactions. */
  readonly witnesses: readonly Validator[];
  readonly rate: number;
  readonly transactions: number;
  readonly signal: AbortSignal;
  /** Who follow the namespaces; one that executes nothing for each unless said. */
  readonly followers?: readonly Follower[];
  /** URLs of the nodes that have a seat now; those of the validators of genesis unless said. */
  readonly endpoints?: () => readonly string[];
}

export interface Background {
  readonly journal: Journal;
  readonly watch: Watch;
  readonly followers: readonly Follower[];
  /** How traffic runs here. */
  readonly traffic: Omit<TrafficOptions, "onFailure">;
  /** Resolves after the signal, when nothing goes on any more. */
  readonly finished: Promise<void>;
}

/** Starts the followers and looks on; traffic is the caller's to start. */
export async function startBackground(request: BackgroundRequest): Promise<Background> {
  const { devnet, processes, group, witnesses, rate, transactions, signal } = request;
  const { genesis, validators } = devnet;
  const journal = new Journal({ keepsAll: Number.isFinite(transactions) });
  const watch = new Watch({ devnet, journal, group, witnesses, signal });
  const { followers = namespaces.map((namespace) => new Follower(namespace)) } = request;
  await Promise.all(followers.map((follower) => follower.start(devnet, processes)));
  return {
    journal,
    watch,
    followers,
    traffic: {
      genesis,
      endpoints: request.endpoints ?? (() => validators.map(({ api }) => api.url)),
      group,
      traders: new Traders(domainsOf(devnet)),
      journal,
      rate,
      count: transactions,
      height: () => watch.status?.final ?? 0,
      signal,
    },
    finished: watch.run(),
  };
}

/** Where the signatures of each rollup's traders hold. */
export function domainsOf({ genesis, deployment }: Devnet): readonly RollupDomain[] {
  return namespaces.map((namespace) => {
    const settlement = fromHex(deployment.settlements[namespace] ?? "");
    assert(settlement !== undefined, "every namespace has a settlement");
    return { chainId: genesis.chainId, settlement, rollupId: namespace };
  });
}
