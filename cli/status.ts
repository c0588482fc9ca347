// conclave status: how nodes are, by their own word, or how far a transaction has come.

import { CodedError } from "../base/index.ts";
import { askHealth, type NodeHealth } from "./node-health.ts";
import {
  connect,
  endpointsOf,
  hash,
  type NetworkOptions,
  runCommand,
  show,
  withNetwork,
} from "./program.ts";

interface Options extends NetworkOptions {
  readonly transaction?: Uint8Array;
  readonly json?: boolean;
}

await runCommand("status", (command) =>
  withNetwork(command)
    .description("show how nodes are, or how far a transaction has come")
    .option("--transaction <id>", "of which; asks for --genesis or --genesis-hash", hash)
    .action(async (options: Options) => {
      const { transaction, json = false } = options;
      if (transaction === undefined) await showNodes(endpointsOf(options), json);
      else await showTransaction(transaction, options, json);
    }),
);

async function showTransaction(id: Uint8Array, options: Options, json: boolean): Promise<void> {
  const status = await (await connect(options)).status(id);
  if (status === undefined)
    throw new CodedError("UNKNOWN_TRANSACTION", "none of the nodes knows of this transaction");
  show(status, { json });
}

/** Fails when one does not answer, after those that do. */
async function showNodes(endpoints: readonly string[], json: boolean): Promise<void> {
  const answers = await Promise.allSettled(endpoints.map(askHealth));
  const healths = answers
    .map((answer, i) => ({ node: endpoints[i], answer }))
    .filter(
      (each): each is { node: string; answer: PromiseFulfilledResult<NodeHealth> } =>
        each.answer.status === "fulfilled",
    );
  for (const { node, answer } of healths) show({ node, ...answer.value }, { json });
  for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
}
