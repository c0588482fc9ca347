// A devnet from nothing: the L1, the committee's keys, the contracts, the genesis, and the validators as processes.

import { join } from "node:path";
import type { JsonRpcProvider } from "ethers";
import { assert, CodedError } from "../../base/index.ts";
import type { Genesis } from "../../protocol/index.ts";
import { buildGenesis, drawKeys, type Place } from "./committee.ts";
import { type Deployment, deployContracts } from "./contracts.ts";
import { connectL1, type L1, startL1 } from "./l1.ts";
import { deployPerpetuals, type PerpetualsDeployment } from "./perpetuals/deployment.ts";
import { freePorts } from "./ports.ts";
import type { Processes } from "./processes.ts";
import { until } from "./until.ts";
import { Validator } from "./validators.ts";

export interface Devnet {
  readonly place: Place;
  readonly l1: L1;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  /** The rollup of namespace 1, when it is more than followed. */
  readonly perpetuals: PerpetualsDeployment | undefined;
  readonly genesis: Genesis;
  /** Of the committee of genesis. */
  readonly validators: readonly Validator[];
  /** Who have keys and a configuration, and neither a stake nor a process. */
  readonly later: readonly Validator[];
  /** Multiaddresses, of those in `later` as well. */
  readonly addresses: readonly string[];
}

export interface DevnetOptions {
  readonly validators: number;
  /** Who may join later; none unless said. */
  readonly later?: number;
  /** Whether namespace 1 is a perpetuals rollup, with a vault and deposits on the L1; not unless said. */
  readonly perpetuals?: boolean;
  /** In place of one that the validators make, which takes a while. */
  readonly dealsSealingKey?: boolean;
  /** How long an epoch lasts before the next committee is prepared, seconds; a day unless said. */
  readonly epochSeconds?: number;
  /** Take the usual ports where they are free, and not just any. */
  readonly usualPorts: boolean;
  /** Says what is being done. */
  readonly say: (line: string) => void;
  /** Comes between the writing of the validators' files and their first start, to change what it wants of them. */
  readonly beforeStart?: (peerPorts: readonly number[]) => Promise<void>;
}

const readyMs = 60_000;
const daySeconds = 24 * 3600;
/** The first committee has no key to seal to, and is followed as soon as the next one has made it. */
const keyMs = 180_000;
const usual = { l1: 8545, peers: 9000, api: 8080, perpetuals: 8100 };

/** Throws a `CodedError` that says what failed; the processes are the caller's to stop. */
export async function startDevnet(
  place: Place,
  processes: Processes,
  options: DevnetOptions,
): Promise<Devnet> {
  const { validators: count, usualPorts, say, beforeStart, later = 0 } = options;
  const { dealsSealingKey = false, epochSeconds = daySeconds } = options;
  const preferred = usualPorts ? usual : undefined;
  const [l1Port = 0] = await freePorts(1, preferred?.l1);
  const peerPorts = await freePorts(count + later, preferred?.peers);
  const apiPorts = await freePorts(count + later, preferred?.api);
  const [perpetualsPort = 0] = await freePorts(1, preferred?.perpetuals);
  const addresses = peerPorts.map((port) => `/ip4/127.0.0.1/tcp/${port}`);
  const { root } = place;

  say("starting the L1, drawing the validators' keys");
  const [l1, { committee, secrets }] = await Promise.all([
    startL1(processes, { ...place, port: l1Port }),
    drawKeys(place, { validators: count, later, dealsSealingKey }),
  ]);
  if (l1.remark !== undefined) say(l1.remark);
  const provider = connectL1(l1.url);
  say("deploying the contracts, registering the validators");
  const deployment = await deployContracts({
    root,
    provider,
    committee,
    secrets,
    addresses,
    epochLength: epochSeconds,
    firstEpochLength: dealsSealingKey ? epochSeconds : 0,
  });
  const hasPerpetuals = options.perpetuals === true;
  if (hasPerpetuals) say("deploying the vault of the perpetuals rollup, depositing");
  const perpetuals = hasPerpetuals
    ? await deployPerpetuals(place, provider, { deployment, apiPort: perpetualsPort })
    : undefined;
  const genesis = await buildGenesis(place, {
    deployment,
    rpcUrl: l1.url,
    addresses,
    apiPorts,
    validators: count,
    epochTime: epochSeconds * 1_000_000,
  });
  await beforeStart?.(peerPorts.slice(0, count));
  say(`starting ${count} validators`);
  const all = apiPorts.map((apiPort, index) => new Validator(place, processes, { index, apiPort }));
  const validators = all.slice(0, count);
  await Promise.all(validators.map((validator) => validator.start()));
  await Promise.all(validators.map((validator) => validator.ready()));
  say("waiting until the validators have agreed on what the L1 says of the rollups");
  await rollupsKnown(validators, perpetuals?.l1End ?? deployment.l1End, processes);
  if (!dealsSealingKey) {
    say("waiting until the validators have made the key that transactions are sealed to");
    await reachEpoch(validators, 1, processes);
    // An epoch begins with a node that stops and one that starts.
    await Promise.all(validators.map((validator) => validator.ready()));
  }
  return {
    place,
    l1,
    provider,
    deployment,
    perpetuals,
    genesis,
    validators,
    later: all.slice(count),
    addresses,
  };
}

/** Throws `CodedError` NOT_READY when it does not begin for all of them. */
export async function reachEpoch(
  validators: readonly Validator[],
  epoch: number,
  { failed }: Processes,
): Promise<void> {
  const isReached = async (): Promise<boolean> => {
    const statuses = await Promise.allSettled(validators.map(({ api }) => api.status()));
    return statuses.every((each) => each.status === "fulfilled" && each.value.epoch >= epoch);
  };
  if (await until(isReached, { timeoutMs: keyMs, failed })) return;
  throw new CodedError("NOT_READY", `epoch ${epoch} does not begin`);
}

/** Until then the rollups' transactions are refused. Throws `CodedError` NOT_READY. */
async function rollupsKnown(
  [first]: readonly Validator[],
  l1End: number,
  { failed }: Processes,
): Promise<void> {
  assert(first !== undefined, "a devnet has validators");
  const isKnown = async (): Promise<boolean> => {
    const { final } = await first.api.status();
    const block = final === 0 ? undefined : await first.api.block(final);
    return block !== undefined && block.l1Block >= l1End;
  };
  if (await until(isKnown, { timeoutMs: readyMs, failed })) return;
  throw new CodedError("NOT_READY", "the validators finalize nothing, or do not read the L1");
}

/** Where a devnet keeps its logs. */
export function logsOf(folder: string): string {
  return join(folder, "logs");
}
