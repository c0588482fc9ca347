// What the engine did, the contract does again: every chunk of random days, to the same root; and nothing else.

import { beforeAll, expect, test } from "vitest";
import { chunkKinds } from "../../rollup/proofs/index.ts";
import { settings } from "../rollup/engine/campaign.ts";
import { hex } from "./support/chain.ts";
import { type Shown, Stage } from "./support/stage.ts";

let stage: Stage;
/** A day under each of the campaign's settings. */
const days: { readonly shown: readonly Shown[]; readonly vault: string }[] = [];

beforeAll(async () => {
  stage = await Stage.open();
  for (const [place, options] of settings.entries())
    days.push(await stage.day({ seed: 100 + place, batches: 25, traders: 6, ...options }));
}, 120_000);

test("whatever a day brings, each chunk of each kind leads to its root", async () => {
  const steps = new Map<number, number>();
  for (const { shown, vault } of days)
    for (const each of shown) {
      const { kind, post, traced } = each.chunk;
      steps.set(kind, (steps.get(kind) ?? 0) + traced.length);
      const result = await stage.execute(vault, each);
      expect({ kind, traced, result }).toEqual({ kind, traced, result: hex(post) });
    }
  const least = { deposit: 40, withdraw: 20, fill: 100, "funding-mark": 300, admit: 300 };
  for (const [name, count] of Object.entries(least))
    expect(steps.get(chunkKinds[name as keyof typeof least])).toBeGreaterThan(count);
}, 120_000);
