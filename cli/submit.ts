// conclave submit: seals a payload to the committee's key, signs it, and hands it to the nodes.

import { readFile } from "node:fs/promises";
import { InvalidArgumentError, Option } from "commander";
import { CodedError, fromHex, utf8 } from "../base/index.ts";
import {
  type Class,
  classes,
  Height,
  limits,
  Namespace,
  type Payer,
  payers,
} from "../protocol/index.ts";
import { clearTransaction, type ConclaveClient, keySigner, sealTransaction } from "../sdk/index.ts";
import { askHealth, askPrice } from "./node-health.ts";
import {
  connect,
  endpointsOf,
  natural,
  type NetworkOptions,
  runCommand,
  show,
  withNetwork,
} from "./program.ts";

interface Options extends NetworkOptions {
  readonly namespace: number;
  readonly payload: Uint8Array;
  readonly key: { readonly file: string } | { readonly variable: string };
  readonly class: Class;
  readonly payer: Payer;
  readonly nonce?: number;
  readonly expiry?: number;
  readonly feeCap?: number;
  readonly clear?: true;
  readonly wait?: true;
  readonly json?: boolean;
}

/** How far above the last final height a transaction may be ordered, unless it says otherwise. */
const expiryHeights = 1_000;
const waitMs = 250;

await runCommand("submit", (command) =>
  withNetwork(command)
    .description("seal a transaction, submit it to the nodes, and print the receipts")
    .requiredOption("--namespace <id>", "of which rollup", natural)
    .requiredOption("--payload <bytes>", "what the rollup executes: text, or hex after 0x", payload)
    .requiredOption(
      "--key <source>",
      "the sender's secp256k1 key as hex (file:PATH or env:NAME)",
      keySource,
    )
    .addOption(new Option("--class <class>", "its public tag").choices(classes).default("normal"))
    .addOption(new Option("--payer <payer>", "of the fee").choices(payers).default("rollup"))
    .option("--nonce <n>", "tells the sender's transactions apart; the time by default", natural)
    .option("--expiry <height>", `the last height; ${expiryHeights} from now by default`, natural)
    .option("--fee-cap <units>", "the most to pay; any size's fee by default", natural)
    .option("--clear", "do not seal it, where the namespace lets clear transactions in")
    .option("--wait", "until it is opened, or will not be")
    .action(async (options: Options) => {
      const client = await connect(options);
      const { id, receipts } = await client.submit(await makeTransaction(client, options));
      show({ id, validators: receipts.map(({ validator }) => validator) }, options);
      if (options.wait === true) await waitForEnd(client, id, options);
    }),
);

async function makeTransaction(
  client: ConclaveClient,
  options: Options,
): ReturnType<typeof sealTransaction> {
  const network = await client.network();
  const request = {
    network,
    signer: keySigner(await readKey(options.key)),
    payload: options.payload,
    envelope: {
      namespace: Namespace(options.namespace),
      class: options.class,
      payer: options.payer,
      nonce: options.nonce ?? Date.now(),
      expiry: Height(options.expiry ?? (await highestFinal(endpointsOf(options))) + expiryHeights),
      feeCap: options.feeCap ?? (await likelyFee(options)),
    },
  };
  return options.clear === true ? clearTransaction(request) : sealTransaction(request);
}

/**
 * Any size's fee at the price of now, and at more for one that is smaller. The lowest price that a node says: a wrong one
 * makes the transaction be refused, or be paid for at what it costs in truth.
 */
async function likelyFee(options: Options): Promise<number> {
  const asked = endpointsOf(options).map((each) => askPrice(each, options.namespace));
  const answers = await Promise.allSettled(asked);
  const prices = answers.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  // Whoever answers nothing is told so by what asks for the height.
  const price = prices.length === 0 ? 1 : Math.min(...prices, limits.baseFeeMax);
  return 2 * price * limits.transactionBodyBytesMax;
}

/** One node's word is enough: a wrong one makes the transaction expire early or be refused, and no more. */
async function highestFinal(endpoints: readonly string[]): Promise<number> {
  const { final } = await Promise.any(endpoints.map(askHealth)).catch((error: unknown) => {
    throw error instanceof AggregateError ? error.errors[0] : error;
  });
  return final;
}

async function waitForEnd(client: ConclaveClient, id: Uint8Array, options: Options): Promise<void> {
  for (;;) {
    const status = await client.status(id);
    if (status !== undefined && !["received", "ordered"].includes(status.state)) {
      show(status, options);
      if (["expired", "rejected"].includes(status.state))
        throw new CodedError("NOT_INCLUDED", `the transaction is ${status.state}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function readKey(source: Options["key"]): Promise<Uint8Array> {
  const text = "file" in source ? await readText(source.file) : process.env[source.variable];
  const key = fromHex(text?.trim() ?? "");
  if (key?.length === 32) return key;
  throw new CodedError("BAD_KEY", "the sender's key must be 32 bytes of hex where --key points to");
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CodedError("FILE_UNREADABLE", `${path} cannot be read`, { cause });
  }
}

function payload(text: string): Uint8Array {
  const bytes = text.startsWith("0x") ? fromHex(text) : utf8(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError("After 0x it must be whole bytes of hex.");
}

function keySource(text: string): Options["key"] {
  const [, scheme, place = ""] = /^(file|env):(.+)$/.exec(text) ?? [];
  if (scheme === "file") return { file: place };
  if (scheme === "env") return { variable: place };
  throw new InvalidArgumentError("It must be file:PATH or env:NAME: arguments are seen by others.");
}
