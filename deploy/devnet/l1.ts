// The L1 of a devnet: anvil, or Hardhat's node where npm has no anvil for this machine.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { JsonRpcProvider, Network } from "ethers";
import { CodedError } from "../../base/index.ts";
import { accountsMax } from "./accounts.ts";
import type { Processes } from "./processes.ts";
import { until } from "./until.ts";

export const l1ChainId = 31_337;

export interface L1 {
  readonly url: string;
  /** What to tell the user, when it is not what was wanted. */
  readonly remark: string | undefined;
}

export interface L1Request {
  /** The repository. */
  readonly root: string;
  /** Where the chain's state is kept. */
  readonly folder: string;
  readonly port: number;
}

const startMs = 30_000;

/** Throws `CodedError` L1_NOT_READY, or what the process died of. */
export async function startL1(
  processes: Processes,
  request: L1Request,
  anvil: string = join(request.root, "node_modules", ".bin", "anvil"),
): Promise<L1> {
  const hasAnvil = existsSync(anvil);
  const command = hasAnvil ? anvilCommand(anvil, request) : hardhatCommand(request);
  await processes.start({ name: "l1", ...command });
  const url = `http://127.0.0.1:${request.port}`;
  // Both mine at once for a transaction; Hardhat's node must be told to do so each second as well. Anvil would take the
  // same to mean: each second only.
  const question = hasAnvil
    ? { method: "eth_blockNumber", params: [] }
    : { method: "evm_setIntervalMining", params: [1_000] };
  const isReady = await until(() => isAnswered(url, question), {
    timeoutMs: startMs,
    failed: processes.failed,
  });
  if (!isReady) throw new CodedError("L1_NOT_READY", `the L1 does not answer at ${url}`);
  const remark = hasAnvil
    ? undefined
    : "npm has no anvil for this machine: the L1 is Hardhat's node, whose chain is lost when it stops";
  return { url, remark };
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** Blocks come each second, and at once for a transaction; `finalized` lags two blocks behind. */
function anvilCommand(anvil: string, { folder, port }: L1Request): Command {
  const options = {
    host: "127.0.0.1",
    port,
    "chain-id": l1ChainId,
    hardfork: "osaka",
    accounts: accountsMax,
    "block-time": 1,
    "slots-in-an-epoch": 1,
    state: join(folder, "l1.json"),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return { file: anvil, args: [...args, "--mixed-mining", "--enable-tx-gas-limit", "--silent"] };
}

function hardhatCommand({ root, port }: L1Request): Command {
  const cli = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
  // Without a name it would listen to everyone when it runs in a container.
  const place = ["--hostname", "127.0.0.1", "--port", String(port)];
  return {
    file: process.execPath,
    args: [cli, "node", "--network", "sim", "--chain-id", String(l1ChainId), ...place],
  };
}

/** A connection that asks often, and never anyone but the L1 itself. */
export function connectL1(url: string): JsonRpcProvider {
  const network = Network.from(l1ChainId);
  // Nothing is remembered: an account's next nonce, asked for twice within a moment, would be that of before.
  const options = { staticNetwork: network, pollingInterval: 100, cacheTimeout: -1 };
  return new JsonRpcProvider(url, network, options);
}

async function isAnswered(url: string, question: object): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, ...question });
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body });
    const answer = (await response.json()) as object;
    return "result" in answer;
  } catch {
    return false;
  }
}
