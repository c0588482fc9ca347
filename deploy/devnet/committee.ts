// The committee of a devnet, made with the commands that operators use: keys first, for the hub is deployed with the
// committee's hash; then the genesis, which names the hub.

import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import {
  type Committee,
  fromCommitteeJson,
  fromGenesisJson,
  type Genesis,
} from "../../protocol/index.ts";
import { nodeNetworkSignatures } from "../../sequencer/crypto/index.ts";
import { openKeyFile } from "../../keystore/index.ts";
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

export interface DrawnKeys {
  readonly committee: Committee;
  /** BLS secrets of the committee by validator, which register them on the L1. */
  readonly secrets: readonly Uint8Array[];
}

export interface KeysRequest {
  /** In the committee of genesis. */
  readonly validators: number;
  /** Who have keys, and may register later; they count on from the committee. */
  readonly later: number;
  /** A sealing key from the start, in place of one that the validators make. */
  readonly dealsSealingKey: boolean;
}

export async function drawKeys(
  { root, folder }: Place,
  { validators, later, dealsSealingKey }: KeysRequest,
): Promise<DrawnKeys> {
  const options = ["--out", folder, "--validators", String(validators)];
  if (dealsSealingKey) options.push("--deal-sealing-key");
  await runConclave(root, "genesis", "keys", ...options);
  for (let index = validators; index < validators + later; index++)
    await drawOwnKeys(root, homeOf(folder, index));
  const committee = fromCommitteeJson(await readJson(join(folder, "committee.json")));
  const secrets = await Promise.all(
    committee.members.map(async (_, index) => (await keysOf(folder, index)).secret),
  );
  return { committee, secrets };
}

/** What a validator registers on the L1. */
export async function keysOf(
  folder: string,
  index: number,
): Promise<{ readonly secret: Uint8Array; readonly networkKey: Uint8Array }> {
  const home = homeOf(folder, index);
  const password = { file: join(home, "password") };
  const validator = await openKeyFile(join(home, "validator.json"), "validator", password);
  const network = await openKeyFile(join(home, "network.json"), "network", password);
  return {
    secret: validator.secret,
    networkKey: nodeNetworkSignatures.publicKey(network.secret),
  };
}

/** As an operator does who comes later. */
async function drawOwnKeys(root: string, home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const password = join(home, "password");
  await writeFile(password, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  for (const type of ["validator", "network"]) {
    const out = join(home, `${type}.json`);
    const options = ["--type", type, "--out", out, "--password", `file:${password}`];
    await runConclave(root, "keys", "generate", ...options, "--derivation", "pbkdf2");
  }
}

export interface GenesisRequest {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  /** Multiaddresses by validator. */
  readonly addresses: readonly string[];
  /** Of their client interfaces, by validator. */
  readonly apiPorts: readonly number[];
  /** How many of them are of the committee of genesis. */
  readonly validators: number;
  /** How long an epoch lasts at least, µs of block time. */
  readonly epochTime: number;
}

/**
 * Short enough that a devnet's user sees a checkpoint, or a key, before losing patience: times in microseconds, windows in
 * blocks. Every third committee has a new key.
 */
const parameters = {
  checkpointHeights: 32,
  checkpointTime: 3_000_000,
  dkgWindow: 10,
  keyEpochs: 3,
};

/** Writes the genesis and a configuration for each validator, which pays on the L1 with an account of its own. */
export async function buildGenesis(
  { root, folder }: Place,
  { deployment, rpcUrl, addresses, apiPorts, validators, epochTime }: GenesisRequest,
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
    ...Object.entries({ ...parameters, epochTime }).flatMap(([name, value]) => [
      "--parameter",
      `${name}=${value}`,
    ]),
    "--addresses",
    ...addresses.slice(0, validators),
  );
  const { bundle } = deployment;
  const first = join(homeOf(folder, 0), "config.json");
  for (const [index, port] of apiPorts.entries()) {
    if (index >= validators) await copyConfig(first, homeOf(folder, index), addresses[index] ?? "");
    await configure(folder, index, { port, bundle });
  }
  return fromGenesisJson(await readJson(join(folder, "genesis.json")));
}

const blockIntervalMs = 100;

/** Of one who has no place in genesis, and is reached at another address. */
async function copyConfig(path: string, home: string, listen: string): Promise<void> {
  const { validator: _, ...config } = (await readJson(path)) as {
    readonly validator: number;
    readonly network: object;
  };
  const own = { ...config, network: { ...config.network, listen } };
  await writeFile(join(home, "config.json"), JSON.stringify(own), { mode: 0o600 });
  await copyFile(join(dirname(path), "genesis.json"), join(home, "genesis.json"));
}

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
