// What a smoke found and measured, for people and, as one line of JSON, for programs.

import { availableParallelism, loadavg } from "node:os";
import { checks } from "./checks.ts";
import type { Journal, Stage } from "./journal.ts";
import type { Gas, L1Reader } from "./l1-history.ts";
import type { Observations } from "./observations.ts";
import { percentile } from "./percentiles.ts";
import { perpetualsChecks } from "./perpetuals/checks.ts";

/** Of a validator's main thread, in milliseconds; a validator that was killed has two, one for each life. */
export interface EventLoopDelay {
  readonly validator: number;
  readonly p99: number;
  readonly max: number;
}

/** Milliseconds since a transaction was about to be sent. */
export interface Latency {
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface Finding {
  readonly check: string;
  /** What is wrong; nothing when all is well. */
  readonly found: readonly string[];
}

export interface Summary {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** What was waited for in vain. */
  readonly missing: readonly string[];
  /** Why transactions could not be submitted. */
  readonly failures: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly latencyMs: Readonly<Record<Stage, Latency>>;
  readonly eventLoopDelayMs: readonly EventLoopDelay[];
  readonly gas: Readonly<Record<"checkpoints" | "settlements", Gas>>;
  /** Of the machine, which may have had other things to do. */
  readonly loadAverage: number;
  readonly cores: number;
}

export interface Measured {
  readonly missing: readonly string[];
  readonly failures: readonly string[];
  readonly delays: readonly EventLoopDelay[];
  readonly journal: Journal;
  readonly l1: L1Reader;
}

export async function summarize(observations: Observations, measured: Measured): Promise<Summary> {
  const { missing, failures, delays, journal, l1 } = measured;
  const { submitted, streams, settlements, checkpoints, chains, perpetuals } = observations;
  const asked = observations.perpetuals === undefined ? [] : perpetualsChecks;
  const findings = [...checks, ...asked].map(({ name, find }) => ({
    check: name,
    found: find(observations),
  }));
  const settled = settlements.flatMap((each) => each.settled);
  const batches = streams.flatMap((each) => each.batches);
  return {
    ok: missing.length === 0 && findings.every(({ found }) => found.length === 0),
    findings,
    missing,
    failures,
    counts: {
      submitted: submitted.length,
      delivered: batches.reduce((sum, { transactions }) => sum + transactions.length, 0),
      settled: submitted.filter(({ state }) => state === "settled").length,
      blocks: Math.max(0, ...chains.map(({ hashes }) => hashes.size)),
      batches: batches.length,
      checkpoints: checkpoints.length,
      settlements: settled.length,
      ...(perpetuals && {
        "of bots": journal.countOf("bot"),
        "of oracles": journal.countOf("oracle"),
        liquidations: perpetuals.liquidations,
        roots: perpetuals.proposals.length,
      }),
    },
    latencyMs: {
      ordered: latencyOf(journal, "ordered"),
      opened: latencyOf(journal, "opened"),
      settled: latencyOf(journal, "settled"),
    },
    eventLoopDelayMs: delays,
    gas: {
      checkpoints: await l1.gasOf(checkpoints.map(({ transaction }) => transaction)),
      settlements: await l1.gasOf(settled.map(({ transaction }) => transaction)),
    },
    loadAverage: loadavg()[0] ?? 0,
    cores: availableParallelism(),
  };
}

function latencyOf(journal: Journal, stage: Stage): Latency {
  const values = journal.latencies(stage);
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99) };
}

/** Of the 99th percentile. */
const delayMsTarget = 20;
/** Findings of one check that are shown; the rest are counted. */
const shownMax = 5;

/** Lines for people. */
export function describe(summary: Summary): readonly string[] {
  const { findings, missing, failures, counts, latencyMs, eventLoopDelayMs, gas } = summary;
  const { loadAverage, cores } = summary;
  return [
    ...findings.flatMap(({ check, found }) =>
      [`${found.length === 0 ? "  ok    " : "  FAILED"} ${check}`].concat(shorten(found)),
    ),
    ...(missing.length === 0 ? [] : ["  MISSING when the time was over", ...shorten(missing)]),
    ...(failures.length === 0 ? [] : ["  REFUSED by the validators", ...shorten(failures)]),
    "",
    `  ${Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ")}`,
    ...Object.entries(latencyMs).map(
      ([stage, { p50, p99 }]) => `  submit to ${stage.padEnd(8)} p50 ${ms(p50)}   p99 ${ms(p99)}`,
    ),
    "  (from just before sending until a validator noted it; both on this machine's clock)",
    ...Object.entries(gas).map(
      ([what, { transactions, mean, max }]) =>
        `  gas of ${what.padEnd(11)} mean ${mean}, most ${max}, in ${transactions} transactions`,
    ),
    `  event loops of the validators, delay (p99 should be below ${delayMsTarget} ms when the cores are theirs)`,
    ...eventLoopDelayMs.map(
      ({ validator, p99, max }) => `    validator ${validator}  p99 ${ms(p99)}, most ${ms(max)}`,
    ),
    `  load average of the machine over the last minute: ${loadAverage.toFixed(1)} on ${cores} cores`,
    summary.ok ? "  the smoke passed" : "  THE SMOKE FAILED",
  ];
}

function shorten(lines: readonly string[]): readonly string[] {
  const rest = lines.length - shownMax;
  const shown = lines.slice(0, shownMax).map((line) => `           ${line}`);
  return rest > 0 ? [...shown, `           and ${rest} more`] : shown;
}

function ms(value: number | undefined): string {
  return value === undefined ? "-" : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
