import { type Command, Option } from "commander";
import type { SecretSource } from "../config.ts";
import type { Actions } from "./actions.ts";
import { secretSource, secretSourceHelp } from "./arguments.ts";
import { show, type Streams } from "./output.ts";

export function addKeyCommands(
  group: Command,
  { actions, streams }: { readonly actions: Actions; readonly streams: Streams },
): void {
  group
    .command("generate")
    .description("draw a key at random and write its keystore")
    .addOption(
      new Option("--type <type>", "BLS for votes, or Ed25519 for messages between nodes")
        .choices(["validator", "network"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <file>", "must not exist")
    .requiredOption("--password <source>", `of the keystore ${secretSourceHelp}`, secretSource)
    .addOption(derivation())
    .option("--json", "print JSON")
    .action(async ({ json, ...request }: GenerateOptions) =>
      show(streams, await actions.makeKey(request), { json: json ?? false }),
    );

  group
    .command("list")
    .description("say what keystores hold, without their passwords")
    .argument("<path...>", "keystores, or folders of them")
    .option("--json", "print JSON")
    .action(async (paths: readonly string[], { json }: { json?: true }) =>
      show(streams, await actions.listKeys(paths), { json: json ?? false }),
    );

  addMove(group, "import", {
    description: "take over a keystore of any tool (EIP-2335), under a password of your own",
    use: { actions, streams },
  });
  addMove(group, "export", {
    description: "write a keystore for another tool or machine, under a password of its own",
    use: { actions, streams },
  });
}

function addMove(
  group: Command,
  name: string,
  { description, use }: { description: string; use: { actions: Actions; streams: Streams } },
): void {
  group
    .command(name)
    .description(description)
    .argument("<file>", "the keystore to read")
    .requiredOption("--password <source>", `that opens it ${secretSourceHelp}`, secretSource)
    .requiredOption("--out <file>", "the keystore to write; must not exist")
    .requiredOption("--new-password <source>", `for that one ${secretSourceHelp}`, secretSource)
    .addOption(derivation())
    .option("--json", "print JSON")
    .action(async (from: string, { json, ...rest }: MoveOptions) =>
      show(use.streams, await use.actions.moveKey({ from, ...rest }), { json: json ?? false }),
    );
}

function derivation(): Option {
  return new Option(
    "--derivation <name>",
    "scrypt resists guessing; pbkdf2 suits a long random password",
  )
    .choices(["scrypt", "pbkdf2"])
    .default("scrypt");
}

interface GenerateOptions {
  readonly type: "validator" | "network";
  readonly out: string;
  readonly password: SecretSource;
  readonly derivation: "scrypt" | "pbkdf2";
  readonly json?: true;
}

interface MoveOptions {
  readonly password: SecretSource;
  readonly out: string;
  readonly newPassword: SecretSource;
  readonly derivation: "scrypt" | "pbkdf2";
  readonly json?: true;
}
