// A node that looks after its rollup on L1: it holds every proposed root against its own and challenges lies, and proposes roots
// itself if it is asked to.

import { readFile } from "node:fs/promises";
import { JsonRpcProvider, Wallet } from "ethers";
import { CodedError, fromHex } from "../../sdk/index.ts";
import type { SignedList } from "../engine/index.ts";
import {
  attach,
  keep,
  Proposer,
  type SettlementEvent,
  Shadow,
  VaultClient,
  Watcher,
} from "../settlement/index.ts";
import { fastKeccak, type StateTrees } from "../state/index.ts";
import type { RollupSource } from "./executed.ts";
import type { SettleChoice } from "./options.ts";
import type { Report } from "./report.ts";
import type { RollupSpec } from "./spec.ts";

/** Between two looks at the vault, ms. */
const roundMsUsual = 4_000;
/** A root after so many batches, however little time has passed. */
const everyBatches = 2_000;
/** Batches that are remembered while no right root is proposed for them: hours. */
const batchesMax = 65_536;
/** Of a proposal's chunks: nodes of L1 pass on transactions of 128 KiB. */
const bytesMax = 96 * 1_024;
/** What the vault may take for bonds. */
const allowance = 2n ** 96n - 1n;

/** A rollup of which also is known what its disputes need. */
export interface SettledSource extends RollupSource {
  readonly trees: Pick<StateTrees, "outbox">;
  signatureOf(list: SignedList): Uint8Array | undefined;
}

/**
 * From the batch at which the rollup is, until the signal; rejects with what is not to be waited for. Throws `CodedError`
 * BAD_KEY, WRONG_CHAIN, and what the L1 says at first.
 */
export async function settle(
  source: SettledSource,
  choice: SettleChoice,
  world: {
    readonly spec: Pick<RollupSpec, "chainId" | "rollupId" | "vault">;
    readonly report: Report;
    readonly signal: AbortSignal;
    readonly roundMs?: number;
  },
): Promise<{ readonly finished: Promise<void> }> {
  const { spec, signal, roundMs = roundMsUsual } = world;
  const provider = await connect(choice.l1, spec);
  const signer = new Wallet(await readKey(choice.key), provider);
  const vault = new VaultClient({ provider, vault: spec.vault, signer });
  const report = ({ type, ...event }: SettlementEvent): void =>
    world.report("settlement", { event: type, ...event });
  const keccak = await fastKeccak();
  const shadow = new Shadow(
    { state: source.state, outbox: source.trees.outbox },
    {
      rollupId: spec.rollupId,
      keccak,
      signatureOf: (list) => source.signatureOf(list),
      batchesMax,
    },
  );
  const watcher = new Watcher({ vault, shadow, keccak, isGuardian: false, report });
  let round = (): Promise<unknown> => watcher.round();
  if (choice.proposeEverySeconds !== undefined) {
    await vault.approve(allowance);
    const proposer = new Proposer({
      vault,
      shadow,
      watcher,
      everyBatches,
      bytesMax,
      report,
      everySeconds: choice.proposeEverySeconds,
      now: () => Math.floor(Date.now() / 1_000),
    });
    round = () => proposer.round();
  }
  const detach = attach(source, shadow);
  const finished = keep(round, { everyMs: roundMs, signal, report }).finally(() => {
    detach();
    provider.destroy();
  });
  return { finished };
}

async function connect(
  url: string,
  { chainId }: Pick<RollupSpec, "chainId">,
): Promise<JsonRpcProvider> {
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
  let found: unknown;
  try {
    found = await provider.send("eth_chainId", []);
  } catch (cause) {
    provider.destroy();
    throw new CodedError("L1_FAILED", `--l1: there is no L1 at ${url}`, { cause });
  }
  if (Number(found) === chainId) return provider;
  provider.destroy();
  throw new CodedError("WRONG_CHAIN", `the spec is of chain ${chainId}, and this L1 is another`);
}

async function readKey(path: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new CodedError("BAD_KEY", `--key: cannot read ${path}`, { cause });
  }
  const key = fromHex(text);
  // Not with what it holds instead: it may be a secret all the same.
  if (key?.length !== 32)
    throw new CodedError("BAD_KEY", "--key must be a file with 32 bytes of hex");
  return text.startsWith("0x") ? text : `0x${text}`;
}
