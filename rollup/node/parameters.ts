// What the timelock on L1 sets, in bytes that L1 does not read, and as the JSON of a spec file. Both know every setting that
// the engine has, and no other; whether it is sound is the engine's to say.

import {
  decode,
  encode,
  type JsonRecord,
  type Reader,
  strictJson,
  unreachable,
  type Writer,
} from "../../sdk/index.ts";
import { readU128, writeU128 } from "../action-codec.ts";
import type { MarginTier, MarketParameters, RollupParameters } from "../engine/index.ts";

/** How one setting is written. */
type Kind = "natural" | "signed" | "quanta" | "mode" | "tiers";
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

const rollupFields = {
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
} as const satisfies Record<keyof RollupParameters, Kind>;

const version = 1;
const modes = ["off", "restrict", "delever"] as const;
const tiersMax = 16;

export function encodeMarketParameters(parameters: MarketParameters): Uint8Array {
  return encodeFields(marketFields, parameters);
}

/** Undefined for whatever is not the one encoding of a market's parameters. */
export function decodeMarketParameters(bytes: Uint8Array): MarketParameters | undefined {
  return decodeFields(marketFields, bytes) as MarketParameters | undefined;
}

export function encodeRollupParameters(parameters: RollupParameters): Uint8Array {
  return encodeFields(rollupFields, parameters);
}

/** Undefined for whatever is not the one encoding of a rollup's parameters. */
export function decodeRollupParameters(bytes: Uint8Array): RollupParameters | undefined {
  return decodeFields(rollupFields, bytes) as RollupParameters | undefined;
}

/** Amounts are strings of decimal digits, as JSON has no numbers of their size. */
export function rollupParametersToJson(parameters: RollupParameters): JsonRecord {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]: [string, number | bigint]) => [
      name,
      typeof value === "bigint" ? value.toString() : value,
    ]),
  );
}

/** Throws `CodedError` BAD_SPEC. */
export function rollupParametersFromJson(json: unknown, path: string): RollupParameters {
  const strict = strictJson("BAD_SPEC");
  const record = strict.record(json, path, Object.keys(rollupFields));
  const read = ([name, kind]: readonly [string, Kind]): readonly [string, number | bigint] => {
    const value = record[name];
    if (kind !== "quanta") return [name, strict.integer(value, `${path}.${name}`)];
    if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,37})$/.test(value))
      throw strict.wrong(`${path}.${name}`, "a string of at most 38 decimal digits");
    return [name, BigInt(value)];
  };
  return Object.fromEntries(Object.entries(rollupFields).map(read)) as unknown as RollupParameters;
}

function encodeFields(fields: Fields, values: object): Uint8Array {
  return encode(values as Readonly<Record<string, unknown>>, (writer, record) => {
    writer.u8(version);
    for (const [name, kind] of Object.entries(fields)) write(writer, kind, record[name]);
  });
}

function decodeFields(fields: Fields, bytes: Uint8Array): unknown {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === version, "UNKNOWN_VERSION");
    return Object.fromEntries(
      Object.entries(fields).map(([name, kind]) => [name, read(reader, kind)]),
    );
  });
}

function write(writer: Writer, kind: Kind, value: unknown): void {
  switch (kind) {
    case "natural":
      return void writer.u64(value as number);
    case "signed":
      return void writer.flag((value as number) < 0).u64(Math.abs(value as number));
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
      return readSigned(reader);
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

function readSigned(reader: Reader): number {
  const isNegative = reader.flag();
  const size = reader.u64();
  reader.require(!isNegative || size > 0, "MINUS_ZERO");
  return isNegative ? -size : size;
}

function writeTier(writer: Writer, tier: MarginTier): void {
  writeU128(writer, tier.notionalMax);
  writer.u64(tier.initialPpm).u64(tier.maintenancePpm);
}

function readTier(reader: Reader): MarginTier {
  return {
    notionalMax: readU128(reader),
    initialPpm: reader.u64(),
    maintenancePpm: reader.u64(),
  };
}
