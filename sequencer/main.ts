// The program of a validator: puts the commands together with what they command.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CodedError, type Random, toHex } from "../base/index.ts";
import { nobleBls, nobleNetworkSignatures } from "../crypto/index.ts";
import {
  decryptKeystore,
  readKeyFile,
  readKeyLabel,
  readPassword,
  type SecretKey,
  writeKeyFile,
} from "../keystore/index.ts";
import { genesisHash, quorum } from "../protocol/index.ts";
import {
  type Actions,
  type KeyListing,
  type KeyMove,
  type MakeKey,
  runProgram,
} from "./cli/index.ts";
import { type ConfigSources, loadConfig, redactConfig } from "./config.ts";
import { blstBls, createMclSealingGroup } from "./crypto/index.ts";
import { drawSecret } from "./genesis.ts";
import { type CeremonyPorts, readGenesis, writeCommittee, writeGenesis } from "./genesis-files.ts";
import { leaveSignedMark } from "./keys/index.ts";
import { startNode } from "./node.ts";
import type { Promises } from "./promises.ts";
import { exportSafety, importSafety, type SafetyPorts, startSafety } from "./safety-files.ts";
import { openStore } from "./storage/index.ts";
import { createLogging } from "./telemetry/index.ts";

const random: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };

const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};

const actions: Actions = {
  version,
  clientFolder: join(root, "cli"),
  async printConfig(sources, { redact }) {
    const config = await loadConfig(sources);
    return { ...(redact ? redactConfig(config) : config) };
  },
  async makeCommittee(request) {
    const { path } = await writeCommittee(await ceremonyPorts(), request);
    const { validators } = request;
    return { committee: path, validators, quorum: quorum(validators) };
  },
  async makeGenesis(request) {
    const { path, hash } = await writeGenesis(await ceremonyPorts(), request);
    return { genesis: path, hash: `0x${toHex(hash)}` };
  },
  async describeGenesis(path) {
    const genesis = await readGenesis(await ceremonyPorts(), path);
    const seats = genesis.committee.members.length;
    return {
      hash: `0x${toHex(genesisHash(genesis))}`,
      chainId: genesis.chainId,
      hub: `0x${toHex(genesis.contracts.hub)}`,
      rollups: `0x${toHex(genesis.contracts.rollups)}`,
      validators: seats,
      quorum: quorum(seats),
    };
  },
  makeKey,
  listKeys,
  moveKey,
  exportSafety: async (sources, { out }) => ({
    file: out,
    ...described(await exportSafety(await safetyPorts(sources), out)),
  }),
  importSafety: async (sources, { from }) =>
    described(await importSafety(await safetyPorts(sources), from)),
  initSafety: async (sources) => described(await startSafety(await safetyPorts(sources))),
  startNode: runNode,
};

/** Until it is told to stop; a second signal does not wait. Exits with 1 when the node had to stop by itself. */
async function runNode(sources: ConfigSources): Promise<void> {
  // Heard from now on: who is told while it starts stops in good order as well.
  const told = new Promise<undefined>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(undefined);
      });
  });
  const config = await loadConfig(sources);
  // In full, since a bad key would show only when its owner is first needed.
  await readGenesis(await ceremonyPorts(), config.genesis);
  const node = await startNode(config, { version });
  const reason = await Promise.race([told, node.failed]);
  await node.close();
  if (reason !== undefined)
    throw new CodedError("NODE_STOPPED", "the node had to stop; its log says why", {
      cause: reason,
    });
}

async function ceremonyPorts(): Promise<CeremonyPorts> {
  return {
    bls: blstBls,
    group: await createMclSealingGroup(),
    random,
    // The password is 32 random bytes, which no slow derivation makes harder to guess.
    writeKey: (path, key, passwordFile) =>
      writeKeyFile(path, key, { file: passwordFile }, "pbkdf2"),
  };
}

async function safetyPorts(sources: ConfigSources): Promise<SafetyPorts> {
  const config = await loadConfig(sources);
  const silent = createLogging({ level: "silent" })("storage");
  return {
    genesis: await readGenesis(await ceremonyPorts(), config.genesis),
    config,
    openStore: (path, hash) => openStore(path, { genesisHash: hash, logger: silent }),
    leaveMark: leaveSignedMark,
    async publicKey(path) {
      const label = readKeyLabel(await readKeyFile(path));
      if (label.type === "validator") return label.publicKey;
      throw new CodedError("KEYSTORE_TYPE_WRONG", `${path} holds no validator key`);
    },
  };
}

/** How far the key is bound, for whoever checks it with the other machine. */
function described({ incarnation, safety, attested }: Promises): Record<string, unknown> {
  const last = safety.at(-1);
  return {
    incarnation,
    epoch: last?.epoch ?? 0,
    lastPrepare: last?.lastPrepare ?? 0,
    lastCommit: last?.lastCommit ?? 0,
    lastSkip: last?.lastSkip ?? 0,
    lastCheckpoint: attested.at(-1)?.height ?? 0,
  };
}

async function makeKey({
  type,
  out,
  password,
  derivation,
}: MakeKey): Promise<{ path: string; key: string }> {
  const key: SecretKey = { type, secret: drawSecret(type, random) };
  await writeKeyFile(out, key, password, derivation);
  const signatures = type === "validator" ? nobleBls : nobleNetworkSignatures;
  return { path: out, key: `0x${toHex(signatures.publicKey(key.secret))}` };
}

async function moveKey(move: KeyMove): Promise<{ path: string; type: string }> {
  const key = await decryptKeystore(
    await readKeyFile(move.from),
    await readPassword(move.password),
  );
  await writeKeyFile(move.out, key, move.newPassword, move.derivation);
  return { path: move.out, type: key.type };
}

/** Of a folder, what in it is a keystore; of a file, that it is one or an error. */
async function listKeys(paths: readonly string[]): Promise<readonly KeyListing[]> {
  const listings: KeyListing[] = [];
  for (const path of paths) {
    const files = await filesIn(path);
    for (const file of files ?? [path]) {
      try {
        listings.push(await listKey(file));
      } catch (error) {
        if (files === undefined) throw error;
      }
    }
  }
  return listings;
}

async function listKey(path: string): Promise<KeyListing> {
  const label = readKeyLabel(await readKeyFile(path));
  const key =
    label.type === "keyShare"
      ? `key ${label.keyId}, seat ${label.seat}`
      : `0x${toHex(label.publicKey)}`;
  return { path, type: label.type, key };
}

/** Undefined when it is no folder. */
async function filesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return undefined;
    const names = await readdir(path);
    return names
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(path, name));
  } catch (cause) {
    throw new CodedError("FILE_UNREADABLE", `${path} cannot be read`, { cause });
  }
}

process.exitCode = await runProgram(actions, process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
