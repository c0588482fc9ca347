// What a run found and measured, for people and, as one line of JSON, for programs.

import { availableParallelism, loadavg } from "node:os";
import { percentile } from "../../deploy/devnet/percentiles.ts";
import { invariants } from "./invariants.ts";
import type { ChaosObservations, SceneRecord } from "./observations.ts";

export interface Finding {
  readonly invariant: string;
  /** What is wrong; nothing when all is well. */
  readonly found: readonly string[];
}

export interface ChaosSummary {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
  /** From being brought to being delivered to a follower, through all faults. */
  readonly latencyMs: Readonly<Record<"p50" | "p99" | "max", number | undefined>>;
  readonly scenes: readonly SceneRecord[];
  /** Whether disks were made to fail; they are only where this machine lets us mount some. */
  readonly hasDisks: boolean;
  readonly seconds: number;
  readonly loadAverage: number;
  readonly cores: number;
}

export interface Measured {
  readonly latencies: readonly number[];
  readonly hasDisks: boolean;
  readonly seconds: number;
}

export function summarize(observations: ChaosObservations, measured: Measured): ChaosSummary {
  const { brought, streams, scenes, checkpoints, chains, needed } = observations;
  const findings = invariants.map(({ name, find }) => ({
    invariant: name,
    found: find(observations),
  }));
  const { latencies, hasDisks, seconds } = measured;
  const batches = streams.flatMap((each) => each.batches);
  return {
    ok: findings.every(({ found }) => found.length === 0),
    findings,
    counts: {
      brought: brought.length,
      promised: brought.filter(({ receipts }) => receipts >= needed).length,
      delivered: batches.reduce((sum, { transactions }) => sum + transactions.length, 0),
      blocks: Math.max(0, ...chains.map(({ hashes }) => hashes.size)),
      checkpoints: checkpoints.length,
      scenes: scenes.length,
    },
    latencyMs: {
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      max: percentile(latencies, 1),
    },
    scenes,
    hasDisks,
    seconds,
    loadAverage: loadavg()[0] ?? 0,
    cores: availableParallelism(),
  };
}

/** Findings of one invariant that are shown; the rest are counted. */
const shownMax = 5;

/** Lines for people. */
export function describe(summary: ChaosSummary): readonly string[] {
  const { findings, counts, latencyMs, scenes, hasDisks, seconds, loadAverage, cores } = summary;
  const { p50, p99, max } = latencyMs;
  const recoveries = scenes.flatMap(({ recoveryMs }) =>
    recoveryMs === undefined ? [] : [recoveryMs],
  );
  return [
    ...findings.flatMap(({ invariant, found }) =>
      [`${found.length === 0 ? "  ok    " : "  FAILED"} ${invariant}`].concat(shorten(found)),
    ),
    "",
    `  ${Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ")}, in ${seconds.toFixed(0)} s`,
    `  brought to delivered, through everything: p50 ${ms(p50)}, p99 ${ms(p99)}, most ${ms(max)}`,
    `  to recover from a scene: p50 ${ms(percentile(recoveries, 0.5))}, most ${ms(percentile(recoveries, 1))}`,
    ...(hasDisks
      ? []
      : ["  NO DISK FAILED: this machine lets us mount none (root, or user namespaces)"]),
    `  load average of the machine over the last minute: ${loadAverage.toFixed(1)} on ${cores} cores`,
    summary.ok ? "  every promise was kept" : "  A PROMISE WAS BROKEN",
  ];
}

/** One line for a scene that is over. */
export function describeRecord(record: SceneRecord): string {
  const { progress, recoveryMs, endings, noted, behind } = record;
  const ends = endings.map(
    ({ why, validator, how, ms: took }) => `${why} ${validator}: ${how} in ${ms(took)}`,
  );
  return [
    `${progress} heights meanwhile`,
    recoveryMs === undefined ? `NOT BACK: ${behind.join(",")}` : `all back in ${ms(recoveryMs)}`,
    ...ends,
    ...(noted.length === 0 ? [] : [`noted ${noted.join(" ")}`]),
  ].join("; ");
}

function shorten(lines: readonly string[]): readonly string[] {
  const rest = lines.length - shownMax;
  const shown = lines.slice(0, shownMax).map((line) => `           ${line}`);
  return rest > 0 ? [...shown, `           and ${rest} more`] : shown;
}

function ms(value: number | undefined): string {
  return value === undefined ? "-" : `${value.toFixed(0)} ms`;
}
