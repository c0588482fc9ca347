// conclave follow: a namespace's opened transactions as they become final, each verified against the genesis.

import { Height, Namespace } from "../protocol/index.ts";
import type { VerifiedBlock } from "../sdk/index.ts";
import {
  connect,
  hex,
  natural,
  type NetworkOptions,
  runCommand,
  show,
  withNetwork,
} from "./program.ts";

interface Options extends NetworkOptions {
  readonly namespace: number;
  readonly from: number;
  readonly blocks?: number;
  readonly json?: boolean;
}

await runCommand("follow", (command) =>
  withNetwork(command)
    .description("print a namespace's transactions as they become final, until interrupted")
    .requiredOption("--namespace <id>", "of which rollup", natural)
    .option("--from <height>", "the first height", natural, 1)
    .option("--blocks <n>", "end after this many blocks", natural)
    .action(async (options: Options) => {
      const client = await connect(options);
      const stop = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
      let blocks = 0;
      for await (const block of client.follow(Namespace(options.namespace), {
        from: Height(options.from),
        signal: stop.signal,
        onFault: ({ endpoint, code }) => process.stderr.write(`conclave: ${endpoint}: ${code}\n`),
      })) {
        showBlock(block, options);
        if (++blocks === options.blocks) return;
      }
    }),
);

/** A block is a line of JSON, and for people one line for each of its transactions. */
function showBlock(block: VerifiedBlock, { json = false }: Options): void {
  const { height, hash, time, transactions } = block;
  const shown = transactions.map(({ id, envelope, payload }) => ({
    id,
    sender: envelope.sender,
    class: envelope.class,
    nonce: envelope.nonce,
    payload: payload ?? null,
  }));
  if (json) return show({ height, hash, time, transactions: shown }, { json });
  for (const each of shown) {
    const payload = each.payload === null ? "void" : hex(each.payload);
    process.stdout.write(
      `${height}  ${each.class}  ${hex(each.sender)}  ${hex(each.id)}  ${payload}\n`,
    );
  }
}
