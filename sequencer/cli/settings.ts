import type { Command } from "commander";
import { type ConfigSources, flagOf, settings, variableOf } from "../config.ts";

/** The settings that were given as options. */
export type Settings = Readonly<Record<string, string>> & { readonly config: string };

/** A command about one node takes its configuration, and each setting as an option of its own. */
export function withSettings(command: Command): Command {
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

export function sourcesOf({ config, ...options }: Settings): ConfigSources {
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
