// The genesis file: JSON with the fields of `Genesis`, bytes as 0x-prefixed lower-case hex, counts as integers. Reading
// is strict, because two files that differ must not be the same network: nothing missing, unknown or out of range.

import { CodedError, fromHex, toHex } from "../base/index.ts";
import type { Committee, Member } from "./committee.ts";
import type { Genesis, Parameters } from "./genesis.ts";
import { committeeMax } from "./limits.ts";
import { Epoch } from "./numbers.ts";

/** What `JSON.stringify` may be given. */
export type GenesisJson = Readonly<Record<string, unknown>>;

export function toGenesisJson(genesis: Genesis): GenesisJson {
  const { chainId, contracts, l1Start, committee, parameters } = genesis;
  const { keyId, pk1, pk2 } = committee.sealing;
  return {
    chainId,
    contracts: { hub: hex(contracts.hub), rollups: hex(contracts.rollups) },
    l1Start,
    committee: {
      epoch: committee.epoch,
      members: committee.members.map((member) => ({
        publicKey: hex(member.publicKey),
        networkKey: hex(member.networkKey),
        verificationKey: hex(member.verificationKey),
      })),
      sealing: { keyId, pk1: hex(pk1), pk2: hex(pk2) },
    },
    parameters: Object.fromEntries(parameterNames.map((name) => [name, parameters[name]])),
  };
}

/** Throws `CodedError` BAD_GENESIS, whose message names the field. Whether the keys are points is not asked here. */
export function fromGenesisJson(json: unknown): Genesis {
  const root = record(json, "genesis", [
    "chainId",
    "contracts",
    "l1Start",
    "committee",
    "parameters",
  ]);
  const contracts = record(root["contracts"], "contracts", ["hub", "rollups"]);
  return {
    chainId: integer(root["chainId"], "chainId"),
    contracts: {
      hub: bytes(contracts["hub"], "contracts.hub", 20),
      rollups: bytes(contracts["rollups"], "contracts.rollups", 20),
    },
    l1Start: integer(root["l1Start"], "l1Start"),
    committee: toCommittee(root["committee"]),
    parameters: toParameters(root["parameters"]),
  };
}

const parameterNames = [
  "viewTimeout",
  "idleTime",
  "laneFlush",
  "laneHeartbeat",
  "checkpointHeights",
  "checkpointTime",
  "feePerByte",
] as const satisfies readonly (keyof Parameters)[];

function toCommittee(json: unknown): Committee {
  const committee = record(json, "committee", ["epoch", "members", "sealing"]);
  const sealing = record(committee["sealing"], "committee.sealing", ["keyId", "pk1", "pk2"]);
  return {
    epoch: Epoch(integer(committee["epoch"], "committee.epoch")),
    members: toMembers(committee["members"]),
    sealing: {
      keyId: integer(sealing["keyId"], "committee.sealing.keyId", 0xffff_ffff),
      pk1: bytes(sealing["pk1"], "committee.sealing.pk1", 48),
      pk2: bytes(sealing["pk2"], "committee.sealing.pk2", 96),
    },
  };
}

function toMembers(json: unknown): Member[] {
  if (!Array.isArray(json) || json.length === 0 || json.length > committeeMax)
    throw bad("committee.members", `a list of 1 to ${committeeMax}`);
  const members = json.map((each: unknown, i) => toMember(each, `committee.members[${i}]`));
  // A key with two seats would vote twice, and its owner be taken for an equivocator.
  for (const key of ["publicKey", "networkKey"] as const)
    if (new Set(members.map((member) => toHex(member[key]))).size < members.length)
      throw bad("committee.members", `distinct in their ${key}`);
  return members;
}

function toMember(json: unknown, path: string): Member {
  const member = record(json, path, ["publicKey", "networkKey", "verificationKey"]);
  return {
    publicKey: bytes(member["publicKey"], `${path}.publicKey`, 48),
    networkKey: bytes(member["networkKey"], `${path}.networkKey`, 32),
    verificationKey: bytes(member["verificationKey"], `${path}.verificationKey`, 96),
  };
}

function toParameters(json: unknown): Parameters {
  const parameters = record(json, "parameters", parameterNames);
  const read = (name: keyof Parameters): number => integer(parameters[name], `parameters.${name}`);
  return {
    viewTimeout: read("viewTimeout"),
    idleTime: read("idleTime"),
    laneFlush: read("laneFlush"),
    laneHeartbeat: read("laneHeartbeat"),
    checkpointHeights: read("checkpointHeights"),
    checkpointTime: read("checkpointTime"),
    feePerByte: read("feePerByte"),
  };
}

function record(
  json: unknown,
  path: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw bad(path, "an object");
  const missing = names.find((name) => !Object.hasOwn(json, name));
  if (missing !== undefined) throw bad(path, `an object with the field ${missing}`);
  const unknown = Object.keys(json).find((name) => !names.includes(name));
  if (unknown !== undefined) throw bad(path, `an object with the fields ${names.join(", ")} alone`);
  return json as Readonly<Record<string, unknown>>;
}

function integer(json: unknown, path: string, max: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0 || (json as number) > max)
    throw bad(path, `an integer from 0 to ${max}`);
  // Minus zero is an integer as well, and is written as another number than zero.
  return (json as number) + 0;
}

function bytes(json: unknown, path: string, length: number): Uint8Array {
  const isHex = typeof json === "string" && /^0x[0-9a-f]*$/.test(json);
  const value = isHex ? fromHex(json) : undefined;
  if (value?.length !== length) throw bad(path, `${length} bytes as 0x and lower-case hex`);
  return value;
}

function bad(path: string, expected: string): CodedError {
  return new CodedError("BAD_GENESIS", `${path} in the genesis file must be ${expected}`, {
    details: { path },
  });
}

function hex(value: Uint8Array): string {
  return `0x${toHex(value)}`;
}
