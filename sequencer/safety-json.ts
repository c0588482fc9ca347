// What a validator's key is bound by, as a file that moves with the key to another machine, in the manner of EIP-3076.
// One key and one chain a file. Reading is strict: a field that is overlooked would be a vote that is given again.

import { CodedError, equalBytes } from "../base/index.ts";
import { initialSafety, type SafetyState } from "../consensus/index.ts";
import {
  type Checkpoint,
  checkpointHash,
  Epoch,
  Height,
  hexJson,
  type JsonRecord,
  strictJson,
  View,
} from "../protocol/index.ts";
import type { Promises } from "./promises.ts";

/** Whose promises on which chain. */
export interface SafetyFile {
  readonly genesisHash: Uint8Array;
  /** 48 bytes. */
  readonly publicKey: Uint8Array;
  readonly promises: Promises;
}

const format = "conclave-safety";
const version = 1;
const code = "SAFETY_FILE_INVALID";
const strict = strictJson(code);

/** Of the checkpoints the last one of each epoch: heights ascend, so it forbids all below it. */
export function toSafetyJson({ genesisHash, publicKey, promises }: SafetyFile): JsonRecord {
  const { incarnation, safety, attested } = promises;
  const last = new Map(attested.map((checkpoint) => [checkpoint.epoch, checkpoint]));
  const votes = new Map(safety.map((state) => [state.epoch, state]));
  const epochs = [...new Set([...votes.keys(), ...last.keys()])].sort((a, b) => a - b);
  return {
    metadata: {
      interchangeFormat: format,
      interchangeVersion: version,
      genesisHash: hexJson(genesisHash),
    },
    data: {
      publicKey: hexJson(publicKey),
      incarnation,
      epochs: epochs.map((epoch) =>
        toEpochJson(votes.get(epoch) ?? initialSafety(epoch), last.get(epoch)),
      ),
    },
  };
}

/** Throws `CodedError` SAFETY_FILE_INVALID, whose message names the field. */
export function fromSafetyJson(json: unknown): SafetyFile {
  const root = strict.record(json, "file", ["metadata", "data"]);
  const metadata = strict.record(root["metadata"], "metadata", [
    "interchangeFormat",
    "interchangeVersion",
    "genesisHash",
  ]);
  strict.word(metadata["interchangeFormat"], "metadata.interchangeFormat", [format]);
  if (metadata["interchangeVersion"] !== version)
    throw strict.wrong("metadata.interchangeVersion", String(version));
  const data = strict.record(root["data"], "data", ["publicKey", "incarnation", "epochs"]);
  if (!Array.isArray(data["epochs"])) throw strict.wrong("data.epochs", "a list");
  const epochs = data["epochs"].map((each: unknown, i) => toEpoch(each, `data.epochs[${i}]`));
  for (const [i, { state }] of epochs.entries())
    if (i > 0 && state.epoch <= (epochs[i - 1]?.state.epoch ?? 0))
      throw strict.wrong(`data.epochs[${i}].epoch`, "above the one before");
  return {
    genesisHash: strict.bytes(metadata["genesisHash"], "metadata.genesisHash", 32),
    publicKey: strict.bytes(data["publicKey"], "data.publicKey", 48),
    promises: {
      incarnation: strict.integer(data["incarnation"], "data.incarnation", 0xffff_fffe),
      safety: epochs.map(({ state }) => state),
      attested: epochs.flatMap(({ checkpoint }) => checkpoint ?? []),
    },
  };
}

function toEpochJson(state: SafetyState, checkpoint: Checkpoint | undefined): JsonRecord {
  return {
    epoch: state.epoch,
    lastPrepare: state.lastPrepare,
    prepareHash: hexJson(state.prepareHash),
    lastCommit: state.lastCommit,
    lastSkip: state.lastSkip,
    ...(checkpoint === undefined ? {} : { lastCheckpoint: toCheckpointJson(checkpoint) }),
  };
}

function toCheckpointJson(checkpoint: Checkpoint): JsonRecord {
  const { number, height, blockHash, rollupsRoot, next } = checkpoint;
  return {
    height,
    hash: hexJson(checkpointHash(checkpoint)),
    number,
    blockHash: hexJson(blockHash),
    rollupsRoot: hexJson(rollupsRoot),
    next: hexJson(next),
  };
}

function toEpoch(
  json: unknown,
  path: string,
): { readonly state: SafetyState; readonly checkpoint: Checkpoint | undefined } {
  const fields = ["epoch", "lastPrepare", "prepareHash", "lastCommit", "lastSkip"];
  const record = strict.record(json, path, fields, ["lastCheckpoint"]);
  const integer = (name: string): number => strict.integer(record[name], `${path}.${name}`);
  const state = {
    epoch: Epoch(integer("epoch")),
    lastPrepare: View(integer("lastPrepare")),
    prepareHash: strict.bytes(record["prepareHash"], `${path}.prepareHash`, 32),
    lastCommit: View(integer("lastCommit")),
    lastSkip: View(integer("lastSkip")),
  };
  const last = record["lastCheckpoint"];
  const at = `${path}.lastCheckpoint`;
  return {
    state,
    checkpoint: last === undefined ? undefined : toCheckpoint(last, at, state.epoch),
  };
}

function toCheckpoint(json: unknown, path: string, epoch: Epoch): Checkpoint {
  const fields = ["height", "hash", "number", "blockHash", "rollupsRoot", "next"];
  const record = strict.record(json, path, fields);
  const bytes = (name: string): Uint8Array => strict.bytes(record[name], `${path}.${name}`, 32);
  const checkpoint: Checkpoint = {
    number: strict.integer(record["number"], `${path}.number`),
    epoch,
    height: Height(strict.integer(record["height"], `${path}.height`)),
    blockHash: bytes("blockHash"),
    rollupsRoot: bytes("rollupsRoot"),
    next: bytes("next"),
  };
  if (equalBytes(checkpointHash(checkpoint), bytes("hash"))) return checkpoint;
  throw new CodedError(code, `${path}.hash is not the hash of the checkpoint beside it`);
}
