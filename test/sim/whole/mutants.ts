// Bugs planted in whole cores, or in what runs them, and who has to notice. The seeds are those that once found them.

import type { Mutant } from "../mutant.ts";
import type { CoreCampaignOptions } from "./campaign.ts";

/** Long, and with little else going wrong than that processes die. */
const whereProcessesDie: Partial<CoreCampaignOptions> = {
  views: 100,
  adversaryNames: [],
  without: ["skew", "l1-stalls"],
};

/** Where a quorum has to give up blocks, and may give up what one has opened alone. */
const whereSharesAreLost: Partial<CoreCampaignOptions> = {
  views: 60,
  losesShares: true,
  ignored: ["inclusion-bound"],
};

export const coreMutants: readonly Mutant<CoreCampaignOptions>[] = [
  {
    name: "shares leave with the PREPARE",
    edits: [],
    checkers: ["early-share"],
    knownSeed: 1,
    budget: 5,
    options: { honestAre: "leaker" },
  },
  {
    name: "shares leave with the PREPARE, and it shows in what can be read",
    edits: [],
    checkers: ["plaintext"],
    knownSeed: 1,
    budget: 5,
    options: { honestAre: "leaker", ignored: ["early-share"] },
  },
  {
    name: "f stamps decide instead of f+1",
    edits: [
      {
        file: "mempool/fair-order.ts",
        from: "ripeAt(stamps, faultyMax(seats))",
        to: "ripeAt(stamps, faultyMax(seats) - 1)",
      },
    ],
    checkers: ["fair-order"],
    knownSeed: 4,
    budget: 30,
    options: { adversaryNames: ["backdater"] },
  },
  {
    name: "f+1 heads are enough for the block time",
    edits: [
      {
        file: "mempool/fair-order.ts",
        from: "heads.length - quorum(heads.length)",
        to: "heads.length - 1 - faultyMax(heads.length)",
      },
    ],
    checkers: ["inclusion", "fair-order"],
    knownSeed: 5,
    budget: 60,
  },
  {
    name: "the block time runs ahead",
    edits: [
      {
        file: "mempool/fair-order.ts",
        from: "return Micros(ascending[heads.length - quorum(heads.length)] ?? 0);",
        to: "return Micros((ascending[heads.length - quorum(heads.length)] ?? 0) + 300_000);",
      },
    ],
    checkers: ["time"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "stamps of earlier starts are forgotten",
    edits: [
      {
        file: "mempool/mempool.ts",
        from: "this.#stamps = recovered.stamps ?? [];",
        to: "this.#stamps = [];",
      },
    ],
    checkers: ["receipts", "fair-order", "inclusion"],
    knownSeed: 4,
    budget: 40,
    options: { ...whereProcessesDie, without: ["skew", "l1-stalls", "cuts"] },
  },
  {
    name: "stamps of earlier starts are forgotten, and with them what receipts promised",
    edits: [
      {
        file: "mempool/mempool.ts",
        from: "this.#stamps = recovered.stamps ?? [];",
        to: "this.#stamps = [];",
      },
    ],
    checkers: ["receipts"],
    knownSeed: 6,
    budget: 40,
    options: {
      ...whereProcessesDie,
      without: ["skew", "l1-stalls", "cuts"],
      ignored: ["fair-order", "inclusion"],
    },
  },
  {
    name: "what was emitted stays in the pool",
    edits: [
      {
        file: "mempool/pool.ts",
        from: "const transaction = this.get(key);\n    this.#stamped.delete(key);",
        to: "const transaction = this.get(key);",
      },
    ],
    checkers: ["memory"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "one ledger drops a transaction",
    edits: [
      {
        file: "sequencer/delivery.ts",
        from: "transactions: openedTransactions(pending),",
        to: "transactions: openedTransactions(pending).filter((each) => each.id[0] !== 7),",
      },
    ],
    checkers: ["delivery"],
    knownSeed: 1,
    budget: 30,
    options: { isMutantAlone: true },
  },
  {
    name: "payloads change places",
    edits: [
      {
        file: "sequencer/delivery.ts",
        from: "payload: payloads?.[at++] };",
        to: "payload: payloads?.at(-++at) };",
      },
    ],
    checkers: ["delivery"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "a block is delivered twice",
    edits: [
      {
        file: "sequencer/core.ts",
        from: 'this.#out.push({ type: "delivered", height, batches, voidedBy });',
        to: 'for (let i = 0; i < 2; i++) this.#out.push({ type: "delivered", height, batches, voidedBy });',
      },
    ],
    checkers: ["once"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "a transaction may be ordered again",
    edits: [
      {
        file: "mempool/fair-order.ts",
        from: "if (before === undefined && parent.done.get(key) !== undefined) continue;",
        to: "",
      },
      {
        file: "ledger/block-draft.ts",
        from: "return this.#seen.has(key) || this.#foundation.isSeen(key, expiry);",
        to: "return this.#seen.has(key) || expiry < 0;",
      },
    ],
    checkers: ["once"],
    knownSeed: 2,
    budget: 5,
  },
  {
    name: "checkpoints count batches that were not delivered",
    edits: [
      {
        file: "ledger/totals.ts",
        from: "batches: before.batches + 1,",
        to: "batches: before.batches + (before.batches === 3 ? 2 : 1),",
      },
    ],
    checkers: ["totals"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "a checkpoint is signed before it is on disk",
    edits: [
      {
        file: "ledger/attester.ts",
        from: '{ type: "persist", writes, sync: true },',
        to: '{ type: "persist", writes, sync: false },',
      },
    ],
    checkers: ["checkpoints"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "one ledger commits to something else",
    edits: [
      {
        file: "ledger/totals.ts",
        from: "batchesHash: chainBatch(before.batchesHash, batchHash(batch)),",
        to: "batchesHash: chainBatch(batchHash(batch), before.batchesHash),",
      },
    ],
    checkers: ["checkpoints"],
    knownSeed: 1,
    budget: 5,
    options: { isMutantAlone: true },
  },
  {
    name: "what a key has signed is restored with the rest from an old backup",
    edits: [],
    checkers: ["non-equivocation", "checkpoints"],
    knownSeed: 12,
    budget: 20,
    options: { setBack: "everything", adversaryNames: [], views: 40 },
  },
  {
    name: "what is sent later overtakes the barrier",
    edits: [],
    checkers: ["early-share", "checkpoints", "non-equivocation"],
    knownSeed: 1,
    budget: 60,
    options: { sendsOvertakeBarriers: true },
  },
  {
    name: "openings that are missing are not asked for",
    edits: [
      {
        file: "mempool/opening.ts",
        from: 'this.#effects.push({ type: "broadcast", message: { type: "pull-openings", wants } });',
        to: "wants.pop();",
      },
      {
        file: "mempool/opening.ts",
        from: 'this.#send(peer, { type: "pull-openings", wants: polite });',
        to: "polite.splice(0, peer * 0);",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "what combiners tell is believed",
    edits: [
      {
        file: "mempool/opening.ts",
        from: "const isValid = areValid[i] === true;",
        to: "const isValid = areValid.length >= i;",
      },
    ],
    checkers: ["delivery"],
    knownSeed: 3,
    budget: 10,
    options: { n: 10, views: 20, adversaryNames: ["combiner"] },
  },
  {
    name: "who asks for what its combiners keep back does not combine for itself",
    edits: [
      {
        file: "mempool/opening.ts",
        from: "      if (!this.#isMine(slice) && batch.asked === 0) continue;",
        to: "      if (!this.#isMine(slice)) continue;",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 2,
    budget: 10,
    options: { n: 10, views: 20, adversaryNames: ["withholder"] },
  },
  {
    name: "shares computed while others vote leave at once",
    edits: [
      {
        file: "mempool/opening.ts",
        from: "    this.#prepared.keep(blockHash, shares);",
        to: '    this.#effects.push({ type: "broadcast", message: { type: "shares", height: this.#final, blockHash, signature: new Uint8Array(96), slices: [{ slice: 0, shares }] } });',
      },
    ],
    checkers: ["early-share"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "one's own signature on a checkpoint does not count",
    edits: [
      {
        file: "ledger/attester.ts",
        from: "return this.#outcome(votes, votes.add(self, own.signature, true));",
        to: "return [];",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 2,
    budget: 10,
    options: { adversaryNames: ["mute"] },
  },
  {
    name: "blocks are ordered by chance and not by time",
    edits: [
      {
        file: "mempool/fair-order.ts",
        from: "a.at - b.at || compareBytes",
        to: "compareBytes",
      },
    ],
    checkers: ["fair-order"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "the block time is that of the fastest lane",
    edits: [
      {
        file: "mempool/fair-order.ts",
        from: "ascending[heads.length - quorum(heads.length)]",
        to: "ascending[heads.length - 1]",
      },
    ],
    checkers: ["inclusion", "fair-order"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "shares leave when a block is prepared",
    edits: [
      {
        file: "consensus/finality.ts",
        from: "#finalBranch(): readonly Node[] {\n    const { commit } = this.#certificates;",
        to: "#finalBranch(): readonly Node[] {\n    const commit = this.#certificates.highestBlockBelow(2 ** 40 as never);",
      },
    ],
    checkers: ["no-early-opening"],
    knownSeed: 1,
    budget: 10,
  },
  {
    name: "what a signed message names is taken with a good signature of its own only",
    edits: [
      {
        file: "mempool/lane-exchange.ts",
        from: "if (this.#wants.isNamed(key)) held.isVerified = true;",
        to: "",
      },
    ],
    checkers: ["inclusion-bound", "liveness", "receipts"],
    knownSeed: 36,
    budget: 60,
    options: { adversaryNames: ["forger"] },
  },
  {
    name: "transactions are not kept",
    edits: [
      {
        file: "mempool/admission.ts",
        from: "this.#parts.outbox.write(spaces.transaction, id, encodeTransaction(transaction));",
        to: "void encodeTransaction;",
      },
    ],
    checkers: ["availability"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "starts are not counted",
    edits: [{ file: "sequencer/recovery.ts", from: "u64Bytes(last + 1)", to: "u64Bytes(0)" }],
    checkers: ["non-equivocation"],
    knownSeed: 1,
    budget: 30,
  },
  {
    name: "no fsync before COMMIT in whole cores",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "committed(this.#safety, view);\n      this.#outbox.barrier(",
        to: "committed(this.#safety, view);\n      this.#outbox.keep(",
      },
    ],
    checkers: ["non-equivocation", "agreement", "certificates", "extension", "availability"],
    knownSeed: 12,
    budget: 60,
    options: whereProcessesDie,
  },
  {
    name: "no fsync before SKIP in whole cores",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "skipped(this.#safety, view);\n      this.#outbox.barrier(",
        to: "skipped(this.#safety, view);\n      this.#outbox.keep(",
      },
    ],
    checkers: ["non-equivocation", "agreement", "certificates", "extension"],
    knownSeed: 4,
    budget: 60,
    options: whereProcessesDie,
  },
  {
    name: "a quorum of one less in whole cores",
    edits: [
      {
        file: "consensus/vote-collector.ts",
        from: "tally.votes.size < quorum(members.length)",
        to: "tally.votes.size < quorum(members.length) - 1",
      },
      {
        file: "consensus/certificates.ts",
        from: "qc.signers.length >= quorum(committee.members.length)",
        to: "qc.signers.length >= quorum(committee.members.length) - 1",
      },
    ],
    checkers: ["non-equivocation", "agreement", "certificates", "extension", "availability"],
    knownSeed: 4,
    budget: 60,
  },
  {
    name: "checkpoints are certified by one too few",
    edits: [
      {
        file: "ledger/checkpoint-votes.ts",
        from: "this.#quorum = quorum(options.seats);",
        to: "this.#quorum = quorum(options.seats) - 1;",
      },
    ],
    checkers: ["checkpoints"],
    knownSeed: 1,
    budget: 5,
  },
  {
    name: "delivered blocks stay in memory",
    edits: [
      {
        file: "sequencer/delivery.ts",
        from: "    this.#pending.delete(height);\n",
        to: "",
      },
    ],
    // Whoever believes that too much waits to be opened adds nothing to it, and keeps others' transactions waiting.
    checkers: ["memory", "inclusion-bound"],
    knownSeed: 2,
    budget: 5,
    options: whereProcessesDie,
  },
  {
    name: "whoever is asked agrees that a height is void, also who has opened it",
    edits: [
      {
        file: "sequencer/voiding.ts",
        from: "return stalled?.height === height && this.#isOver(stalled.since, now, this.#voidAfter / 2);",
        to: "void now; return stalled === undefined || stalled.height <= height;",
      },
    ],
    checkers: ["void"],
    knownSeed: 37,
    budget: 80,
    options: whereSharesAreLost,
  },
  {
    name: "nobody goes back from what is void",
    edits: [
      {
        file: "sequencer/core.ts",
        from: "    this.#isOver = true;\n    const dropped = this.#snapshots.dropFrom(height);",
        to: "    if (height > 0) return;\n    const dropped = this.#snapshots.dropFrom(height);",
      },
    ],
    checkers: ["liveness", "void"],
    knownSeed: 2,
    budget: 40,
    options: whereSharesAreLost,
  },
  {
    name: "a node that answers no questions about openings",
    edits: [
      {
        file: "mempool/opening.ts",
        from: "if (this.#budget.spend(from, now)) this.#onPull(from, want);",
        to: "void want;",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 1,
    budget: 30,
  },
];
