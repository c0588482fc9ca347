// Parameters in bytes, as L1 passes them on without reading them and as they are stored: every setting that the engine has,
// and no other. Whether they are sound is the engine's to say.

import { decode, encode, type Reader, unreachable, type Writer } from "../sdk/index.ts";
import type { MarginTier, MarketParameters, RollupParameters } from "./engine/index.ts";
import { readI64, readU128, writeI64, writeU128 } from "./wide.ts";

/** How one setting is written. */
export type Kind = "natural" | "signed" | "quanta" | "mode" | "tiers";
type Fields = Readonly<Record<string, Kind>>;

/** In the order of the bytes; the compiler sees that none is missing. */
const marketFields = {
  unit: "quanta",
  bandPpm: "natural",
  moveCapPpm: "natural",
  takerFeePpm: "natural",
  makerFeePpm: "natural",
  liquidationFeePpm: "natural",
  auctionEvery: "natural",
  orderLotsMin: "natural",
  positionLotsMax: "natural",
  openLotsMax: "natural",
  openLotsScale: "natural",
  tiers: "tiers",
  bufferMode: "mode",
  bufferMilliSigmas: "natural",
  bufferPpmMax: "natural",
  participationPpm: "natural",
  depthLotsMin: "natural",
  smallNotional: "quanta",
  liquidationSpreadPpm: "natural",
  interestPpb: "signed",
  fundingCapPpb: "natural",
  reporters: "natural",
  reporterQuorum: "natural",
  jumpPpmMin: "natural",
  takeoverNotionalMax: "quanta",
} as const satisfies Record<keyof MarketParameters, Kind>;

export const rollupFields: Readonly<Record<keyof RollupParameters, Kind>> = {
  batchIntervalMs: "natural",
  openOrdersMax: "natural",
  anchorGraceMs: "natural",
  anchorSoftMs: "natural",
  anchorHardMs: "natural",
  restartBatches: "natural",
  withdrawalGateBatches: "natural",
  outflowWindowMs: "natural",
  outflowMax: "quanta",
  takeoverPerDayMax: "quanta",
  deleveragedMax: "natural",
};

const version = 1;
const modes = ["off", "restrict", "delever"] as const;
const tiersMax = 16;

/** For L1, with a version of their own. */
export function encodeMarketParameters(parameters: MarketParameters): Uint8Array {
  return encode(parameters, (writer, each) => writeMarketParameters(writer.u8(version), each));
}

/** Undefined for whatever is not the one encoding of a market's parameters. */
export function decodeMarketParameters(bytes: Uint8Array): MarketParameters | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    return readMarketParameters(reader);
  });
}

/** For L1, with a version of their own. */
export function encodeRollupParameters(parameters: RollupParameters): Uint8Array {
  return encode(parameters, (writer, each) => writeRollupParameters(writer.u8(version), each));
}

/** Undefined for whatever is not the one encoding of a rollup's parameters. */
export function decodeRollupParameters(bytes: Uint8Array): RollupParameters | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    return readRollupParameters(reader);
  });
}

export function writeMarketParameters(writer: Writer, parameters: MarketParameters): void {
  writeFields(writer, marketFields, parameters);
}

export function readMarketParameters(reader: Reader): MarketParameters {
  return readFields(reader, marketFields) as MarketParameters;
}

export function writeRollupParameters(writer: Writer, parameters: RollupParameters): void {
  writeFields(writer, rollupFields, parameters);
}

export function readRollupParameters(reader: Reader): RollupParameters {
  return readFields(reader, rollupFields) as RollupParameters;
}

function writeFields(writer: Writer, fields: Fields, values: object): void {
  const record = values as Readonly<Record<string, unknown>>;
  for (const [name, kind] of Object.entries(fields)) write(writer, kind, record[name]);
}

function readFields(reader: Reader, fields: Fields): unknown {
  return Object.fromEntries(
    Object.entries(fields).map(([name, kind]) => [name, read(reader, kind)]),
  );
}

function write(writer: Writer, kind: Kind, value: unknown): void {
  switch (kind) {
    case "natural":
      return void writer.u64(value as number);
    case "signed":
      return writeI64(writer, value as number);
    case "quanta":
      return writeU128(writer, value as bigint);
    case "mode":
      return void writer.u8(modes.indexOf(value as (typeof modes)[number]));
    case "tiers":
      return void writer.list(value as readonly MarginTier[], tiersMax, writeTier);
    default:
      return unreachable(kind);
  }
}

function read(reader: Reader, kind: Kind): unknown {
  switch (kind) {
    case "natural":
      return reader.u64();
    case "signed":
      return readI64(reader);
    case "quanta":
      return readU128(reader);
    case "mode": {
      const mode = modes[reader.u8()];
      reader.require(mode !== undefined, "UNKNOWN_MODE");
      return mode;
    }
    case "tiers":
      return reader.list(tiersMax, readTier);
    default:
      return unreachable(kind);
  }
}

function writeTier(writer: Writer, { notionalMax, initialPpm, maintenancePpm }: MarginTier): void {
  writeU128(writer, notionalMax);
  writer.u64(initialPpm).u64(maintenancePpm);
}

function readTier(reader: Reader): MarginTier {
  return { notionalMax: readU128(reader), initialPpm: reader.u64(), maintenancePpm: reader.u64() };
}
