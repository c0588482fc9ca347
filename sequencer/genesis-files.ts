// The ceremony's files. One folder for the committee, and in it one folder per validator that its operator takes away
// whole: keystores, their password, genesis and a configuration that starts. Nothing is ever written over.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError, fromHex, type Random, toHex } from "../base/index.ts";
import type { Bls, SealingGroup } from "../crypto/index.ts";
import {
  fromCommitteeJson,
  fromGenesisJson,
  type Genesis,
  genesisHash,
  type Parameters,
  toCommitteeJson,
  toGenesisJson,
  sealingOf,
} from "../protocol/index.ts";
import {
  checkGenesis,
  dealCommittee,
  drawCommittee,
  makeGenesis,
  type ValidatorSecrets,
} from "./genesis.ts";

/** What the ceremony needs of the world. */
export interface CeremonyPorts {
  readonly bls: Bls;
  readonly group: SealingGroup;
  readonly random: Random;
  /** Writes a keystore that opens with the password in the file; refuses a path that is taken. */
  readonly writeKey: (path: string, key: CeremonyKey, passwordFile: string) => Promise<void>;
}

export type CeremonyKey =
  | { readonly type: "validator" | "network"; readonly secret: Uint8Array }
  | {
      readonly type: "keyShare";
      readonly keyId: number;
      readonly seat: number;
      readonly secret: Uint8Array;
    };

/** Names inside a validator's folder, as config.ts has them by default. */
const names = {
  validator: "validator.json",
  network: "network.json",
  keyShare: "key-share.json",
  password: "password",
  genesis: "genesis.json",
  config: "config.json",
};

/** First step: `committee.json` in the folder, and keystores in `validator-0` and so on. */
export async function writeCommittee(
  ports: CeremonyPorts,
  request: {
    readonly folder: string;
    readonly validators: number;
    /** With a sealing key, in place of one that a later committee makes. */
    readonly dealsSealingKey: boolean;
  },
): Promise<{ readonly path: string }> {
  const { folder, validators, dealsSealingKey } = request;
  const draw = { validators, entropy: ports.random.bytes(32) };
  const path = join(folder, "committee.json");
  await makeFolder(folder);
  const dealt = dealsSealingKey ? dealCommittee(ports.group, draw) : undefined;
  const { committee, secrets } = dealt ?? drawCommittee(draw);
  for (const [index, each] of secrets.entries())
    await writeSecrets(ports, validatorFolder(folder, index), each);
  for (const [index, { keyShare }] of (dealt?.secrets ?? []).entries()) {
    const home = validatorFolder(folder, index);
    const { keyId } = sealingOf(committee);
    const share: CeremonyKey = { type: "keyShare", keyId, seat: index + 1, secret: keyShare };
    await ports.writeKey(join(home, names.keyShare), share, join(home, names.password));
  }
  // Last, so that it stands only where all keys do.
  await writeOnce(path, json(toCommitteeJson(committee)), 0o644);
  return { path };
}

export interface GenesisRequest {
  /** Where `writeCommittee` wrote. */
  readonly folder: string;
  readonly chainId: number;
  /** Addresses as hex. */
  readonly hub: string;
  readonly rollups: string;
  readonly bundle?: string;
  readonly l1Start: number;
  readonly rpcUrl: string;
  readonly parameters?: Partial<Parameters>;
  /** Multiaddresses by validator; by default on this machine, from port 9000 on. */
  readonly addresses?: readonly string[];
  /** Of the first validator's client interface; the next ones count on from it. */
  readonly apiPort?: number;
}

/** Second step: `genesis.json` in the folder and beside each validator's keys, with a configuration there. */
export async function writeGenesis(
  ports: CeremonyPorts,
  request: GenesisRequest,
): Promise<{ readonly path: string; readonly hash: Uint8Array }> {
  const { folder } = request;
  const committee = fromCommitteeJson(await readJson(join(folder, "committee.json")));
  const genesis = makeGenesis(ports, {
    chainId: request.chainId,
    contracts: {
      hub: address(request.hub, "hub"),
      rollups: address(request.rollups, "rollups"),
    },
    l1Start: request.l1Start,
    committee,
    ...(request.parameters === undefined ? {} : { parameters: request.parameters }),
  });
  const seats = committee.members.length;
  const peers = request.addresses ?? localAddresses(seats);
  if (peers.length !== seats)
    throw new CodedError(
      "ADDRESSES_MISMATCH",
      `the committee has ${seats} validators, and there are ${peers.length} addresses: give one for each, in order`,
    );
  const text = json(toGenesisJson(genesis));
  const path = join(folder, names.genesis);
  for (let index = 0; index < seats; index++) {
    const home = validatorFolder(folder, index);
    await makeFolder(home);
    await writeOnce(join(home, names.genesis), text, 0o644);
    await writeOnce(join(home, names.config), json(configOf(request, peers, index)), 0o600);
  }
  await writeOnce(path, text, 0o644);
  return { path, hash: genesisHash(genesis) };
}

/** Reads a genesis file and checks it in full; throws `CodedError` FILE_UNREADABLE or BAD_GENESIS. */
export async function readGenesis(
  ports: { readonly bls: Bls; readonly group: SealingGroup },
  path: string,
): Promise<Genesis> {
  const genesis = fromGenesisJson(await readJson(path));
  checkGenesis(ports, genesis);
  return genesis;
}

async function writeSecrets(
  { random, writeKey }: CeremonyPorts,
  folder: string,
  { validator, network }: ValidatorSecrets,
): Promise<void> {
  // A password of its own for each, since each folder goes to another operator.
  const password = join(folder, names.password);
  await makeFolder(folder);
  await writeOnce(password, `${toHex(random.bytes(32))}\n`, 0o600);
  await writeKey(join(folder, names.validator), { type: "validator", secret: validator }, password);
  await writeKey(join(folder, names.network), { type: "network", secret: network }, password);
}

function configOf(request: GenesisRequest, peers: readonly string[], index: number): object {
  const { apiPort = 8080, rpcUrl, bundle } = request;
  return {
    dataDirectory: "data",
    genesis: names.genesis,
    validator: index,
    keys: {
      validator: names.validator,
      network: names.network,
      keyShare: names.keyShare,
      password: { file: names.password },
    },
    network: { listen: listenFor(peers[index] ?? ""), peers },
    api: { host: "127.0.0.1", port: apiPort + index },
    l1: { rpcUrl, ...(bundle === undefined ? {} : { bundle }) },
    log: { level: "info" },
  };
}

/** Others may reach this machine by a name that it does not know itself, so on all its addresses, unless the committee
 * lives on one machine. */
function listenFor(own: string): string {
  return own.startsWith("/ip4/127.") ? own : own.replace(/^\/[^/]+\/[^/]+/, "/ip4/0.0.0.0");
}

function localAddresses(seats: number): readonly string[] {
  return Array.from({ length: seats }, (_, index) => `/ip4/127.0.0.1/tcp/${9000 + index}`);
}

function validatorFolder(folder: string, index: number): string {
  return join(folder, `validator-${index}`);
}

function address(text: string, what: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes?.length === 20) return bytes;
  throw new CodedError("BAD_ADDRESS", `${what} must be an address: 0x and 40 hex digits`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new CodedError("FILE_UNREADABLE", `${path} ${why}`, { cause });
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CodedError("FILE_UNWRITABLE", `cannot make the folder ${path}`, { cause });
  }
}

async function writeOnce(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode, flush: true });
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw isThere
      ? new CodedError(
          "FILE_EXISTS",
          `${path} exists, and is not written over: choose another folder`,
        )
      : new CodedError("FILE_UNWRITABLE", `cannot write ${path}`, { cause });
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
