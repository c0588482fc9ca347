// Four validators as real processes on this machine, with their disks, sockets and threads: how long a block takes from
// leaving its leader to being final at each of them, next to each other and with the internet between them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../base/index.ts";
import { domainsOf } from "../../deploy/devnet/background.ts";
import { type Devnet, logsOf, startDevnet } from "../../deploy/devnet/devnet.ts";
import { Journal } from "../../deploy/devnet/journal.ts";
import type { TraceEvent } from "../../deploy/devnet/observations.ts";
import { Processes } from "../../deploy/devnet/processes.ts";
import { Traders } from "../../deploy/devnet/traders.ts";
import { runTraffic } from "../../deploy/devnet/traffic.ts";
import type { Validator } from "../../deploy/devnet/validators.ts";
import type { SealingGroup } from "../../crypto/index.ts";
import { createMclSealingGroup } from "../../sequencer/crypto/index.ts";
import { Links } from "../e2e/links.ts";
import { route } from "../e2e/network.ts";
import { progress } from "./harness.ts";

export interface Stretch {
  /** Of the figures. */
  readonly name: string;
  /** Between any two validators, besides what the machine takes. */
  readonly roundTripMs: number;
  /** From proposal to final, ms, of every block at every validator; and blocks in a second. */
  readonly finality: readonly number[];
  readonly blocksPerSecond: number;
}

type Timed = TraceEvent & { readonly at: number };

const root = join(import.meta.dirname, "..", "..");
const validators = 4;
const measuredMs = 20_000;
/** Transactions per second: enough that there is always something to order. */
const rate = 10;
/** After a change of the links, before anything is measured, ms. */
const settleMs = 2_000;

export async function measureProcesses(): Promise<Stretch[]> {
  const group = await createMclSealingGroup();
  return [
    ...(await inDevnet({ group, roundTripsMs: [0], isDirect: true })),
    ...(await inDevnet({ group, roundTripsMs: [50, 100], isDirect: false })),
  ];
}

interface DevnetRequest {
  readonly group: SealingGroup;
  readonly roundTripsMs: readonly number[];
  /** Without proxies between the validators. */
  readonly isDirect: boolean;
}

/** Starts a network, measures, and leaves nothing of it behind, whatever happens. */
async function inDevnet({ group, roundTripsMs, isDirect }: DevnetRequest): Promise<Stretch[]> {
  const folder = mkdtempSync(join(tmpdir(), "conclave-bench-"));
  const processes = new Processes(logsOf(folder));
  let links: Links | undefined;
  let devnet: Devnet | undefined;
  try {
    devnet = await startDevnet({ root, folder }, processes, {
      validators,
      usualPorts: false,
      dealsSealingKey: true,
      say: progress,
      beforeStart: async (ports) => {
        if (isDirect) return;
        links = await Links.open(ports);
        for (const index of ports.keys()) await route(folder, index, links);
      },
    });
    const traders = new Traders(domainsOf(devnet));
    const stretches: Stretch[] = [];
    for (const roundTripMs of roundTripsMs) {
      links?.slow(() => roundTripMs / 2);
      const name = isDirect ? "loopback" : `${roundTripMs}ms`;
      progress(`${validators} processes, ${name}: measuring for ${measuredMs / 1_000} s`);
      const measuring = measure(devnet, { group, traders });
      stretches.push({ name, roundTripMs, ...(await Promise.race([measuring, processes.failed])) });
    }
    return stretches;
  } finally {
    for (const prefix of ["validator", ""]) await processes.stopAll(prefix);
    links?.close();
    devnet?.provider.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  devnet: Devnet,
  { group, traders }: { readonly group: SealingGroup; readonly traders: Traders },
): Promise<Pick<Stretch, "finality" | "blocksPerSecond">> {
  const { genesis, validators } = devnet;
  const from = nowMicros() + settleMs * 1_000;
  const to = from + measuredMs * 1_000;
  const height = (await first(validators).api.status()).final;
  await runTraffic({
    genesis,
    endpoints: () => validators.map(({ api }) => api.url),
    group,
    traders,
    journal: new Journal({ keepsAll: false }),
    rate,
    count: (rate * (settleMs + measuredMs)) / 1_000,
    height: () => height,
    signal: AbortSignal.timeout(settleMs + measuredMs),
    onFailure: progress,
  });
  const traces = validators.map((each) => each.trace().events as readonly Timed[]);
  const proposedAt = new Map(
    traces.flat().flatMap((each) => (each.event === "proposed" ? [[each.hash, each.at]] : [])),
  );
  const finals = traces.map((trace) =>
    trace.flatMap((each) =>
      each.event === "final" && from <= each.at && each.at < to ? [each] : [],
    ),
  );
  const hashes = await hashesOf(
    first(validators),
    new Set(finals.flat().map((each) => each.height)),
  );
  const finality = finals.flat().flatMap(({ height, at }) => {
    const started = proposedAt.get(hashes.get(height) ?? "");
    return started === undefined ? [] : [(at - started) / 1_000];
  });
  const blocksPerSecond = first(finals).length / (measuredMs / 1_000);
  return { finality, blocksPerSecond };
}

/** Of the final blocks at these heights, hex without 0x. */
async function hashesOf(
  { api }: Validator,
  heights: ReadonlySet<number>,
): Promise<ReadonlyMap<number, string>> {
  const hashes = new Map<number, string>();
  for (const height of heights) {
    const block = await api.block(height);
    if (block !== undefined) hashes.set(height, block.hash.slice(2));
  }
  return hashes;
}

/** The clock of traces. */
function nowMicros(): number {
  return (performance.timeOrigin + performance.now()) * 1_000;
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  assert(item !== undefined, "there are validators");
  return item;
}
