// The node's hands on L1: it reads what is final there, and carries there what the committee has signed. L1 may
// stall, restart or reorganise; ordering and opening go on without it.

import { FetchRequest, JsonRpcProvider, Wallet } from "ethers";
import type { L1Block } from "../../protocol/index.ts";
import { type Logger, type Metrics, toHex } from "../../base/index.ts";
import { g1Uncompressed } from "../../crypto/index.ts";
import type { Committee } from "../../protocol/index.ts";
import { type Anchorable, type L1State, Poster } from "./poster.ts";
import { Watcher } from "./watcher.ts";

export type { Anchorable, L1State, SettledRollup } from "./poster.ts";

export interface SettlementOptions {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly hub: Uint8Array;
  readonly rollups: Uint8Array;
  /** Undefined: this node reads L1 and posts nothing. */
  readonly posting:
    | { readonly secretKey: Uint8Array; readonly bundle: Uint8Array; readonly failoverMs: number }
    | undefined;
  readonly committee: Committee;
  readonly index: number;
  readonly from: { readonly number: number; readonly hash: Uint8Array | undefined };
  readonly settlements: ReadonlyMap<number, Uint8Array>;
  readonly pollMs: number;
  readonly onBlock: (block: L1Block) => void;
  readonly onState: (state: L1State) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Settlement {
  /** Hands over a certified checkpoint; a newer one stands for all before it. */
  anchor(anchorable: Anchorable): void;
  /** Whether L1 answered lately. */
  readonly isUp: boolean;
  close(): Promise<void>;
}

const requestTimeoutMs = 8_000;
const backoffMsMax = 10_000;

/** Starts at once and needs no L1 to start. */
export function createSettlement(options: SettlementOptions): Settlement {
  const { logger, metrics, posting, pollMs } = options;
  const request = new FetchRequest(options.rpcUrl);
  request.timeout = requestTimeoutMs;
  // The chain id is part of genesis: nothing is asked, so nothing waits for an L1 that is not there yet.
  const provider = new JsonRpcProvider(request, options.chainId, {
    staticNetwork: true,
    cacheTimeout: -1,
  });
  const watcher = new Watcher({
    provider,
    rollups: address(options.rollups),
    from: options.from,
    settlements: new Map([...options.settlements].map(([id, bytes]) => [id, address(bytes)])),
    onBlock: options.onBlock,
    logger,
    metrics,
  });
  const poster =
    posting === undefined
      ? undefined
      : new Poster({
          provider,
          wallet: new Wallet(address(posting.secretKey), provider),
          hub: address(options.hub),
          bundle: address(posting.bundle),
          index: options.index,
          seats: options.committee.members.length,
          keys: options.committee.members.map(({ publicKey }) => ({
            publicKey: g1Uncompressed(publicKey) ?? new Uint8Array(96),
            weight: 1,
          })),
          failoverMs: posting.failoverMs,
          settlements: () => watcher.settlements,
          logger,
          metrics,
        });
  let isUp = false;
  const stop = new AbortController();
  const loops = [
    loop(async () => {
      await watcher.poll();
      isUp = true;
    }),
    ...(poster === undefined
      ? []
      : [
          loop(async () => {
            options.onState(await poster.poll(Date.now()));
          }),
        ]),
  ];

  return {
    anchor: (anchorable) => poster?.add(anchorable, Date.now()),
    get isUp() {
      return isUp;
    },
    async close() {
      stop.abort();
      provider.destroy();
      await Promise.all(loops);
    },
  };

  /** Again and again, more slowly while it fails; said once per outage. */
  async function loop(work: () => Promise<void>): Promise<void> {
    let waitMs = pollMs;
    while (!stop.signal.aborted) {
      try {
        await work();
        if (waitMs > pollMs) logger.info("L1 answers again");
        waitMs = pollMs;
        metrics.gauge("l1_up", 1);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (waitMs === pollMs) logger.warn("L1 does not answer", { code: codeOf(error) });
        isUp = false;
        metrics.gauge("l1_up", 0);
        waitMs = Math.min(backoffMsMax, waitMs * 2);
      }
      await pause(waitMs, stop.signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}

function address(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
