// The committee of a devnet, made with the commands that operators use: keys first, for the hub is deployed with the
// committee's hash; then the genesis, which names the hub.

import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  type Committee,
  fromCommitteeJson,
  fromGenesisJson,
  type Genesis,
} from "../../protocol/index.ts";
import { openKeyFile } from "../../sequencer/keys/index.ts";
import { devAccount } from "./accounts.ts";
import { runConclave } from "./conclave.ts";
import type { Deployment } from "./contracts.ts";
import { l1ChainId } from "./l1.ts";

export interface Place {
  /** The repository. */
  readonly root: string;
  /** Where the committee's files go. */
  readonly folder: string;
}

export interface DealtKeys {
  readonly committee: Committee;
  /** BLS secrets by validator, which register them on the L1. */
  readonly secrets: readonly Uint8Array[];
}

export async function dealKeys({ root, folder }: Place, validators: number): Promise<DealtKeys> {
  await runConclave(root, "genesis", "keys", "--out", folder, "--validators", String(validators));
  const committee = fromCommitteeJson(await readJson(join(folder, "committee.json")));
  const secrets = await Promise.all(
    committee.members.map(async (_, index) => {
      const home = homeOf(folder, index);
      const password = { file: join(home, "password") };
      return (await openKeyFile(join(home, "validator.json"), "validator", password)).secret;
    }),
  );
  return { committee, secrets };
}

export interface GenesisRequest {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  /** Multiaddresses by validator. */
  readonly addresses: readonly string[];
  /** Of their client interfaces, by validator. */
  readonly apiPorts: readonly number[];
}

/** Short enough that a devnet's user sees a checkpoint before losing patience. Times in microseconds. */
const parameters = { checkpointHeights: 32, checkpointTime: 3_000_000 };

/** Writes the genesis and a configuration for each validator, which pays on the L1 with an account of its own. */
export async function buildGenesis(
  { root, folder }: Place,
  { deployment, rpcUrl, addresses, apiPorts }: GenesisRequest,
): Promise<Genesis> {
  const options = {
    "--out": folder,
    "--chain-id": l1ChainId,
    "--hub": deployment.hub,
    "--rollups": deployment.rollups,
    "--l1-rpc-url": rpcUrl,
    "--l1-start": deployment.l1Start,
  };
  await runConclave(
    root,
    "genesis",
    "build",
    ...Object.entries(options).flatMap(([name, value]) => [name, String(value)]),
    ...Object.entries(parameters).flatMap(([name, value]) => ["--parameter", `${name}=${value}`]),
    "--addresses",
    ...addresses,
  );
  const { bundle } = deployment;
  for (const [index, port] of apiPorts.entries()) await configure(folder, index, { port, bundle });
  return fromGenesisJson(await readJson(join(folder, "genesis.json")));
}

const blockIntervalMs = 100;

/** Adds to the configuration what the ceremony leaves to the operator. */
async function configure(
  folder: string,
  index: number,
  { port, bundle }: { readonly port: number; readonly bundle: string },
): Promise<void> {
  const home = homeOf(folder, index);
  const path = join(home, "config.json");
  const config = (await readJson(path)) as { readonly api: object; readonly l1: object };
  await writeFile(join(home, "poster"), `${devAccount(index + 1).privateKey}\n`, { mode: 0o600 });
  const complete = {
    ...config,
    api: { ...config.api, port },
    l1: { ...config.l1, bundle, poster: { file: "poster" } },
    // All validators share this machine: a block costs each of them 9 ms of it, however little is in it.
    workers: Math.max(1, Math.floor(availableParallelism() / 4)),
    blockIntervalMs,
  };
  await writeFile(path, `${JSON.stringify(complete, null, 2)}\n`);
}

/** Where one validator's files are. */
export function homeOf(folder: string, index: number): string {
  return join(folder, `validator-${index}`);
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8")) as unknown;
}
