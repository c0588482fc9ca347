// The genesis file: JSON with the fields of `Genesis`. Reading is strict, because two files that differ must not be the
// same network.

import { toHex } from "../base/index.ts";
import type { Committee, Member, SealingPublicKey } from "./committee.ts";
import type { Genesis, Parameters } from "./genesis.ts";
import { committeeMax } from "./limits.ts";
import { Epoch } from "./numbers.ts";
import { hexJson, type JsonRecord, strictJson } from "./strict-json.ts";

export function toGenesisJson(genesis: Genesis): JsonRecord {
  const { chainId, contracts, l1Start, committee, parameters } = genesis;
  return {
    chainId,
    contracts: { hub: hexJson(contracts.hub), rollups: hexJson(contracts.rollups) },
    l1Start,
    committee: toCommitteeJson(committee),
    parameters: Object.fromEntries(parameterNames.map((name) => [name, parameters[name]])),
  };
}

/** The committee of genesis alone, which has no key before its own: it is known before the contracts that are deployed
 * with its hash. */
export function toCommitteeJson({ epoch, members, sealing }: Committee): JsonRecord {
  return {
    epoch,
    members: members.map((member) => ({
      publicKey: hexJson(member.publicKey),
      networkKey: hexJson(member.networkKey),
      verificationKey: hexJson(member.verificationKey),
    })),
    // Said, not left out: a file that lost a line is another network.
    sealing: sealing === undefined ? null : toSealingJson(sealing),
  };
}

/** Throws `CodedError` BAD_GENESIS, whose message names the field. Whether the keys are points is not asked here. */
export function fromGenesisJson(json: unknown): Genesis {
  const fields = ["chainId", "contracts", "l1Start", "committee", "parameters"];
  const root = strict.record(json, "genesis", fields);
  const contracts = strict.record(root["contracts"], "contracts", ["hub", "rollups"]);
  return {
    chainId: strict.integer(root["chainId"], "chainId"),
    contracts: {
      hub: strict.bytes(contracts["hub"], "contracts.hub", 20),
      rollups: strict.bytes(contracts["rollups"], "contracts.rollups", 20),
    },
    l1Start: strict.integer(root["l1Start"], "l1Start"),
    committee: fromCommitteeJson(root["committee"]),
    parameters: toParameters(root["parameters"]),
  };
}

const strict = strictJson("BAD_GENESIS");

const parameterNames = [
  "viewTimeout",
  "idleTime",
  "laneFlush",
  "laneHeartbeat",
  "checkpointHeights",
  "checkpointTime",
  "feePerByte",
  "epochTime",
  "dkgWindow",
  "keyEpochs",
  "keyOverlap",
  "voidAfter",
] as const satisfies readonly (keyof Parameters)[];

/** Throws as `fromGenesisJson` does. */
export function fromCommitteeJson(json: unknown): Committee {
  const committee = strict.record(json, "committee", ["epoch", "members", "sealing"]);
  return {
    epoch: Epoch(strict.integer(committee["epoch"], "committee.epoch")),
    members: toMembers(committee["members"]),
    sealing: committee["sealing"] === null ? undefined : toSealing(committee["sealing"]),
  };
}

function toSealingJson({ keyId, pk1, pk2 }: SealingPublicKey): JsonRecord {
  return { keyId, pk1: hexJson(pk1), pk2: hexJson(pk2) };
}

function toSealing(json: unknown): SealingPublicKey {
  const path = "committee.sealing";
  const sealing = strict.record(json, path, ["keyId", "pk1", "pk2"]);
  return {
    keyId: strict.integer(sealing["keyId"], `${path}.keyId`, 0xffff_ffff),
    pk1: strict.bytes(sealing["pk1"], `${path}.pk1`, 48),
    pk2: strict.bytes(sealing["pk2"], `${path}.pk2`, 96),
  };
}

function toMembers(json: unknown): Member[] {
  const path = "committee.members";
  if (!Array.isArray(json) || json.length === 0 || json.length > committeeMax)
    throw strict.wrong(path, `a list of 1 to ${committeeMax}`);
  const members = json.map((each: unknown, i) => toMember(each, `${path}[${i}]`));
  // A key with two seats would vote twice, and its owner be taken for an equivocator.
  for (const key of ["publicKey", "networkKey"] as const)
    if (new Set(members.map((member) => toHex(member[key]))).size < members.length)
      throw strict.wrong(path, `distinct in their ${key}`);
  return members;
}

function toMember(json: unknown, path: string): Member {
  const member = strict.record(json, path, ["publicKey", "networkKey", "verificationKey"]);
  return {
    publicKey: strict.bytes(member["publicKey"], `${path}.publicKey`, 48),
    networkKey: strict.bytes(member["networkKey"], `${path}.networkKey`, 32),
    verificationKey: strict.bytes(member["verificationKey"], `${path}.verificationKey`, 96),
  };
}

function toParameters(json: unknown): Parameters {
  const parameters = strict.record(json, "parameters", parameterNames);
  const read = (name: keyof Parameters): number =>
    strict.integer(parameters[name], `parameters.${name}`);
  return {
    viewTimeout: read("viewTimeout"),
    idleTime: read("idleTime"),
    laneFlush: read("laneFlush"),
    laneHeartbeat: read("laneHeartbeat"),
    checkpointHeights: read("checkpointHeights"),
    checkpointTime: read("checkpointTime"),
    feePerByte: read("feePerByte"),
    epochTime: read("epochTime"),
    dkgWindow: read("dkgWindow"),
    keyEpochs: read("keyEpochs"),
    keyOverlap: read("keyOverlap"),
    voidAfter: read("voidAfter"),
  };
}
