// What consensus costs and how long it takes, in three ways: replicas alone with simulated time, whole cores with
// simulated time, and validators as processes; and what message delays alone would make of it.

import { sha256 } from "../../crypto/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { benchCores, benchDelays } from "./cores.ts";
import { cpuMs, type Figure, percentileOf, progress, type Report } from "./harness.ts";
import { measureProcesses, type Stretch } from "./processes.ts";
import { linkDelayMs, measureReplicas, type Measured } from "./replicas.ts";

/** Committees, and for how many views each is measured: every node of them works in this one process. */
const committees = [
  { seats: 4, views: 200 },
  { seats: 7, views: 120 },
  { seats: 16, views: 60 },
  { seats: 32, views: 24 },
  { seats: 64, views: 10 },
];

/** PROPOSE, PREPARE, COMMIT; the next block is proposed on a PrepareQC (docs/protocol.md). */
const theory = { finality: 3, block: 2, submitToFinal: 5, submitToPlaintext: 6 };

export async function benchConsensus(seed: number): Promise<Report> {
  const bls = measureBls();
  const replicas: { readonly seats: number; readonly measured: Measured }[] = [];
  for (const { seats, views } of committees) {
    progress(`${seats} replicas, ${views} views`);
    replicas.push({ seats, measured: await measureReplicas(seats, { seed, views }) });
  }
  progress("whole cores");
  const delays = await benchDelays(seed);
  const cores = await benchCores(seed);
  const stretches = await measureProcesses();
  return {
    figures: [
      { name: "bls/verify/cpu-ms", value: bls.verify, unit: "ms" },
      { name: "bls/sign/cpu-ms", value: bls.sign, unit: "ms" },
      ...replicas.flatMap(({ seats, measured }) => figuresOf(seats, measured, bls.verify)),
      ...cores,
      ...delays,
      ...stretches.flatMap(figuresOfStretch),
    ],
    table: [
      ...tableRow(["", "measured", "delays alone"]),
      ...replicas.flatMap(({ seats, measured }) => rowsOf(seats, measured)),
      ...rowsOfCores(delays),
      ...stretches.flatMap(rowsOfStretch),
    ],
  };
}

/** What everything else is made of, on this machine now. */
function measureBls(): { readonly verify: number; readonly sign: number } {
  const secretKey = new Uint8Array(32).fill(1);
  const publicKey = blstBls.publicKey(secretKey);
  const message = sha256();
  const signature = blstBls.sign(secretKey, message);
  const times = 20;
  const many = (work: () => void) => (): void => {
    for (let i = 0; i < times; i++) work();
  };
  return {
    verify: cpuMs(many(() => void blstBls.verify(publicKey, message, signature))) / times,
    sign: cpuMs(many(() => void blstBls.sign(secretKey, message))) / times,
  };
}

function figuresOf(seats: number, measured: Measured, verifyMs: number): Figure[] {
  const { finality, blockMs, cpuMsPerView, bytesPerView } = measured;
  const n = `n${seats}`;
  const p50 = percentileOf(finality, 0.5);
  return [
    { name: `cpu-per-view/${n}/ms`, value: cpuMsPerView, unit: "ms" },
    { name: `cpu-per-view/${n}/verifications`, value: cpuMsPerView / verifyMs, unit: "times" },
    { name: `bytes-per-view/${n}/bytes`, value: bytesPerView, unit: "bytes in and out" },
    { name: `views-per-second/${n}/cpu`, value: 1_000 / cpuMsPerView, unit: "1/s" },
    { name: `views-per-second/${n}/simulated`, value: 1_000 / blockMs, unit: "1/s" },
    { name: `finality/${n}/simulated/p50-ms`, value: p50, unit: "ms" },
    { name: `finality/${n}/simulated/p99-ms`, value: percentileOf(finality, 0.99), unit: "ms" },
    { name: `finality/${n}/simulated/p50-delays`, value: p50 / linkDelayMs, unit: "delays" },
  ];
}

function figuresOfStretch({ name, finality, blocksPerSecond }: Stretch): Figure[] {
  const prefix = `finality/n4/${name}`;
  return [
    { name: `${prefix}/p50-ms`, value: percentileOf(finality, 0.5), unit: "ms" },
    { name: `${prefix}/p99-ms`, value: percentileOf(finality, 0.99), unit: "ms" },
    { name: `blocks-per-second/n4/${name}`, value: blocksPerSecond, unit: "1/s" },
  ];
}

function rowsOf(seats: number, { finality, blockMs }: Measured): string[] {
  const p50 = percentileOf(finality, 0.5);
  const where = `n = ${seats}, simulated, ${linkDelayMs.toFixed(1)} ms a message`;
  return [
    ...tableRow([`${where}: proposal to final`, ms(p50), ms(theory.finality * linkDelayMs)]),
    ...tableRow([`${where}: block to block`, ms(blockMs), ms(theory.block * linkDelayMs)]),
  ];
}

function rowsOfCores([final, plaintext]: readonly Figure[]): string[] {
  const where = "n = 4, simulated, whole cores";
  const measured = [final, plaintext].map((figure) => `${figure?.value?.toFixed(1)} delays`);
  return [
    ...tableRow([
      `${where}: submitted to final`,
      measured[0],
      `${theory.submitToFinal} to 7 delays`,
    ]),
    ...tableRow([
      `${where}: submitted to plaintext`,
      measured[1],
      `${theory.submitToPlaintext} to 8 delays`,
    ]),
  ];
}

function rowsOfStretch({ name, roundTripMs, finality }: Stretch): string[] {
  const floor = (theory.finality * roundTripMs) / 2;
  const where = `n = 4, processes, ${name}: proposal to final`;
  return tableRow([where, ms(percentileOf(finality, 0.5)), ms(floor)]);
}

function tableRow([what = "", measured = "", alone = ""]: readonly (
  | string
  | undefined
)[]): string[] {
  return [`${what.padEnd(58)}${measured.padStart(12)}${alone.padStart(16)}`];
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
