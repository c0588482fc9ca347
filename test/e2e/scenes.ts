// Plays one scene: everything that goes wrong in it begins at once, lasts, and is mended; and then it is measured how long
// the network takes to be as if nothing had been.

import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../deploy/devnet/until.ts";
import { begin, end } from "./faults.ts";
import type { Heights } from "./heights.ts";
import { type TormentedNetwork, validatorAt } from "./network.ts";
import type { SceneRecord } from "./observations.ts";
import { mustBeNoted } from "./perjurer.ts";
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
const patienceMs = 100_000;
const answerMs = 2_000;
/** Heights that a validator in good health may be behind another when both are asked at about the same time. */
const lagMax = 10;
/** Heights beyond one that may have been on its way when a scene began. */
const progressMin = 2;

export async function play(scene: Scene, stage: Stage): Promise<SceneRecord> {
  const { network, heights, honest, failed, seed } = stage;
  const { validators } = network.devnet;
  const goesOn = mustGoOn(scene, validators.length);
  const countsBefore = await countsOf(stage);
  const endings = await Promise.all(scene.faults.map((fault) => begin(fault, network, seed)));
  const start = heights.final(honest);
  const lasting = Promise.race([sleep(scene.lastsMs), failed]);
  const hasGoneOn = (): boolean => heights.final(honest) >= start + progressMin;
  if (goesOn) await until(hasGoneOn, { timeoutMs: patienceMs, failed });
  await lasting;
  const byzantine = scene.faults.find((fault) => fault.type === "byzantine");
  let noted: readonly string[] = [];
  // It lies only once it has caught up, and that may be later than when it was to end.
  const isFoundOut = async (): Promise<boolean> => {
    noted = await notedSince(countsBefore, stage);
    return mustBeNoted(byzantine?.adversary).every((each) => noted.includes(each));
  };
  await until(isFoundOut, { timeoutMs: patienceMs, failed });
  const reached = heights.final(honest);

  const mended = performance.now();
  await Promise.all(scene.faults.map((fault) => end(fault, network)));
  const isBack = (seat: number): boolean => {
    const standing = heights.of(seat);
    if (standing === undefined || standing.at < mended || standing.opened <= reached) return false;
    return standing.opened + lagMax >= heights.final(honest);
  };
  const all = validators.map(({ index }) => index);
  const isOver = await until(() => all.every(isBack), { timeoutMs: patienceMs, failed });
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

type Counts = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** What the honest ones that answer count, by validator: faults by their code, and what they can prove by its type. */
async function countsOf({ network, honest }: Stage): Promise<Counts> {
  const counts = await Promise.all(
    honest.map(async (seat) => {
      const { api } = validatorAt(network, seat);
      const answer = Promise.all([api.faults(), api.evidence()]).catch(() => undefined);
      // Who stands still does not answer.
      return [seat, await Promise.race([answer, sleep(answerMs, undefined)])] as const;
    }),
  );
  return new Map(
    counts.flatMap(([seat, each]) =>
      each === undefined ? [] : [[seat, new Map(each.flatMap((map) => [...map]))] as const],
    ),
  );
}

/** What one of them has counted more often than before; who was restarted meanwhile has counted from nothing. */
async function notedSince(before: Counts, stage: Stage): Promise<readonly string[]> {
  const noted = new Set<string>();
  for (const [seat, counts] of await countsOf(stage))
    for (const [what, count] of counts)
      if (count > (before.get(seat)?.get(what) ?? 0)) noted.add(what);
  return [...noted].toSorted();
}
