import type { Command } from "commander";
import type { Actions } from "./actions.ts";
import { show, type Streams } from "./output.ts";
import { type Settings, sourcesOf, withSettings } from "./settings.ts";

export function addNodeCommands(
  groups: { readonly node: Command; readonly config: Command },
  { actions, streams }: { readonly actions: Actions; readonly streams: Streams },
): void {
  withSettings(groups.node.command("start"))
    .description("run the validator that the configuration describes, until SIGTERM or SIGINT")
    .action((options: Settings) => actions.startNode(sourcesOf(options)));

  withSettings(groups.config.command("print"))
    .description("print what a node would start with, after file, variables and flags")
    .option("--redact", "leave out what may hold credentials")
    .option("--json", "print JSON")
    .action(async ({ redact, json, ...options }: Settings & { redact?: true; json?: true }) => {
      const config = await actions.printConfig(sourcesOf(options), { redact: redact === true });
      show(streams, config, { json: json ?? false });
    });
}
