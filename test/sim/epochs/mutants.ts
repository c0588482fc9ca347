// Bugs planted in the change of committees, and who has to notice. The seeds are those that once found them.

import type { Mutant } from "../mutant.ts";
import type { EpochCampaignOptions } from "./campaign.ts";

/** The third committee is the last, and makes a new key; the old one retires in the middle of its epoch. */
const rotation = { isCalm: true, sizes: [4, 4, 5], keyOverlap: 40 } as const;

/** It does so in the third epoch, and is handed on with the newest to a fourth. */
const handing = { isCalm: true, sizes: [4, 4, 5, 4], keyOverlap: 150 } as const;

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
  {
    name: "what is sealed to a key that has retired is ordered",
    edits: [
      {
        file: "ledger/admission.ts",
        from: "isSealedTo(committee, { keyId, height })",
        to: "isSealedTo(committee, { keyId, height: 0 })",
      },
    ],
    checkers: ["keys"],
    knownSeed: 1,
    budget: 3,
    options: rotation,
  },
  {
    name: "a key is not handed on although it is in use",
    edits: [
      {
        file: "epoch/succession.ts",
        from: "closingFrom(start, parameters.dkgWindow) <= retiring.until",
        to: "closingFrom(start, parameters.dkgWindow) < 0",
      },
    ],
    checkers: ["keys"],
    knownSeed: 1,
    budget: 3,
    options: handing,
  },
  {
    name: "the end of a key moves when it is handed on",
    edits: [
      {
        file: "epoch/succession.ts",
        from: "retiring?.keyId === keyId ? retiring.until : Height(end)",
        to: "retiring?.keyId === 0 ? retiring.until : Height(end)",
      },
    ],
    checkers: ["keys"],
    knownSeed: 1,
    budget: 3,
    options: handing,
  },
  {
    name: "the shares of a key are erased while it is in use",
    edits: [
      {
        file: "sequencer/core.ts",
        from: "this.#delivery.delivered >= retiring.until",
        to: "this.#delivery.delivered >= 0",
      },
    ],
    checkers: ["liveness", "shares"],
    knownSeed: 1,
    budget: 3,
    options: { ...rotation, keyOverlap: 150 },
  },
  {
    name: "the shares of a key that has retired are kept",
    edits: [
      {
        file: "sequencer/core.ts",
        from: "if (!isOver || this.#hasRetired) return;",
        to: "if (isOver !== undefined) return;",
      },
    ],
    checkers: ["shares"],
    knownSeed: 1,
    budget: 3,
    options: rotation,
  },
];
