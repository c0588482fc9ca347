import type { Command } from "commander";
import type { Actions } from "./actions.ts";
import { show, type Streams } from "./output.ts";
import { type Settings, sourcesOf, withSettings } from "./settings.ts";

const movingHelp = `
Stop the node first: nothing of this works while it runs. A validator whose record is exported signs on the new
machine from there on, and must not be started on the old one again.`;

export function addSafetyCommands(
  group: Command,
  { actions, streams }: { readonly actions: Actions; readonly streams: Streams },
): void {
  withSettings(group.command("export"))
    .description("write what this validator's key has signed to a file, to move with the key")
    .requiredOption("--out <file>", "must not exist")
    .option("--json", "print JSON")
    .addHelpText("after", movingHelp)
    .action(async ({ out, json, ...settings }: Settings & { out: string; json?: true }) =>
      show(streams, await actions.exportSafety(sourcesOf(settings), { out }), {
        json: json ?? false,
      }),
    );

  withSettings(group.command("import"))
    .description("take over such a file; what is known already is never lowered")
    .requiredOption("--in <file>", "that was exported on the machine before")
    .option("--json", "print JSON")
    .addHelpText("after", movingHelp)
    .action(async ({ in: from, json, ...settings }: Settings & { in: string; json?: true }) =>
      show(streams, await actions.importSafety(sourcesOf(settings), { from }), {
        json: json ?? false,
      }),
    );

  withSettings(group.command("init"))
    .description("begin the record of a key that has never signed on this chain")
    .requiredOption(
      "--never-signed",
      "that it is so: a key that signs again what it has forgotten loses its stake",
    )
    .option("--json", "print JSON")
    .action(async ({ json, ...rest }: Settings & { neverSigned: true; json?: true }) => {
      const { neverSigned: _, ...settings } = rest;
      show(streams, await actions.initSafety(sourcesOf(settings)), { json: json ?? false });
    });
}
