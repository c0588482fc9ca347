// What the API shows, as JSON: bytes are 0x-prefixed lower-case hex, times microseconds, and what there is not is left
// out or null. Where a value is signed or hashed, its canonical bytes stand beside the fields.

import {
  blockHash,
  decodePayload,
  encodeCertifiedCheckpoint,
  encodeHeader,
  encodeQC,
  type Genesis,
  genesisHash,
  hexJson,
  limits,
  sealedPayloadBytesMax,
} from "../../protocol/index.ts";
import type { AnchoredCheckpoint, FinalBlock, Health } from "./gateway.ts";
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
