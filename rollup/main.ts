// A rollup's node, as far as it follows: it runs until it is told to stop, and says on stdout what it was delivered.

import { ConclaveClient, CodedError, genesisHash, Height, Namespace } from "../sdk/index.ts";
import { loadCursor, saveCursor } from "./cursor.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { Replay } from "./replay.ts";

/** How often the cursor is written while blocks arrive, ms; what came after it is delivered again. */
const saveIntervalMs = 1_000;

/** Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    await follow(readOptions(args), stopSignal());
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message, details } = error;
    process.stderr.write(`${JSON.stringify({ code, message, details })}\n`);
    if (code === "BAD_OPTION") process.stderr.write(usage);
    return code === "BAD_OPTION" ? 2 : 1;
  }
}

async function follow(options: Options, signal: AbortSignal): Promise<void> {
  const { genesis, namespace, endpoints, settlement, cursor } = options;
  const owner = { genesisHash: genesisHash(genesis), namespace };
  const domain = { chainId: genesis.chainId, settlement, rollupId: namespace };
  const saved = cursor === undefined ? undefined : await loadCursor(cursor, owner);
  const replay = new Replay(domain, saved);
  const client = new ConclaveClient({ endpoints, genesis });
  const { anchor } = replay;
  const start = anchor === undefined ? { from: Height(options.from) } : { parent: anchor };
  let savedAt = performance.now();
  const save = async (): Promise<void> => {
    if (cursor !== undefined) await saveCursor(cursor, owner, replay.toJson());
    savedAt = performance.now();
  };
  try {
    for await (const block of client.follow(Namespace(namespace), {
      ...start,
      signal,
      onFault: (fault) => report(options, "fault", { ...fault }),
    })) {
      replay.apply(block);
      const isDue = performance.now() - savedAt >= saveIntervalMs;
      if (isDue) await save();
      if (isDue || block.batchHash !== undefined) report(options, "block", replay.summary());
    }
  } finally {
    await save();
    report(options, "final", replay.summary());
  }
}

function report(options: Options, type: string, data: Readonly<Record<string, unknown>>): void {
  const line = { type, namespace: options.namespace, ...data };
  const text = options.json
    ? JSON.stringify(line)
    : Object.entries(line)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(" ");
  process.stdout.write(`${text}\n`);
}

/** Aborted by SIGTERM or SIGINT; a second one kills. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

process.exitCode = await main(process.argv.slice(2));
