// Puts together what a smoke saw, each part from its own source.

import type { Follower } from "./follower.ts";
import type { Journal } from "./journal.ts";
import type { L1Reader } from "./l1-history.ts";
import type { Observations, ValidatorChain } from "./observations.ts";
import type { StreamCollector } from "./streams.ts";
import { until } from "./until.ts";
import type { Validator } from "./validators.ts";

export interface Sources {
  readonly validators: readonly Validator[];
  readonly journal: Journal;
  readonly collectors: readonly StreamCollector[];
  readonly followers: readonly Follower[];
  readonly l1: L1Reader;
}

export async function observe(
  { validators, journal, collectors, followers, l1 }: Sources,
  plan: Pick<Observations, "wanted" | "restarts">,
): Promise<Observations> {
  const history = await l1.history();
  // L1 may hold a checkpoint of a block that the slowest validator has not opened yet.
  const anchored = Math.max(0, ...history.checkpoints.map(({ height }) => height));
  return {
    ...plan,
    submitted: journal.submitted(),
    streams: collectors.map((each) => each.stream()),
    followers: followers.map((each) => each.history()),
    ...history,
    traces: validators.map((each) => each.trace()),
    chains: await chainsOf(validators, anchored),
  };
}

const patienceMs = 30_000;

/** Up to a height that all of them have; not below `least`, unless one of them does not get there in time. */
export async function chainsOf(
  validators: readonly Validator[],
  least: number,
): Promise<readonly ValidatorChain[]> {
  let last = 0;
  await until(
    async () => {
      const statuses = validators.map(async ({ api }) => (await api.status()).opened);
      // What was opened before the last is on the disk for certain.
      last = Math.min(...(await Promise.all(statuses))) - 1;
      return last >= least;
    },
    { timeoutMs: patienceMs },
  );
  return Promise.all(
    validators.map(async ({ index, api }) => {
      const hashes = new Map<number, string>();
      for (let height = 1; height <= last; height++) {
        const block = await api.block(height);
        if (block !== undefined) hashes.set(height, block.hash.replace(/^0x/, ""));
      }
      return { validator: index, hashes };
    }),
  );
}
