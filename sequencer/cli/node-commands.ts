import type { Command } from "commander";
import { type ConfigSources, flagOf, settings, variableOf } from "../config.ts";
import type { Actions } from "./actions.ts";
import { show, type Streams } from "./output.ts";

export function addNodeCommands(
  groups: { readonly node: Command; readonly config: Command },
  { actions, streams }: { readonly actions: Actions; readonly streams: Streams },
): void {
  withSettings(groups.node.command("start"))
    .description("run the validator that the configuration describes, until SIGTERM or SIGINT")
    .action((options: Options) => actions.startNode(sourcesOf(options)));

  withSettings(groups.config.command("print"))
    .description("print what a node would start with, after file, variables and flags")
    .option("--redact", "leave out what may hold credentials")
    .option("--json", "print JSON")
    .action(async ({ redact, json, ...options }: Options & { redact?: true; json?: true }) => {
      const config = await actions.printConfig(sourcesOf(options), { redact: redact === true });
      show(streams, config, { json: json ?? false });
    });
}

type Options = Readonly<Record<string, string>> & { readonly config: string };

function withSettings(command: Command): Command {
  command.option("--config <file>", "the configuration (CONCLAVE_CONFIG)", defaultConfig());
  for (const setting of settings)
    command.option(`${flagOf(setting)} <value>`, `${setting.what} (${variableOf(setting)})`);
  return command.addHelpText(
    "after",
    "\nA flag wins over its variable, a variable over the file, the file over the default.",
  );
}

function defaultConfig(): string {
  return process.env["CONCLAVE_CONFIG"] ?? "config.json";
}

function sourcesOf({ config, ...options }: Options): ConfigSources {
  const byAttribute = new Map(settings.map((setting) => [attributeOf(setting), setting.path]));
  const flags = Object.entries(options).flatMap(([name, value]) => {
    const path = byAttribute.get(name);
    return path === undefined ? [] : [[path, value]];
  });
  return {
    path: config,
    environment: process.env,
    flags: Object.fromEntries(flags) as Record<string, string>,
  };
}

/** The name under which commander keeps an option: --l1-rpc-url is l1RpcUrl. */
function attributeOf(setting: { readonly path: string }): string {
  return flagOf(setting)
    .slice(2)
    .replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
