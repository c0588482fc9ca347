// Does to a running network what a schedule says, and undoes it.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unreachable } from "../../base/index.ts";
import { until } from "../../deploy/devnet/until.ts";
import type { Validator } from "../../deploy/devnet/validators.ts";
import { SeededRandom } from "../sim/random.ts";
import type { Link } from "./links.ts";
import { type TormentedNetwork, validatorAt } from "./network.ts";
import type { Ending } from "./observations.ts";
import type { Fault } from "./schedule.ts";

/** What a validator may take to notice that its disk has failed, and to stop for it. */
const endMsMax = 30_000;
/** What a corrupted validator may take to be there; whether it ever says so is its own affair. */
const byzantineMsMax = 20_000;

/** Resolves when it has begun, with how validators ended by it that were to end by themselves. */
export async function begin(
  fault: Fault,
  network: TormentedNetwork,
  seed: number,
): Promise<readonly Ending[]> {
  const { links } = network;
  const victims = fault.seats.map((seat) => validatorAt(network, seat));
  const others = network.devnet.validators
    .map(({ index }) => index)
    .filter((seat) => !fault.seats.includes(seat));
  const outward = fault.seats.flatMap((from) => others.map((to) => ({ from, to })));
  const inward = outward.map(({ from, to }): Link => ({ from: to, to: from }));
  switch (fault.type) {
    case "kill":
    case "power-loss":
      await Promise.all(victims.map((each) => each.kill()));
      return [];
    case "pause":
      for (const each of victims) each.pause();
      return [];
    case "stop":
      return (await Promise.all(victims.map(stopTwice))).flat();
    case "isolate":
    case "split":
      for (const link of [...outward, ...inward]) links.cut(link);
      return [];
    case "unheard":
      for (const link of outward) links.cut(link);
      return [];
    case "deaf":
      for (const link of inward) links.cut(link);
      return [];
    case "reset":
      for (const seat of fault.seats) links.reset(seat);
      return [];
    case "slow": {
      const random = new SeededRandom(seed);
      links.slow(() => random.between(0, fault.delayMsMax));
      return [];
    }
    case "disk-full":
      return Promise.all(victims.map((each) => fillDisk(each, network)));
    case "read-only":
      return Promise.all(victims.map((each) => startReadOnly(each, network)));
    case "byzantine":
      await Promise.all(victims.map((each) => corrupt(each, network, fault.adversary, seed)));
      return [];
    default:
      return unreachable(fault);
  }
}

/** Resolves when all validators of it say that they are ready. Throws `CodedError` NOT_READY. */
export async function end(fault: Fault, network: TormentedNetwork): Promise<void> {
  const victims = fault.seats.map((seat) => validatorAt(network, seat));
  switch (fault.type) {
    case "kill":
    case "power-loss":
    case "stop":
      return restart(victims);
    case "pause":
      for (const each of victims) each.resume();
      return;
    case "isolate":
    case "split":
    case "unheard":
    case "deaf":
      return network.links.heal();
    case "reset":
    case "slow":
      return;
    case "disk-full":
    case "read-only":
      for (const { index } of victims) network.disks[index]?.mend();
      return restart(victims);
    case "byzantine":
      await Promise.all(victims.map((each) => each.stop()));
      return restart(victims);
    default:
      return unreachable(fault);
  }
}

async function restart(validators: readonly Validator[]): Promise<void> {
  await Promise.all(validators.map((each) => each.start()));
  await Promise.all(validators.map((each) => each.ready()));
}

/** In good order, with the time that it takes. */
export async function stop(validator: Validator): Promise<Ending> {
  const start = performance.now();
  const how = await validator.stop();
  return { why: "stop", validator: validator.index, how, ms: performance.now() - start, said: [] };
}

/** In the midst of its work, and once more as soon as it has opened its stores. */
async function stopTwice(validator: Validator): Promise<readonly Ending[]> {
  const first = await stop(validator);
  const logged = validator.log.length;
  await validator.start();
  const isStarting = (): boolean => validator.log.slice(logged).includes('"store opened"');
  await until(isStarting, { timeoutMs: endMsMax, everyMs: 10 });
  return [first, await stop(validator)];
}

async function fillDisk(validator: Validator, { disks }: TormentedNetwork): Promise<Ending> {
  const logged = validator.log.length;
  const start = performance.now();
  disks[validator.index]?.fill();
  return endOf(validator, { why: "disk-full", logged, start });
}

/** A disk cannot become read-only while a file on it is written, so the validator is killed first. */
async function startReadOnly(validator: Validator, { disks }: TormentedNetwork): Promise<Ending> {
  await validator.kill();
  const logged = validator.log.length;
  disks[validator.index]?.makeReadOnly();
  const start = performance.now();
  await validator.start();
  return endOf(validator, { why: "read-only", logged, start });
}

interface Expected {
  readonly why: Ending["why"];
  /** How long its log was before. */
  readonly logged: number;
  readonly start: number;
}

async function endOf(validator: Validator, { why, logged, start }: Expected): Promise<Ending> {
  const ended = await Promise.race([validator.end(), sleep(endMsMax, undefined)]);
  const ms = performance.now() - start;
  if (ended === undefined) await validator.kill();
  const codes = validator.log.slice(logged).match(/\b[A-Z]+_FAILED\b/g) ?? [];
  return {
    why,
    validator: validator.index,
    how: ended ?? "not at all",
    ms,
    said: [...new Set(codes)],
  };
}

async function corrupt(
  validator: Validator,
  { devnet }: TormentedNetwork,
  adversary: string,
  seed: number,
): Promise<void> {
  await validator.stop();
  const program = join(devnet.place.root, "test", "e2e", "byzantine.ts");
  await validator.start([program, "--adversary", adversary, "--seed", String(seed)]);
  await until(() => validator.api.isReady(), { timeoutMs: byzantineMsMax });
}
