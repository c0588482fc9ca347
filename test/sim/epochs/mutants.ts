// Bugs planted in the change of committees, and who has to notice. The seeds are those that once found them.

import type { Mutant } from "../mutant.ts";
import type { EpochCampaignOptions } from "./campaign.ts";

export const epochMutants: readonly Mutant<EpochCampaignOptions>[] = [
  {
    name: "a node without a seat votes",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "return isMember(this.#committee, this.#index);",
        to: "return true;",
      },
    ],
    checkers: ["epochs"],
    knownSeed: 1,
    budget: 3,
  },
  {
    name: "what was stamped is forgotten where an epoch begins",
    edits: [
      {
        file: "sequencer/machines.ts",
        from: "transactions: recovery.transactions,",
        to: "transactions: snapshot?.tip.height === epoch.height ? [] : recovery.transactions,",
      },
    ],
    checkers: ["receipts"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "the state of a closing block is written before its epoch has ended",
    edits: [
      {
        file: "sequencer/core.ts",
        from: "if (this.#snapshots.isDue(height) && !isLast)",
        to: "if (this.#snapshots.isDue(height) || isLast)",
      },
    ],
    checkers: ["liveness", "assertion"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "what stands on a closing block is applied when it is final",
    edits: [
      {
        file: "sequencer/chain.ts",
        from: "if (next === undefined || this.#final.isClosed) return undefined;",
        to: "if (next === undefined) return undefined;",
      },
    ],
    checkers: ["agreement", "epochs", "once", "delivery", "assertion"],
    knownSeed: 8,
    budget: 20,
  },
  {
    name: "the end of an epoch is not written down",
    edits: [
      {
        file: "sequencer/core.ts",
        from: "this.#put(spaces.epoch, epoch, value);",
        to: "if (value.length === 0) this.#put(spaces.epoch, epoch, value);",
      },
    ],
    checkers: ["liveness", "assertion", "epochs"],
    knownSeed: 1,
    budget: 3,
  },
];
