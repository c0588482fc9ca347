import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Store } from "../../base/index.ts";
import { readVote } from "../../consensus/index.ts";
import { writeVote } from "../../consensus/vote-log.ts";
import {
  Epoch,
  Height,
  limits,
  spaces,
  ValidatorIndex,
  View,
  zeroHash,
} from "../../protocol/index.ts";
import { Pruner } from "../../sequencer/pruner.ts";
import { memoryStore, openStore } from "../../sequencer/storage/index.ts";
import { committee } from "../consensus/support.ts";
import { silentLogger } from "./silent-logger.ts";

const keeping = {
  delivered: Height(0),
  anchored: Height(0),
  snapshot: Height(0),
  retention: 10,
};
const far = limits.voteLogViewsMax;

test.each(["in memory", "on disk"])(
  "votes of long ago go from a store %s, and those of the last two epochs stay",
  async (where) => {
    const folder = mkdtempSync(join(tmpdir(), "pruner-"));
    const options = { genesisHash: zeroHash, logger: silentLogger };
    const store = where === "in memory" ? memoryStore() : await openStore(folder, options);
    try {
      const places = [
        [0, 7],
        [1, 7],
        [1, 900],
        [2, 3],
        [2, 4],
        [2, far + 4],
      ] as const;
      await store.write(
        places.flatMap(([epoch, view]) => [voteAt(epoch, view, 0), voteAt(epoch, view, 3)]),
        { sync: false },
      );
      expect(await votesIn(store, 0)).toEqual([7, 7]);
      await new Pruner(store).portion(keeping);
      expect(await votesIn(store, 0)).toEqual([]);
      expect(await votesIn(store, 1)).toEqual([7, 7, 900, 900]);
      expect(await votesIn(store, 2)).toEqual([4, 4, far + 4, far + 4]);
    } finally {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

function voteAt(epoch: number, view: number, signer: number): ReturnType<typeof writeVote> {
  const statement = { kind: "skip", view: View(view), hash: zeroHash } as const;
  const signature = new Uint8Array(96);
  return writeVote(Epoch(epoch), { ...statement, signer: ValidatorIndex(signer), signature });
}

async function votesIn(store: Store, epoch: number): Promise<number[]> {
  const records = await store.range(spaces.vote);
  const of = { ...committee, epoch: Epoch(epoch) };
  return records.flatMap((record) => readVote(of, record)?.view ?? []);
}
