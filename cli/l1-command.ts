// What the commands that pay on the L1 share: how they are told of network and account, how they show what they would do,
// and how they answer.

import { homedir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CodedError } from "../base/index.ts";
import { type PasswordSource, readPassword } from "../keystore/index.ts";
import {
  abis,
  FileJournal,
  isL1Address,
  L1,
  openWallet,
  type Outcome,
  type Plan,
  rehearse,
  Sender,
  toWalletSource,
  type WalletSource,
} from "../l1/index.ts";
import { hex, readGenesis, show } from "./program.ts";

/** A command that sends. */
export interface Verb<Options> {
  readonly name: string;
  readonly what: string;
  /** Its own options, as one would type them. */
  readonly example: string;
  readonly define?: (command: Command) => Command;
  readonly plan: (l1: L1, account: string, options: Options) => Promise<Plan>;
}

/** A command that asks. */
export interface Query<Options> {
  readonly name: string;
  readonly what: string;
  readonly example: string;
  readonly define?: (command: Command) => Command;
  readonly ask: (l1: L1, options: Options) => Promise<object>;
}

interface Network {
  readonly genesis?: string;
  readonly rpcUrl?: string;
  readonly json?: true;
}

interface Sending extends Network {
  readonly key?: WalletSource;
  readonly password?: PasswordSource;
  readonly from?: string;
  readonly journal: string;
  readonly dryRun?: true;
}

export function addVerb<Options extends object>(group: Command, verb: Verb<Options>): void {
  const command = withL1(group.command(verb.name))
    .description(verb.what)
    .option("--key <source>", "the account that pays (keystore:PATH or env:NAME)", walletSource)
    .option("--password <source>", "of that keystore (file:PATH or env:NAME)", passwordSource)
    .option("--from <address>", "the account, where --dry-run has no key", address)
    .option("--journal <folder>", "keeps what is on its way over crashes", journalFolder())
    .option("--dry-run", "print what would be sent, with its gas, and send nothing");
  (verb.define?.(command) ?? command)
    .addHelpText("after", exampleOf(group, verb, " --key env:L1_KEY"))
    .action(async (options: Options & Sending) => {
      const wallet = options.key === undefined ? undefined : await walletOf(options.key, options);
      const account = wallet?.address ?? options.from;
      if (account === undefined || (wallet === undefined && options.dryRun !== true))
        throw new CodedError("NO_KEY", "give the account's --key, or --from with --dry-run");
      await withConnection(options, async (l1) => {
        if (options.dryRun === true) {
          const plan = await verb.plan(l1, account, options);
          return showRehearsal(l1, { account, plan }, options);
        }
        if (wallet === undefined) return;
        const journal = new FileJournal(options.journal, { chainId: l1.chainId, account });
        const progress = (line: string): void => showProgress(line, options);
        const wish = {
          intent: `${group.name()} ${verb.name} ${ownOptions(options)}`,
          plan: () => verb.plan(l1, account, options),
        };
        const sender = new Sender({ l1, wallet, journal, progress });
        await sender.carryOut(wish, (outcome) => showOutcome(account, outcome, options));
      });
    });
}

export function addQuery<Options extends object>(group: Command, query: Query<Options>): void {
  const command = withL1(group.command(query.name)).description(query.what);
  (query.define?.(command) ?? command)
    .addHelpText("after", exampleOf(group, query, ""))
    .action((options: Options & Network) =>
      withConnection(options, async (l1) => show(await query.ask(l1, options), jsonOf(options))),
    );
}

function withL1(command: Command): Command {
  return command
    .addOption(
      new Option("--genesis <file>", "of the network: its L1 chain and contracts").env(
        "CONCLAVE_GENESIS",
      ),
    )
    .addOption(
      new Option("--rpc-url <url>", "JSON-RPC of the L1")
        .env("CONCLAVE_L1_RPC_URL")
        .argParser(httpUrl),
    )
    .option("--json", "print JSON");
}

function exampleOf(
  group: Command,
  { name, example }: { readonly name: string; readonly example: string },
  rest: string,
): string {
  const network = "--genesis genesis.json --rpc-url http://127.0.0.1:8545";
  return `\nExample:\n  ${[group.name(), name, example].join(" ").trim()} \\\n    ${network}${rest}`;
}

async function withConnection(options: Network, work: (l1: L1) => Promise<void>): Promise<void> {
  const { genesis: path, rpcUrl } = options;
  if (path === undefined)
    throw new CodedError("GENESIS_MISSING", "name the network with --genesis FILE");
  if (rpcUrl === undefined)
    throw new CodedError("RPC_URL_MISSING", "name the L1 with --rpc-url, or CONCLAVE_L1_RPC_URL");
  const { chainId, contracts } = await readGenesis(path);
  const [hub, rollups] = [hex(contracts.hub), hex(contracts.rollups)];
  const l1 = await L1.connect({ rpcUrl, chainId, hub, rollups });
  try {
    await work(l1);
  } finally {
    l1.close();
  }
}

async function walletOf(key: WalletSource, { password }: Sending): ReturnType<typeof openWallet> {
  return openWallet(key, () => {
    if (password === undefined)
      throw new CodedError("PASSWORD_MISSING", "the keystore of --key is opened by --password");
    return readPassword(password);
  });
}

async function showRehearsal(
  l1: L1,
  { account, plan }: { readonly account: string; readonly plan: Plan },
  options: Network,
): Promise<void> {
  const { chainId } = l1;
  const place = { dryRun: true, chainId, account };
  if (plan.type === "already") return show({ ...place, because: plan.because }, jsonOf(options));
  const steps = await rehearse(l1, account, plan.steps);
  if (options.json === true) return show({ ...place, steps }, { json: true });
  show(place, {});
  for (const step of steps) show(step, {});
}

function showOutcome(account: string, outcome: Outcome, options: Network): void {
  const { status, because, included } = outcome;
  const transactions = included.map(({ what, receipt }) => ({
    what,
    hash: receipt.hash,
    block: receipt.blockNumber,
    gas: Number(receipt.gasUsed),
  }));
  const events = included.flatMap(({ receipt }) => receipt.logs.flatMap(toEvent));
  const reason = because === undefined ? {} : { because };
  const about = { status, ...reason, account };
  if (options.json === true) return show({ ...about, transactions, events }, { json: true });
  show(about, {});
  for (const { what, hash, block, gas } of transactions)
    show({ [what]: `${hash}, block ${block}, gas ${gas}` }, {});
  for (const { event, ...values } of events) show({ [event]: "", ...values }, {});
}

type ShownEvent = Readonly<Record<string, unknown>> & { readonly event: string };

/** Of our contracts; what other contracts say is passed over. */
function toEvent(log: { readonly topics: readonly string[]; readonly data: string }): ShownEvent[] {
  for (const abi of abis) {
    const parsed = abi.parseLog(log);
    if (parsed !== null) return [{ ...parsed.args.toObject(), event: parsed.name }];
  }
  return [];
}

function showProgress(line: string, { json }: Network): void {
  process.stderr.write(json === true ? `${JSON.stringify({ progress: line })}\n` : `${line}\n`);
}

function jsonOf({ json }: Network): { readonly json?: boolean } {
  return { json: json === true };
}

/** What was asked, without how: the same text for the same wish, by whatever server it is carried out. */
function ownOptions(options: object): string {
  const how = ["genesis", "rpcUrl", "json", "key", "password", "from", "journal", "dryRun"];
  const own = Object.entries(options).filter(([name]) => !how.includes(name));
  return JSON.stringify(Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))));
}

function journalFolder(): string {
  const state = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  return process.env["CONCLAVE_JOURNAL"] ?? join(state, "conclave", "l1");
}

export function address(text: string): string {
  if (isL1Address(text)) return text;
  throw new InvalidArgumentError("It must be an address: 0x and 40 hex digits.");
}

/** Tokens as people say them; how fine they may be is the token's to say. */
export function amount(text: string): string {
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) > 0) return text;
  throw new InvalidArgumentError("It must be an amount of tokens above 0, such as 100 or 0.5.");
}

export function passwordSource(text: string): PasswordSource {
  const [, scheme, place = ""] = /^(file|env):(.+)$/.exec(text) ?? [];
  if (scheme === "file") return { file: place };
  if (scheme === "env") return { variable: place };
  throw new InvalidArgumentError("It must be file:PATH or env:NAME.");
}

function walletSource(text: string): WalletSource {
  const source = toWalletSource(text);
  if (source !== undefined) return source;
  throw new InvalidArgumentError(
    "It must be keystore:PATH or env:NAME: arguments are seen by others.",
  );
}

function httpUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be a URL of http or https.");
}
