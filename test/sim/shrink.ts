// From a run that fails to a smaller one that fails in the same way: fewer views, fewer adversaries, fewer kinds of
// faults, each left out as long as the same checker still finds something.

import { type Campaign, wickedIn } from "./campaigns.ts";
import { faultNames } from "./faults.ts";
import { type Observation, Violation } from "./observation.ts";
import type { ReplayOptions } from "./options.ts";

/** Runs that are tried at most. */
const triesMax = 60;
/** What is shown of the smallest run: the last things that happened in it. */
const shownMax = 40;
/** What says little about why a run fails. */
const chatter = new Set(["lanes", "transactions", "get-transactions", "get-lanes", "lane-tips"]);

export interface Shrunk {
  readonly options: ReplayOptions;
  readonly violation: Violation;
  readonly last: readonly { readonly observation: Observation; readonly now: number }[];
}

/** Undefined when the seed does not fail by a checker. */
export async function shrink(
  campaign: Campaign,
  options: ReplayOptions,
  seed: number,
): Promise<Shrunk | undefined> {
  const first = await violationOf(() => campaign(options, seed));
  if (first === undefined) return undefined;
  let tries = 0;
  let smallest: ReplayOptions = { ...options, wicked: wickedIn(options, seed) };
  const attempt = async (smaller: ReplayOptions): Promise<boolean> => {
    if (++tries > triesMax) return false;
    const violation = await violationOf(() => campaign(smaller, seed));
    if (violation?.checker !== first.checker) return false;
    smallest = smaller;
    return true;
  };
  for (const seat of smallest.wicked?.keys() ?? []) {
    const wicked = new Map(smallest.wicked);
    wicked.delete(seat);
    await attempt({ ...smallest, wicked });
  }
  for (const fault of faultNames)
    await attempt({ ...smallest, without: [...smallest.without, fault] });
  while (smallest.views > 1 && (await attempt(withViews(smallest, smallest.views / 2)))) continue;
  while (smallest.views > 1 && (await attempt(withViews(smallest, smallest.views * 0.8)))) continue;
  const last: { observation: Observation; now: number }[] = [];
  const violation = await violationOf(() =>
    campaign(smallest, seed, (observation, now) => {
      if (observation.type === "stamped" || observation.type === "answered") return;
      if (observation.type === "said" && chatter.has(observation.message.type)) return;
      last.push({ observation, now });
      if (last.length > shownMax) last.shift();
    }),
  );
  return { options: smallest, violation: violation ?? first, last };
}

function withViews(options: ReplayOptions, views: number): ReplayOptions {
  return { ...options, views: Math.floor(views) };
}

async function violationOf(run: () => Promise<unknown>): Promise<Violation | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}
