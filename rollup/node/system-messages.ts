// What the vault says through the rollup's inbox on L1, by its first byte: who deposited, what the timelock set, and which
// root was proposed. Fields are packed as Solidity's `abi.encodePacked` has them.

import { concatBytes, decode, encode } from "../../sdk/index.ts";
import {
  MarketId,
  type MarketParameters,
  type RollupParameters,
  type L1Message,
} from "../engine/index.ts";
import {
  decodeMarketParameters,
  decodeRollupParameters,
  encodeMarketParameters,
  encodeRollupParameters,
} from "../parameter-codec.ts";

/** An L1 message before it has its number. */
export type UnnumberedL1Message = L1Message extends infer Each
  ? Each extends L1Message
    ? Omit<Each, "l1Index">
    : never
  : never;

/** A root of this batch was proposed on L1. */
export interface Anchored {
  readonly type: "anchored";
  readonly batch: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const tags = { deposit: 0, setMarket: 1, setRollup: 2, anchored: 3 } as const;

/**
 * Undefined for what is none of the four. A message with the tag of the first three takes a number of L1 even if the rest
 * cannot be read, because the vault has counted it: then it is `unreadable`.
 */
export function decodeVaultMessage(data: Uint8Array): UnnumberedL1Message | Anchored | undefined {
  const [tag] = data;
  const rest = data.subarray(1);
  if (tag === tags.deposit) return decodeDeposit(rest) ?? unreadable;
  if (tag === tags.setMarket) return decodeSetMarket(rest) ?? unreadable;
  if (tag === tags.setRollup) return decodeSetRollup(rest) ?? unreadable;
  return tag === tags.anchored ? decodeAnchored(rest) : undefined;
}

const unreadable: UnnumberedL1Message = { type: "unreadable" };

function decodeDeposit(bytes: Uint8Array): UnnumberedL1Message | undefined {
  return decode(bytes, (reader) => ({
    type: "deposit" as const,
    owner: reader.fixed(20),
    subId: reader.u16(),
    tokenAmount: reader.fixed(12).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
  }));
}

function decodeSetMarket(bytes: Uint8Array): UnnumberedL1Message | undefined {
  if (bytes.length < 4) return undefined;
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const parameters = decodeMarketParameters(bytes.subarray(4));
  if (parameters === undefined) return undefined;
  return { type: "set-market", market: MarketId(id), parameters };
}

function decodeSetRollup(bytes: Uint8Array): UnnumberedL1Message | undefined {
  const parameters = decodeRollupParameters(bytes);
  return parameters && { type: "set-rollup", parameters };
}

function decodeAnchored(bytes: Uint8Array): Anchored | undefined {
  return decode(bytes, (reader) => ({
    type: "anchored" as const,
    batch: reader.u64(),
    root: reader.fixed(32),
  }));
}

/** What the vault is told to announce, and what its constructor is given for each market. */
export function encodeSetMarket(market: MarketId, parameters: MarketParameters): Uint8Array {
  const head = encode(market, (writer, id) => writer.u8(tags.setMarket).u32(id));
  return concatBytes(head, encodeMarketParameters(parameters));
}

export function encodeSetRollup(parameters: RollupParameters): Uint8Array {
  return concatBytes(Uint8Array.of(tags.setRollup), encodeRollupParameters(parameters));
}

/** As the vault packs it. */
export function encodeDeposit(
  owner: Uint8Array,
  { subId, tokenAmount }: { readonly subId: number; readonly tokenAmount: bigint },
): Uint8Array {
  return encode(tokenAmount, (writer, amount) => {
    writer
      .u8(tags.deposit)
      .fixed(owner, 20)
      .u16(subId)
      .u32(Number(amount >> 64n));
    const low = new Uint8Array(8);
    new DataView(low.buffer).setBigUint64(0, BigInt.asUintN(64, amount));
    writer.fixed(low, 8);
  });
}

/** As the vault packs it. */
export function encodeAnchored({ batch, root }: Omit<Anchored, "type">): Uint8Array {
  return encode(batch, (writer, number) => writer.u8(tags.anchored).u64(number).fixed(root, 32));
}
