// What a smoke waits for, so that a wait that ends in vain can say what is missing.

import { setTimeout as sleep } from "node:timers/promises";
import type { Follower } from "./follower.ts";
import type { Journal } from "./journal.ts";
import type { L1Reader } from "./l1-history.ts";
import type { VaultReader } from "./perpetuals/vault-reader.ts";
import type { StreamCollector } from "./streams.ts";
import type { Validator } from "./validators.ts";
import type { Watch } from "./watch.ts";

/** Answers what is missing until it is reached, and then nothing. */
export type Goal = () => readonly string[] | Promise<readonly string[]>;

export interface Deadline {
  /** On the clock of `performance.now`. */
  readonly at: number;
  /** Ends the waiting by its rejection. */
  readonly failed: Promise<never>;
}

const everyMs = 250;

/** Resolves with what is missing at the deadline: with nothing as soon as all goals are reached. */
export async function reach(
  goals: readonly Goal[],
  deadline: Deadline,
): Promise<readonly string[]> {
  for (;;) {
    const answers = Promise.all(goals.map(async (goal) => goal()));
    const missing = (await Promise.race([answers, deadline.failed])).flat();
    if (missing.length === 0 || performance.now() > deadline.at) return missing;
    await Promise.race([sleep(everyMs), deadline.failed]);
  }
}

export function allSubmitted(journal: Journal, wanted: () => number): Goal {
  return () => {
    const count = journal.countOf("traffic");
    return count >= wanted() ? [] : [`${count} of ${wanted()} transactions are submitted`];
  };
}

export function allSettled(journal: Journal): Goal {
  return () => {
    if (journal.open === 0) return [];
    const states = Object.entries(journal.states()).map(([state, count]) => `${count} ${state}`);
    return [`${journal.open} transactions have further to go: ${states.join(", ")}`];
  };
}

export function allDelivered(journal: Journal, collectors: readonly StreamCollector[]): Goal {
  return () => {
    const delivered = collectors.reduce((sum, { transactions }) => sum + transactions, 0);
    if (delivered >= journal.count) return [];
    return [`${delivered} of ${journal.count} transactions are delivered`];
  };
}

/** The L1 has all batches, and all who follow have what the L1 has. */
export function allAnchored(
  l1: L1Reader,
  {
    collectors,
    followers,
  }: { readonly collectors: readonly StreamCollector[]; readonly followers: readonly Follower[] },
): Goal {
  return async () => {
    const settled = await l1.settledBatches();
    const late = collectors.map(({ namespace, batches }) => ({
      what: `batches of namespace ${namespace} are on the L1`,
      has: settled[namespace] ?? 0,
      needs: batches,
    }));
    const behind = followers.map(({ name, namespace, batches }) => ({
      what: `batches are derived by ${name}`,
      has: batches,
      needs: settled[namespace] ?? 0,
    }));
    const undelivered = collectors.map(({ namespace, batches }) => ({
      what: `batches of namespace ${namespace} are delivered`,
      has: batches,
      needs: settled[namespace] ?? 0,
    }));
    return [...late, ...behind, ...undelivered]
      .filter(({ has, needs }) => has < needs)
      .map(({ what, has, needs }) => `${has} of ${needs} ${what}`);
  };
}

/** Nothing of the L1's waits to make further batches of it. */
export function allRead(l1: L1Reader): Goal {
  return async () => {
    const unread = await l1.unreadMessages();
    return unread === 0 ? [] : [`${unread} messages of the L1 are in no settled batch`];
  };
}

/** The L1 has a root of the last batch that holds a transaction. */
export function allProposed(vault: VaultReader, collector: StreamCollector): Goal {
  return async () => {
    const batch = (await vault.proposals()).at(-1)?.batch ?? 0;
    const { lastFilled } = collector;
    return batch >= lastFilled ? [] : [`the L1 has a root of ${batch} of ${lastFilled} batches`];
  };
}

/** Heights that a validator in good health may be behind another at the moment when both are asked. */
const lagMax = 3;

export function caughtUp({ index, api }: Validator, watch: Watch): Goal {
  return async () => {
    const opened = await api.status().then(
      (status) => status.opened,
      () => undefined,
    );
    if (opened === undefined) return [`validator ${index} does not answer`];
    const height = watch.status?.opened ?? 0;
    if (opened + lagMax >= height) return [];
    return [`validator ${index} has opened ${opened} of ${height} heights`];
  };
}
