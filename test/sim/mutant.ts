// Bugs planted to prove the checkers. A mutant is the code with a line changed, loaded beside the true one, so that
// production code has no hooks for them; an edit that does not fit any more fails loudly.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ReplicaClass } from "./replicas/node.ts";
import type { CoreParts } from "./whole/node.ts";

export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant<Options> {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Who is expected to notice. */
  readonly checkers: readonly string[];
  /** A seed that found it once, with which the gate begins. */
  readonly knownSeed: number;
  /** How many seeds it may take, from the first or from the known one. */
  readonly budget: number;
  /** What the runs are like. */
  readonly options?: Partial<Options>;
}

/** Whether production still has, once, what a mutant changes. */
export function isFitting(edit: Edit): boolean {
  return fits(readFileSync(resolve(import.meta.dirname, "../..", edit.file), "utf8"), edit.from);
}

function fits(text: string, from: string): boolean {
  return text.split(from).length === 2;
}

/** The machines with these changes. `dispose` removes the copy. */
export async function loadMutant(mutant: {
  readonly name: string;
  readonly edits: readonly Edit[];
}): Promise<{
  readonly replicaClass: ReplicaClass;
  readonly coreParts: CoreParts;
  readonly dispose: () => void;
}> {
  const { load, dispose } = plant(mutant, {
    linked: ["base", "crypto", "protocol"],
    copied: ["consensus", "mempool", "ledger", "epoch", "sequencer"],
  });
  const { Replica } = (await load("consensus/index.ts")) as { Replica: ReplicaClass };
  const coreParts = {
    ...((await load("sequencer/core.ts")) as Pick<CoreParts, "Core">),
    ...((await load("sequencer/recovery.ts")) as Omit<CoreParts, "Core">),
  };
  return {
    replicaClass: Replica,
    coreParts,
    dispose,
  };
}

/** A copy of some folders with these changes, beside others as they are; `load` imports a door of it. */
export function plant(
  mutant: { readonly name: string; readonly edits: readonly Edit[] },
  { linked, copied }: { readonly linked: readonly string[]; readonly copied: readonly string[] },
): { readonly load: (door: string) => Promise<unknown>; readonly dispose: () => void } {
  const root = resolve(import.meta.dirname, "../..");
  const folder = mkdtempSync(join(tmpdir(), "mutant-"));
  for (const each of linked) symlinkSync(join(root, each), join(folder, each));
  for (const each of copied) cpSync(join(root, each), join(folder, each), { recursive: true });
  // Node takes the kind of a module from the nearest package.
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const { file, from, to } of mutant.edits) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    if (!fits(text, from))
      throw new Error(`${mutant.name}: ${file} does not contain once: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }
  return {
    load: (door) => import(pathToFileURL(join(folder, door)).href),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
