// Bugs planted in the voting core, or in what runs it, and who has to notice.

import type { Mutant } from "../mutant.ts";
import type { CampaignOptions } from "./campaign.ts";

const safety: readonly string[] = ["agreement", "non-equivocation", "certificates", "extension"];

export const mutants: readonly Mutant<CampaignOptions>[] = [
  {
    name: "COMMIT after SKIP",
    edits: [
      {
        file: "consensus/safety.ts",
        from: "  return view > state.lastCommit && view > state.lastSkip;",
        to: "  return view > state.lastCommit;",
      },
    ],
    checkers: safety,
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "SKIP after COMMIT",
    edits: [
      {
        file: "consensus/safety.ts",
        from: "view === current && view > state.lastCommit",
        to: "view === current",
      },
      {
        file: "consensus/safety.ts",
        from: 'assert(view > state.lastCommit && view > state.lastSkip, "S5',
        to: 'assert(view > state.lastSkip, "S5',
      },
      // The certificate that lets one commit also ends the view; without that there is nothing left to skip.
      {
        file: "consensus/replica.ts",
        from: "    this.#enter(View(qc.view + 1));",
        to: '    if (qc.kind !== "prepare") this.#enter(View(qc.view + 1));',
      },
    ],
    checkers: safety,
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "two PREPAREs in a view",
    edits: [
      {
        file: "consensus/safety.ts",
        from: "view > state.lastPrepare && view > state.lastCommit && view > state.lastSkip",
        to: "view > state.lastCommit && view > state.lastSkip",
      },
      {
        file: "consensus/replica.ts",
        from: "    if (this.#candidates.has(header.view)) return;\n",
        to: "",
      },
    ],
    checkers: safety,
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "no fsync before COMMIT",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "committed(this.#safety, view);\n      this.#outbox.barrier(",
        to: "committed(this.#safety, view);\n      this.#outbox.keep(",
      },
    ],
    checkers: safety,
    knownSeed: 12,
    budget: 100,
  },
  {
    name: "no fsync before SKIP",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "skipped(this.#safety, view);\n      this.#outbox.barrier(",
        to: "skipped(this.#safety, view);\n      this.#outbox.keep(",
      },
    ],
    checkers: safety,
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "no fsync before PROPOSE",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    this.#outbox.barrier(writeHeaderOf(",
        to: '    this.#outbox[this.leader === this.#index ? "keep" : "barrier"](writeHeaderOf(',
      },
    ],
    checkers: safety,
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "no fsync before PREPARE",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    this.#outbox.barrier(writeHeaderOf(",
        to: '    this.#outbox[this.leader === this.#index ? "barrier" : "keep"](writeHeaderOf(',
      },
    ],
    checkers: safety,
    knownSeed: 26,
    budget: 100,
    options: { crashAfter: "prepare", adversaryNames: ["chaos"] },
  },
  {
    name: "what is sent later overtakes the barrier",
    edits: [],
    checkers: safety,
    knownSeed: 64,
    budget: 100,
    options: { sendsOvertakeBarriers: true, crashAfter: "skip" },
  },
  {
    name: "a quorum of one less",
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
    checkers: safety,
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "skipped views are not asked for",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    if (first === undefined) return true;\n",
        to: "    if (first !== undefined || first === undefined) return true;\n",
      },
      {
        file: "consensus/proposal.ts",
        from: "skips.length === Math.min(gap, limits.skipsMax) &&",
        to: "skips.length <= gap &&",
      },
    ],
    checkers: safety,
    knownSeed: 4,
    budget: 100,
  },
  {
    name: "certificates are not verified",
    edits: [
      {
        file: "consensus/certificates.ts",
        from: "rule.verifyAggregate(qc.signers, rule.digestOf(qc), qc.signature)",
        to: "rule.digestOf(qc).length > 0",
      },
    ],
    checkers: [...safety, "liveness"],
    knownSeed: 5,
    budget: 100,
  },
  {
    name: "own SKIP is not said again after a restart",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    if (lastSkip >= view) return this.#skip();\n",
        to: "    if (lastSkip >= view) return;\n",
      },
      // The timer would say it again; as in the bug this is modelled on, it looks at the record and rests.
      {
        file: "consensus/replica.ts",
        from: "    this.#pacemaker.sentSkip(this.#now);\n",
        to: "    this.#pacemaker.sentSkip(this.#now);\n    if (this.#safety.lastSkip === view) return;\n",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 1,
    budget: 100,
  },
  {
    name: "certificates are not persisted",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    this.#outbox.keep(writeCertificate(qc), ...dropCertificates(dropped));\n",
        to: "    this.#outbox.keep(...dropCertificates(dropped));\n    void writeCertificate;\n",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 3,
    budget: 100,
  },
  {
    name: "a late certificate does not move a view that was given up",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    this.#enter(View(qc.view + 1));",
        to: '    if (qc.kind === "skip" || this.#safety.lastSkip < qc.view) this.#enter(View(qc.view + 1));',
      },
    ],
    checkers: ["liveness"],
    knownSeed: 3,
    budget: 100,
  },
  {
    name: "the deadline counts from the view's beginning although the proposal came late",
    edits: [
      {
        file: "consensus/pacemaker.ts",
        from: "this.#proposalSince ??= now;",
        to: "this.#proposalSince ??= this.#entered;",
      },
      {
        file: "consensus/replica.ts",
        from: "if (branch.length >= limits.unfinalizedMax && !allowEmpty) return;",
        to: "if (branch.length >= limits.unfinalizedMax) return;",
      },
    ],
    checkers: ["liveness"],
    knownSeed: 1,
    budget: 100,
  },
];

/** Not a bug that a checker sees in one run, but one that makes no run repeatable. */
export const dice: Mutant<CampaignOptions> = {
  name: "chance decides",
  edits: [
    {
      file: "consensus/pacemaker.ts",
      from: "    return now >= this.#entered + this.#parameters.idleTime;",
      to: "    return now >= this.#entered + this.#parameters.idleTime * Math.random();",
    },
  ],
  checkers: ["determinism"],
  knownSeed: 1,
  budget: 1,
};
