// Plays one scene: everything that goes wrong in it begins at once, lasts, and is mended; and then it is measured how long
// the network takes to be as if nothing had been.

import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../deploy/devnet/until.ts";
import { begin, end } from "./faults.ts";
import type { Heights } from "./heights.ts";
import type { TormentedNetwork } from "./network.ts";
import type { SceneRecord } from "./observations.ts";
import { describeScene, mustGoOn, type Scene } from "./schedule.ts";

export interface Stage {
  readonly network: TormentedNetwork;
  readonly heights: Heights;
  /** The seats of those who are never corrupted. */
  readonly honest: readonly number[];
  /** Of the chance that a fault needs while it lasts. */
  readonly seed: number;
  /** Rejects when a process has died that nobody touched. */
  readonly failed: Promise<never>;
}

/** What a chain with a quorum may take for its next heights, and a network to recover; for a machine that is busy. */
const patienceMs = 60_000;
const answerMs = 2_000;
/** Heights that a validator in good health may be behind another when both are asked at about the same time. */
const lagMax = 10;
/** Heights beyond one that may have been on its way when a scene began. */
const progressMin = 2;

export async function play(scene: Scene, stage: Stage): Promise<SceneRecord> {
  const { network, heights, honest, failed, seed } = stage;
  const { validators } = network.devnet;
  const goesOn = mustGoOn(scene, validators.length);
  const faultsBefore = await faultCounts(stage);
  const endings = await Promise.all(scene.faults.map((fault) => begin(fault, network, seed)));
  const start = heights.final(honest);
  const lasting = Promise.race([sleep(scene.lastsMs), failed]);
  const hasGoneOn = (): boolean => heights.final(honest) >= start + progressMin;
  if (goesOn) await until(hasGoneOn, { timeoutMs: patienceMs, failed });
  await lasting;
  const reached = heights.final(honest);
  const noted = await notedSince(faultsBefore, stage);

  const mended = performance.now();
  await Promise.all(scene.faults.map((fault) => end(fault, network)));
  const isBack = (seat: number): boolean => {
    const standing = heights.of(seat);
    if (standing === undefined || standing.at < mended || standing.opened <= reached) return false;
    return standing.opened + lagMax >= heights.final(honest);
  };
  const all = validators.map(({ index }) => index);
  const isOver = await until(() => all.every(isBack), { timeoutMs: patienceMs, failed });
  const byzantine = scene.faults.find((fault) => fault.type === "byzantine");
  return {
    name: describeScene(scene),
    adversary: byzantine?.adversary,
    mustGoOn: goesOn,
    progress: reached - start,
    endings: endings.flat(),
    noted,
    recoveryMs: isOver ? performance.now() - mended : undefined,
    behind: all.filter((seat) => !isBack(seat)),
  };
}

type FaultCounts = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** By validator and code, of the honest ones that answer. */
async function faultCounts({ network, honest }: Stage): Promise<FaultCounts> {
  const counts = await Promise.all(
    honest.map(async (seat) => {
      const answer = network.devnet.validators[seat]?.api.faults().catch(() => undefined);
      // Who stands still does not answer.
      return [seat, await Promise.race([answer, sleep(answerMs, undefined)])] as const;
    }),
  );
  return new Map(counts.flatMap(([seat, each]) => (each === undefined ? [] : [[seat, each]])));
}

/** Codes that one of them has counted more often than before; who was restarted meanwhile has counted from nothing. */
async function notedSince(before: FaultCounts, stage: Stage): Promise<readonly string[]> {
  const codes = new Set<string>();
  for (const [seat, counts] of await faultCounts(stage))
    for (const [code, count] of counts)
      if (count > (before.get(seat)?.get(code) ?? 0)) codes.add(code);
  return [...codes].toSorted();
}
