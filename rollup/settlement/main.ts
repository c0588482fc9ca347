// The program that proposes a rollup's roots, and watches what others propose.

import { CodedError } from "../../sdk/index.ts";
import { readSettlementOptions, usage } from "./options.ts";
import { serve } from "./service.ts";

/** Resolves with the exit code: 0 done, 1 it failed, 2 it was asked wrongly. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readSettlementOptions(args);
    if (options === undefined) process.stdout.write(usage);
    else await serve(options, stopSignal());
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message, details } = error;
    process.stderr.write(`${JSON.stringify({ code, message, details })}\n`);
    if (code !== "BAD_OPTION") return 1;
    process.stderr.write(`\n${usage}`);
    return 2;
  }
}

/** Aborted by SIGTERM or SIGINT; a second one kills. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

process.exitCode = await main(process.argv.slice(2));
