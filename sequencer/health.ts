// How the node is, in one word for whoever routes traffic and in figures for whoever operates it.

import type { Metrics } from "../base/index.ts";
import {
  type Committee,
  type Epoch,
  Height,
  isMember,
  isSealedTo,
  keysOf,
  limits,
  type Micros,
  quorum,
  type ValidatorIndex,
  View,
} from "../protocol/index.ts";
import type { Progress } from "./core-events.ts";

/** How the node is. `live` false asks for a restart; `ready` false asks not to be sent traffic. */
export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
  /** What `ready` is made of, by name: "synced", "peers", "l1". */
  readonly checks: Readonly<Record<string, boolean>>;
  readonly version: string;
  /** Undefined on a node that only follows. */
  readonly validator: ValidatorIndex | undefined;
  readonly epoch: Epoch;
  readonly view: View;
  /** The last final height. */
  readonly final: Height;
  /** The last height that is opened, and with everything before it. */
  readonly opened: Height;
  /** Oldest height that pages are still served from. */
  readonly oldest: Height;
  /** Validators that this node is connected to. */
  readonly peers: number;
  /** The L1 block that was read last. */
  readonly l1Block: number;
}

export interface Signs {
  /** Of the core that lasts; undefined while there is none. */
  readonly current: Progress | undefined;
  /** The same, or where the last core stood while another is being made. */
  readonly last: Progress | undefined;
  readonly committee: Committee;
  readonly index: ValidatorIndex;
  /** Places of those that are connected. */
  readonly connected: readonly ValidatorIndex[];
  readonly isL1Up: boolean;
  readonly oldest: Height;
  readonly version: string;
}

export function healthOf(signs: Signs): Health {
  const { current, last, committee, index } = signs;
  const isSeated = isMember(committee, index);
  const peers = signs.connected.filter((peer) => isMember(committee, peer)).length;
  const final = last?.final ?? Height(0);
  const opened = last?.delivered ?? Height(0);
  const isSynced = current !== undefined && current.syncing === undefined;
  const checks = {
    synced: isSynced && final - opened <= limits.unopenedMax,
    peers: peers + (isSeated ? 1 : 0) >= quorum(committee.members.length),
    l1: signs.isL1Up,
  };
  return {
    live: last !== undefined,
    // Ordering goes on without L1, so L1 alone keeps no traffic away.
    ready: checks.synced && checks.peers,
    checks,
    version: signs.version,
    validator: isSeated ? index : undefined,
    epoch: committee.epoch,
    view: last?.view ?? View(0),
    final,
    opened,
    oldest: signs.oldest,
    peers,
    l1Block: last?.l1 ?? 0,
  };
}

/** Of the committee's keys; `hasShareOf` where the node has a seat. */
export function gaugeKeys(
  metrics: Metrics,
  committee: Committee,
  place: { readonly height: Height; readonly hasShareOf: ((keyId: number) => boolean) | undefined },
): void {
  const { height, hasShareOf } = place;
  const inUse = keysOf(committee).filter(({ keyId }) => isSealedTo(committee, { keyId, height }));
  metrics.gauge("sealing_key_id", committee.sealing?.keyId ?? 0);
  metrics.gauge("sealing_keys", inUse.length);
  const missing = inUse.filter(({ keyId }) => hasShareOf?.(keyId) === false);
  metrics.gauge("sealing_shares_missing", missing.length);
}

export function gaugeProgress(metrics: Metrics, progress: Progress, now: Micros): void {
  metrics.gauge("consensus_epoch", progress.epoch);
  metrics.gauge("consensus_epochs_behind", progress.epochsBehind);
  metrics.gauge("consensus_view", progress.view);
  metrics.gauge("consensus_final_height", progress.final);
  metrics.gauge("opened_height", progress.delivered);
  const { executed, delivered, unopenedSince } = progress;
  const behind = unopenedSince === undefined ? 0 : now - unopenedSince;
  metrics.gauge("opening_behind_heights", executed - delivered);
  metrics.gauge("opening_behind_seconds", behind / 1e6);
  metrics.gauge("l1_final_block", progress.l1);
  metrics.gauge("mempool_transactions", progress.pooled);
  metrics.gauge("state_sync_height", progress.syncing?.height ?? 0);
  metrics.gauge("state_sync_chunks", progress.syncing?.chunks ?? 0);
}
