import type { Command } from "commander";
import { limits } from "../../protocol/index.ts";
import { defaultParameters } from "../genesis.ts";
import type { Actions } from "./actions.ts";
import { integer, namedIntegers } from "./arguments.ts";
import { show, type Streams } from "./output.ts";

const dealerWarning = `
  WARNING  All keys of these validators are drawn on ONE MACHINE: this one. Whoever has seen its memory or these
           files can vote for every validator of the first committee. It is meant for development, and for networks
           whose users trust whoever runs this to hand each folder to its operator and keep nothing. Validators that
           register later draw their own.
`;
const sealingWarning = `
  WARNING  The sealing key is dealt as well: whoever has seen this machine can open every transaction that is ever
           sealed to it. Without --deal-sealing-key the validators make it among themselves, and nobody ever has it.
`;

export function addGenesisCommands(
  group: Command,
  { actions, streams }: { readonly actions: Actions; readonly streams: Streams },
): void {
  group
    .command("keys")
    .description("first step: draw the keys of a committee into DIR, one folder per validator")
    .requiredOption("--out <dir>", "a folder that is new or empty")
    .requiredOption("--validators <n>", "how many", integer(1, limits.committeeMax))
    .option(
      "--deal-sealing-key",
      "a sealing key from the start, which this machine then knows",
      false,
    )
    .option("--json", "print JSON")
    .addHelpText("after", dealerWarning)
    .action(async ({ out, validators, dealSealingKey, json }: KeysOptions) => {
      streams.err(dealerWarning);
      if (dealSealingKey) streams.err(sealingWarning);
      const request = { folder: out, validators, dealsSealingKey: dealSealingKey };
      show(streams, await actions.makeCommittee(request), { json: json ?? false });
    });

  group
    .command("build")
    .description("second step, once the contracts are deployed with DIR/committee.json")
    .requiredOption("--out <dir>", "the folder of the first step")
    .requiredOption("--chain-id <id>", "of the L1", integer(1))
    .requiredOption("--hub <address>", "of the contract Hub")
    .requiredOption("--rollups <address>", "of the contract Rollups")
    .option("--bundle <address>", "of the contract Bundle, without which nodes do not post")
    .requiredOption("--l1-rpc-url <url>", "JSON-RPC of the L1, for the nodes' configurations")
    .option("--l1-start <block>", "where events are read from", integer(0), 0)
    .option("--addresses <multiaddress...>", "where each validator is reached, in order")
    .option("--api-port <port>", "of the first node's client interface", integer(1, 65_535), 8080)
    .option(
      "--parameter <name=value>",
      "of the protocol; may be repeated",
      namedIntegers(Object.keys(defaultParameters)),
    )
    .option("--json", "print JSON")
    .action(async (options: BuildOptions) => {
      const { out, l1RpcUrl, parameter, addresses, json, ...rest } = options;
      const request = {
        ...rest,
        folder: out,
        rpcUrl: l1RpcUrl,
        ...(parameter === undefined ? {} : { parameters: parameter }),
        ...(addresses === undefined ? {} : { addresses }),
      };
      show(streams, await actions.makeGenesis(request), { json: json ?? false });
    });

  group
    .command("show")
    .description("check a genesis file in full and print its hash")
    .argument("<file>")
    .option("--json", "print JSON")
    .action(async (file: string, { json }: { json?: true }) =>
      show(streams, await actions.describeGenesis(file), { json: json ?? false }),
    );
}

interface KeysOptions {
  readonly out: string;
  readonly validators: number;
  readonly dealSealingKey: boolean;
  readonly json?: true;
}

interface BuildOptions {
  readonly out: string;
  readonly chainId: number;
  readonly hub: string;
  readonly rollups: string;
  readonly bundle?: string;
  readonly l1RpcUrl: string;
  readonly l1Start: number;
  readonly addresses?: readonly string[];
  readonly apiPort: number;
  readonly parameter?: Readonly<Record<string, number>>;
  readonly json?: true;
}
