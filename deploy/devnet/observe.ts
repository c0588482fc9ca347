// Puts together what a smoke saw, each part from its own source.

import type { Follower } from "./follower.ts";
import type { Journal } from "./journal.ts";
import type { L1Reader } from "./l1-history.ts";
import { toHex } from "../../base/index.ts";
import type { ConclaveClient } from "../../sdk/index.ts";
import type { CommitteeOfEpoch, Observations, ValidatorChain } from "./observations.ts";
import type { Exchange } from "./perpetuals/exchange.ts";
import { observePerpetuals } from "./perpetuals/observation.ts";
import type { VaultReader } from "./perpetuals/vault-reader.ts";
import type { StreamCollector } from "./streams.ts";
import { until } from "./until.ts";
import type { Validator } from "./validators.ts";

export interface Sources {
  readonly validators: readonly Validator[];
  readonly journal: Journal;
  readonly collectors: readonly StreamCollector[];
  readonly followers: readonly Follower[];
  readonly l1: L1Reader;
  /** Of any customer, which believes the genesis alone. */
  readonly client: ConclaveClient;
  readonly perpetuals: { readonly exchange: Exchange; readonly vault: VaultReader } | undefined;
}

export async function observe(
  { validators, journal, collectors, followers, l1, client, perpetuals }: Sources,
  plan: Pick<Observations, "wanted" | "restarts" | "sizes" | "keyIds"> & {
    readonly held: string | undefined;
  },
): Promise<Observations> {
  const history = await l1.history();
  // L1 may hold a checkpoint of a block that the slowest validator has not opened yet.
  const anchored = Math.max(0, ...history.checkpoints.map(({ height }) => height));
  return {
    ...plan,
    ...(await epochsOf(client, plan.held)),
    submitted: journal.submitted(),
    streams: collectors.map((each) => each.stream()),
    followers: followers.map((each) => each.history()),
    perpetuals: perpetuals && (await observePerpetuals(perpetuals.exchange, perpetuals.vault)),
    ...history,
    traces: validators.map((each) => each.trace()),
    chains: await chainsOf(validators, anchored),
  };
}

async function epochsOf(
  client: ConclaveClient,
  held: string | undefined,
): Promise<Pick<Observations, "epochs" | "held">> {
  const { epochs } = await client.network();
  const known: CommitteeOfEpoch[] = [];
  for (let at = epochs.at(0); at !== undefined; at = epochs.at(known.length)) {
    const { epoch, members, sealing, retiring } = at.committee;
    known.push({
      epoch,
      members: members.length,
      sealingKey: sealing && toHex(sealing.pk2),
      keyId: sealing?.keyId,
      retiringKey: retiring && toHex(retiring.pk2),
    });
  }
  return { epochs: known, held: { id: held, lastOrigin: epochs.newest.origin.height } };
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
