// Brings the bots of a devnet to work: waits for the node that they trade through, and for the accounts that their deposits
// have made there.

import { CodedError, toHex } from "../../../base/index.ts";
import { addressOf } from "../../../sdk/index.ts";
import { nativeSenderSignatures } from "../../../sequencer/crypto/index.ts";
import { domainOf } from "../../../rollup/node/index.ts";
import type { Processes } from "../processes.ts";
import { Submitter, type SubmitterOptions } from "../submission.ts";
import { until } from "../until.ts";
import type { Devnet } from "../devnet.ts";
import type { PerpetualsDeployment } from "./deployment.ts";
import { Exchange } from "./exchange.ts";
import type { PathName } from "./price-path.ts";
import { trade, type Trader } from "./trading.ts";
import { VaultReader } from "./vault-reader.ts";
import { World } from "./world.ts";

export interface TradingRequest {
  readonly path: PathName;
  /** How bots submit. */
  readonly submission: SubmitterOptions;
  /** Hears why something could not be submitted or seen. */
  readonly onFailure: (why: string) => void;
}

export interface TradingSession {
  readonly exchange: Exchange;
  readonly vault: VaultReader;
  /** As the rollup marks them, for people; empty before the first. */
  readonly prices: () => string;
  /** Resolves once the signal of the submission says so, and nothing is under way. Rejects with NOT_READY. */
  readonly finished: Promise<void>;
}

/** Every devnet shows the same prices, as far as its path is the same. */
const seed = 1;
const readyMs = 60_000;

/** Undefined without a perpetuals rollup. */
export async function startTrading(
  devnet: Devnet,
  processes: Processes,
  request: TradingRequest,
): Promise<TradingSession | undefined> {
  const { perpetuals, place, provider } = devnet;
  if (perpetuals === undefined) return undefined;
  const exchange = new Exchange(exchangeUrl(perpetuals));
  const vault = await VaultReader.open(place.root, provider, perpetuals.vault);
  const finished = run({ ...request, perpetuals, exchange }, processes);
  return { exchange, vault, prices: () => exchange.prices, finished };
}

/** Of the interface for traders, and of their page. */
export function exchangeUrl({ apiPort }: PerpetualsDeployment): string {
  return `http://127.0.0.1:${apiPort}`;
}

interface Run extends TradingRequest {
  readonly perpetuals: PerpetualsDeployment;
  readonly exchange: Exchange;
}

async function run(request: Run, { failed }: Processes): Promise<void> {
  const { perpetuals, exchange, path, submission, onFailure } = request;
  const { spec, reporters, owners } = perpetuals;
  const patience = { timeoutMs: readyMs, failed };
  if (!(await until(() => exchange.isReady(), patience)))
    throw new CodedError("NOT_READY", `${exchange.url} does not answer`);
  const traders: Trader[] = [];
  const areThere = async (): Promise<boolean> => {
    for (const { role, secretKey } of owners.slice(traders.length)) {
      const accounts = await exchange.accountsOf(`0x${toHex(addressOf(secretKey))}`);
      if (accounts.length < role.deposits.length) return false;
      traders.push({ role, secretKey, accounts: accounts.map(({ id }) => id) });
    }
    return true;
  };
  if (!(await until(areThere, patience)))
    throw new CodedError("NOT_READY", "the perpetuals rollup does not take in its deposits");
  const domain = domainOf(spec);
  const signatures = nativeSenderSignatures;
  const world = new World({ seed, path, domain, reporters, signatures });
  const { signal } = submission;
  const submitter = new Submitter(submission);
  await trade({ traders, world, seed, domain, signatures, exchange, submitter, signal, onFailure });
}
