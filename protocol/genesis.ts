import { encode } from "../base/index.ts";
import { sha256 } from "../crypto/index.ts";
import { type Committee, writeCommittee } from "./committee.ts";
import { domains } from "./domains.ts";

/** Everything all validators agree on before the first view. Its hash is in every handshake. */
export interface Genesis {
  /** Of the L1, and of the transactions' envelopes. */
  readonly chainId: number;
  /** Addresses, 20 bytes each. */
  readonly contracts: { readonly hub: Uint8Array; readonly rollups: Uint8Array };
  /** The L1 block from which events are read. */
  readonly l1Start: number;
  readonly committee: Committee;
  readonly parameters: Parameters;
}

/** What may differ between networks; times in microseconds unless said. */
export interface Parameters {
  /** T0: how long a view waits for a proposal at first. */
  readonly viewTimeout: number;
  /** How long a leader without work waits before it proposes an empty block. */
  readonly idleTime: number;
  /** How often a lane with entries is flushed. */
  readonly laneFlush: number;
  /** How often a lane without entries is flushed. */
  readonly laneHeartbeat: number;
  /** A checkpoint is due after this many heights ... */
  readonly checkpointHeights: number;
  /** ... or this much block time. */
  readonly checkpointTime: number;
  /** Fee units per byte of a transaction. */
  readonly feePerByte: number;
  /** Block time after which an epoch may close, from the block on with which it began; 0 means never. */
  readonly epochTime: number;
  /**
   * Heights in each of the five windows in which the next committee's key is made; 0 means never. Whoever is cut off for
   * as long as one of them has its share of that key shown to all, so it should be a minute at least.
   */
  readonly dkgWindow: number;
  /**
   * Every so many epochs the committee that comes in gets a new sealing key beside the old one: in those whose number is
   * a multiple of it, unless the key before the old one is still in use. 0 means never.
   */
  readonly keyEpochs: number;
  /**
   * Heights for which the old key is accepted as well, once the epoch may have begun. With the expiry horizon whatever
   * was sealed in time is opened; with fewer, what expires later is refused.
   */
  readonly keyOverlap: number;
  /**
   * How long a final height may wait to be opened before a leader proposes to declare it void; 0 means never. The others
   * agree from half of it on, each by what it has waited itself. What is void is lost to its senders, so it should be
   * longer than any outage from which a quorum comes back with its shares of the key.
   */
  readonly voidAfter: number;
}

/** SHA-256 over the domain and the canonical encoding: the parent of the first block. 32 bytes. */
export function genesisHash(genesis: Genesis): Uint8Array {
  const { committee, contracts, parameters } = genesis;
  return sha256(
    domains.genesis,
    encode(genesis, (writer, value) => {
      writer.u64(value.chainId).fixed(contracts.hub, 20).fixed(contracts.rollups, 20);
      writer.u64(value.l1Start);
      writeCommittee(writer, committee);
      writer.u64(parameters.viewTimeout).u64(parameters.idleTime).u64(parameters.laneFlush);
      writer.u64(parameters.laneHeartbeat).u64(parameters.checkpointHeights);
      writer.u64(parameters.checkpointTime).u64(parameters.feePerByte);
      writer.u64(parameters.epochTime).u64(parameters.dkgWindow);
      writer.u64(parameters.keyEpochs).u64(parameters.keyOverlap);
      writer.u64(parameters.voidAfter);
    }),
  );
}
