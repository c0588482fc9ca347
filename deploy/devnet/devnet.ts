// A devnet from nothing: the L1, the committee's keys, the contracts, the genesis, and the validators as processes.

import { join } from "node:path";
import type { JsonRpcProvider } from "ethers";
import { assert, CodedError } from "../../base/index.ts";
import type { Genesis } from "../../protocol/index.ts";
import { buildGenesis, dealKeys, type Place } from "./committee.ts";
import { type Deployment, deployContracts } from "./contracts.ts";
import { connectL1, type L1, startL1 } from "./l1.ts";
import { freePorts } from "./ports.ts";
import type { Processes } from "./processes.ts";
import { until } from "./until.ts";
import { Validator } from "./validators.ts";

export interface Devnet {
  readonly place: Place;
  readonly l1: L1;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  readonly genesis: Genesis;
  readonly validators: readonly Validator[];
}

export interface DevnetOptions {
  readonly validators: number;
  /** Take the usual ports where they are free, and not just any. */
  readonly usualPorts: boolean;
  /** Says what is being done. */
  readonly say: (line: string) => void;
  /** Comes between the writing of the validators' files and their first start, to change what it wants of them. */
  readonly beforeStart?: (peerPorts: readonly number[]) => Promise<void>;
}

const readyMs = 60_000;
/** A committee may be prepared once the epoch is so old. */
const epochSeconds = 24 * 3600;
const usual = { l1: 8545, peers: 9000, api: 8080 };

/** Throws a `CodedError` that says what failed; the processes are the caller's to stop. */
export async function startDevnet(
  place: Place,
  processes: Processes,
  { validators: count, usualPorts, say, beforeStart }: DevnetOptions,
): Promise<Devnet> {
  const preferred = usualPorts ? usual : undefined;
  const [l1Port = 0] = await freePorts(1, preferred?.l1);
  const peerPorts = await freePorts(count, preferred?.peers);
  const apiPorts = await freePorts(count, preferred?.api);
  const addresses = peerPorts.map((port) => `/ip4/127.0.0.1/tcp/${port}`);
  const { root } = place;

  say("starting the L1, dealing the committee's keys");
  const [l1, { committee, secrets }] = await Promise.all([
    startL1(processes, { ...place, port: l1Port }),
    dealKeys(place, count),
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
    firstEpochLength: epochSeconds,
  });
  const genesis = await buildGenesis(place, {
    deployment,
    rpcUrl: l1.url,
    addresses,
    apiPorts,
  });
  await beforeStart?.(peerPorts);
  say(`starting ${count} validators`);
  const validators = apiPorts.map(
    (apiPort, index) => new Validator(place, processes, { index, apiPort }),
  );
  await Promise.all(validators.map((validator) => validator.start()));
  await Promise.all(validators.map((validator) => validator.ready()));
  say("waiting until the validators have agreed on what the L1 says of the rollups");
  await rollupsKnown(validators, deployment, processes);
  return { place, l1, provider, deployment, genesis, validators };
}

/** Until then the rollups' transactions are refused. Throws `CodedError` NOT_READY. */
async function rollupsKnown(
  [first]: readonly Validator[],
  { l1End }: Deployment,
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
