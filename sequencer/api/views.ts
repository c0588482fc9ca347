// What the API shows, as JSON: bytes are 0x-prefixed lower-case hex, times microseconds, and what there is not is left
// out or null. Where a value is signed or hashed, its canonical bytes stand beside the fields.

import { unreachable } from "../../base/index.ts";
import {
  blockHash,
  decodePayload,
  encodeCertifiedCheckpoint,
  encodeEvidence,
  encodeHeader,
  encodeQC,
  type Evidence,
  type Genesis,
  genesisHash,
  hexJson,
  laneHash,
  lieOf,
  limits,
  offenderOf,
  sealedPayloadBytesMax,
} from "../../protocol/index.ts";
import type { Health } from "../health.ts";
import type { AnchoredCheckpoint, FinalBlock, KeptEvidence } from "./gateway.ts";
import { type ApiLimits, pageBlocksMax, pageBytesMax } from "./limits.ts";

export function viewBlock({ header, certificate, ordered }: FinalBlock): object {
  const payload = decodePayload(header.payload);
  return {
    hash: hexJson(blockHash(header)),
    height: header.height,
    epoch: header.epoch,
    view: header.view,
    parent: hexJson(header.parent),
    parentView: header.parentView,
    time: payload?.time ?? null,
    l1Block: payload?.l1.number ?? null,
    transactions: ordered.map(hexJson),
    header: hexJson(encodeHeader(header)),
    certificate: certificate === undefined ? null : hexJson(encodeQC(certificate)),
  };
}

export function viewCheckpoint({ certified, l1Transaction }: AnchoredCheckpoint): object {
  const { checkpoint, signers } = certified;
  return {
    number: checkpoint.number,
    epoch: checkpoint.epoch,
    height: checkpoint.height,
    blockHash: hexJson(checkpoint.blockHash),
    rollupsRoot: hexJson(checkpoint.rollupsRoot),
    next: hexJson(checkpoint.next),
    signers,
    certified: hexJson(encodeCertifiedCheckpoint(certified)),
    l1Transaction: l1Transaction === undefined ? null : hexJson(l1Transaction),
  };
}

export function viewEvidence({ name, evidence, member, call }: KeptEvidence): object {
  const { epoch, offender } = offenderOf(evidence);
  return {
    name: hexJson(name),
    type: evidence.type,
    epoch,
    validator: offender,
    publicKey: member === undefined ? null : hexJson(member.publicKey),
    networkKey: member === undefined ? null : hexJson(member.networkKey),
    slot: lieOf(evidence).slot,
    sides: sidesOf(evidence).map(({ kind, payload, signature }) => ({
      kind,
      payload: hexJson(payload),
      signature: hexJson(signature),
    })),
    encoded: hexJson(encodeEvidence(evidence)),
    call: call ?? null,
  };
}

interface Side {
  readonly kind: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

function sidesOf(evidence: Evidence): readonly Side[] {
  switch (evidence.type) {
    case "statements":
      return [evidence.first, evidence.second];
    case "lanes":
      return [evidence.first, evidence.second].map((lane) => ({
        kind: "lane",
        payload: laneHash(lane),
        signature: lane.signature,
      }));
    default:
      return unreachable(evidence);
  }
}

export function viewHealth(health: Health, genesis: Genesis): object {
  return {
    ...health,
    validator: health.validator ?? null,
    chainId: genesis.chainId,
    genesis: hexJson(genesisHash(genesis)),
  };
}

export function viewLimits(api: ApiLimits): object {
  return {
    transactionBodyBytesMax: limits.transactionBodyBytesMax,
    sealedPayloadBytesMax,
    sizeClassBytes: limits.sizeClassBytes,
    blockTransactionsMax: limits.blockTransactionsMax,
    blockBytesMax: limits.blockBytesMax,
    expiryHorizon: limits.expiryHorizon,
    pageBlocksMax,
    pageBytesMax,
    ...api,
  };
}
