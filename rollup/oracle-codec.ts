// A market's price as its reporters sign it, and as one transaction carries it: the reports of several, so that the engine
// finds its quorum in one place. It is in clear and anyone may bring it; what counts are the signatures.

import {
  decode,
  encode,
  nobleSenderSignatures,
  type SenderSignatures,
  type Writer,
} from "../sdk/index.ts";
import { digestIn, type RollupDomain } from "./intents.ts";
import { typeHash } from "./typed-data.ts";

/** What a reporter signs; the price is of the market's index, in ticks. */
export interface PriceReport {
  readonly market: number;
  readonly priceTicks: number;
  /** How far off the reporter thinks it may be. */
  readonly confidencePpm: number;
  readonly publishTimeMs: number;
}

export interface SignedPriceReport extends Pick<PriceReport, "priceTicks" | "confidencePpm"> {
  /** Its place in the rollup's spec. */
  readonly reporter: number;
  /** 65 bytes. */
  readonly signature: Uint8Array;
}

/** Reports of one market at one time. */
export interface SignedOracleUpdate extends Pick<PriceReport, "market" | "publishTimeMs"> {
  readonly reports: readonly SignedPriceReport[];
}

/** Tells a payload that is an update from one that is a list. */
export const oracleVersion = 2;
export const reportsMax = 64;

export function encodeOracleUpdate(update: SignedOracleUpdate): Uint8Array {
  return encode(update, (writer, { market, publishTimeMs, reports }) => {
    writer.u8(oracleVersion).u32(market).u64(publishTimeMs);
    writer.list(reports, reportsMax, writeReport);
  });
}

/** Undefined for whatever is not the one encoding of an update. */
export function decodeOracleUpdate(bytes: Uint8Array): SignedOracleUpdate | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === oracleVersion, "UNKNOWN_VERSION");
    return {
      market: reader.u32(),
      publishTimeMs: reader.u64(),
      reports: reader.list(reportsMax, (r) => ({
        reporter: r.u8(),
        priceTicks: r.u32(),
        confidencePpm: r.u32(),
        signature: r.fixed(65),
      })),
    };
  });
}

/** The 32 bytes that a reporter signs. */
export function reportDigest(domain: RollupDomain, report: PriceReport): Uint8Array {
  const { market, priceTicks, confidencePpm, publishTimeMs } = report;
  return digestIn(domain, reportType, [market, priceTicks, confidencePpm, publishTimeMs]);
}

/** `reporter` is the key's place in the rollup's spec. */
export function signReport(
  domain: RollupDomain,
  report: PriceReport,
  { reporter, secretKey }: { readonly reporter: number; readonly secretKey: Uint8Array },
  signatures: SenderSignatures = nobleSenderSignatures,
): SignedPriceReport {
  const { priceTicks, confidencePpm } = report;
  const signature = signatures.sign(secretKey, reportDigest(domain, report));
  return { reporter, priceTicks, confidencePpm, signature };
}

function writeReport(writer: Writer, report: SignedPriceReport): void {
  const { reporter, priceTicks, confidencePpm, signature } = report;
  writer.u8(reporter).u32(priceTicks).u32(confidencePpm).fixed(signature, 65);
}

const reportType = typeHash(
  "PriceReport(uint32 market,uint32 priceTicks,uint32 confidencePpm,uint64 publishTimeMs)",
);
