// The node's hands on L1: it reads what is final there, and carries there what the committee has signed. L1 may
// stall, restart or reorganise; ordering and opening go on without it.

import { getCreateAddress, Wallet } from "ethers";
import { CodedError, type Logger, type Metrics } from "../../base/index.ts";
import type { ContradictionCall, L1Block, Member } from "../../protocol/index.ts";
import type { Anchorable } from "../anchoring.ts";
import { registeredAddresses } from "./addresses.ts";
import { readQuantity } from "./answers.ts";
import { hex } from "./calls.ts";
import { Candidates } from "./candidates.ts";
import { type Place, Poster } from "./poster.ts";
import { Rpc } from "./rpc.ts";
import { type L1State, StateReader } from "./state-reader.ts";
import { Watcher } from "./watcher.ts";

export { convictCall } from "./calls.ts";
export type { Place } from "./poster.ts";
export type { L1State, SettledRollup } from "./state-reader.ts";

export interface SettlementOptions {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly hub: Uint8Array;
  readonly rollups: Uint8Array;
  /** Undefined: this node reads L1 and posts nothing. */
  readonly posting:
    | { readonly secretKey: Uint8Array; readonly bundle: Uint8Array; readonly failoverMs: number }
    | undefined;
  readonly place: Place;
  /** The L1 block from which events are read. */
  readonly start: number;
  /** Where reading goes on: the last block read, with its hash, or the one before the first to read. */
  readonly from: { readonly number: number; readonly hash: Uint8Array | undefined };
  /** Settlement contracts of the rollups that subscribed up to there, by rollup id. */
  readonly settlements: ReadonlyMap<number, Uint8Array>;
  readonly pollMs: number;
  /** How long one answer may take. */
  readonly requestTimeoutMs?: number;
  /** Each finalized block once, in order. */
  readonly onBlock: (block: L1Block) => void;
  /** After each look at L1's newest block, whether or not it is another. */
  readonly onState: (state: L1State) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Settlement {
  /** Hands over a certified checkpoint; a newer one stands for all before it. */
  anchor(anchorable: Anchorable): void;
  /** Hands over what costs a validator its stake. */
  convict(call: ContradictionCall): void;
  /** An epoch has begun, with this place in its committee. */
  enter(place: Place): void;
  /**
   * Where these validators are reached, as L1 knows by now: multiaddresses by network key in hex, of those who have
   * registered. What they wrote is theirs to answer for. Throws a `CodedError` when L1 does not answer.
   */
  addressesOf(members: readonly Pick<Member, "publicKey">[]): Promise<ReadonlyMap<string, string>>;
  /** Whether L1 answered lately. */
  readonly isUp: boolean;
  /** Ends at once what it waits for. What was sent to L1 may still be included there. */
  close(): Promise<void>;
}

const requestTimeoutMs = 8_000;
/** More than the logs of an L1 block of 100 million gas are in JSON. */
const answerBytesMax = 134_217_728;
const backoffMsMax = 10_000;
/** What no patience heals: this L1 is not the one of genesis. */
const lasting: ReadonlySet<string> = new Set(["WRONG_CHAIN", "NO_CONTRACT"]);

/** Starts at once and needs no L1 to start. */
export function createSettlement(options: SettlementOptions): Settlement {
  const { logger, metrics, posting, pollMs, chainId } = options;
  const timeoutMs = options.requestTimeoutMs ?? requestTimeoutMs;
  const rpc = new Rpc({ url: options.rpcUrl, timeoutMs, bytesMax: answerBytesMax, metrics });
  const { number, hash } = options.from;
  const hub = hex(options.hub);
  const watcher = new Watcher({
    rpc,
    contracts: { hub, rollups: hex(options.rollups) },
    from: { number, hash: hash === undefined ? undefined : hex(hash) },
    settlements: new Map([...options.settlements].map(([id, address]) => [id, hex(address)])),
    onBlock: options.onBlock,
    logger,
    metrics,
  });
  // The Hub's first creation, in its constructor.
  const stake = getCreateAddress({ from: hub, nonce: 1 }).toLowerCase();
  const registry = { rpc, stake, start: options.start };
  const reader = new StateReader({ rpc, hub, settlements: () => watcher.settlements });
  const poster =
    posting === undefined
      ? undefined
      : new Poster({
          rpc,
          reader,
          candidates: new Candidates(registry),
          wallet: new Wallet(hex(posting.secretKey)),
          chainId,
          hub,
          rollups: hex(options.rollups),
          bundle: hex(posting.bundle),
          place: options.place,
          failoverMs: posting.failoverMs,
          logger,
          metrics,
        });
  let isUp = false;
  const stop = new AbortController();
  const loops = [
    loop({
      name: "reading",
      work: () => watcher.poll(),
      onUp(up) {
        isUp = up;
        metrics.gauge("l1_up", up ? 1 : 0);
      },
    }),
    loop({
      name: "posting",
      async work() {
        const look = await reader.look();
        options.onState(look.state);
        await poster?.act(look, performance.now());
      },
      onUp(up) {
        if (!up) poster?.onOutage();
      },
    }),
  ];

  return {
    anchor: (anchorable) => poster?.add(anchorable),
    convict: (call) => poster?.convict(call),
    enter: (place) => poster?.enter(place),
    addressesOf: (members) => registeredAddresses(members, registry),
    get isUp() {
      return isUp;
    },
    async close() {
      stop.abort();
      rpc.close();
      await Promise.all(loops);
    },
  };

  /** Again and again, more slowly while it fails; each kind of failure is said once per outage. */
  async function loop({ name, work, onUp }: Work): Promise<void> {
    let waitMs = pollMs;
    let isRightChain = false;
    const said = new Set<string>();
    while (!stop.signal.aborted) {
      try {
        // Whatever answers after an outage may be another chain.
        if (!isRightChain) await assertChain();
        isRightChain = true;
        await work();
        if (said.size > 0) logger.info("L1 answers again", { work: name });
        said.clear();
        waitMs = pollMs;
        onUp(true);
      } catch (error) {
        if (stop.signal.aborted) return;
        const code = codeOf(error);
        if (!said.has(code)) report(name, code, error);
        said.add(code);
        isRightChain = false;
        onUp(false);
        waitMs = Math.min(backoffMsMax, waitMs * 2);
      }
      await pause(waitMs, stop.signal);
    }
  }

  async function assertChain(): Promise<void> {
    const found = await rpc.call("eth_chainId", [], readQuantity);
    if (found === BigInt(chainId)) return;
    throw new CodedError(
      "WRONG_CHAIN",
      `L1 is chain ${found}, genesis is of chain ${chainId}: check \`l1.rpcUrl\``,
    );
  }

  function report(work: string, code: string, error: unknown): void {
    if (lasting.has(code) && error instanceof CodedError)
      logger.error("this is not the L1 of genesis", { work, code, message: error.message });
    else logger.warn("L1 does not answer", { work, code, ...statusOf(error) });
  }
}

interface Work {
  readonly name: string;
  readonly work: () => Promise<void>;
  readonly onUp: (isUp: boolean) => void;
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

/** Of an HTTP error, so that a key that has expired is told from a server that is down. */
function statusOf(error: unknown): { readonly status?: unknown } {
  return error instanceof CodedError && "status" in error.details
    ? { status: error.details["status"] }
    : {};
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
