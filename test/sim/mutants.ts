// Bugs planted to prove the checkers. A mutant is the code with a line changed, loaded beside the true one, so that
// production code has no hooks for them; an edit that does not fit any more fails loudly.

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { CampaignOptions } from "./campaign.ts";
import type { CoreClass } from "./core-node.ts";
import type { ReplicaClass } from "./replica-node.ts";

interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Who is expected to notice. */
  readonly checkers: readonly string[];
  /** Where to look: a seed that found it once comes first, and then as many as it may take. */
  readonly firstSeed: number;
  readonly seeds: number;
  readonly options?: Partial<CampaignOptions>;
}

const safety = ["agreement", "non-equivocation", "certificates", "extension"];

export const mutants: readonly Mutant[] = [
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
    firstSeed: 1,
    seeds: 100,
  },
  {
    name: "SKIP after COMMIT",
    edits: [
      {
        file: "consensus/safety.ts",
        from: "view === current && view > state.lastCommit && view >= state.lastSkip",
        to: "view === current && view >= state.lastSkip",
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
    firstSeed: 1,
    seeds: 100,
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
    firstSeed: 1,
    seeds: 100,
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
    firstSeed: 3,
    seeds: 100,
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
    firstSeed: 2,
    seeds: 100,
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
    firstSeed: 4,
    seeds: 100,
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
    firstSeed: 12,
    seeds: 100,
    options: { crashAfter: "prepare", adversaryNames: ["chaos"] },
  },
  {
    name: "what is sent later overtakes the barrier",
    edits: [],
    checkers: safety,
    firstSeed: 77,
    seeds: 100,
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
        from: "qc.signers.length >= quorum(members.length)",
        to: "qc.signers.length >= quorum(members.length) - 1",
      },
    ],
    checkers: safety,
    firstSeed: 1,
    seeds: 100,
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
    firstSeed: 15,
    seeds: 100,
  },
  {
    name: "certificates are not verified",
    edits: [
      {
        file: "consensus/certificates.ts",
        from: "this.#signatures.verifyAggregate(qc.signers, this.#digestOf(qc), qc.signature)",
        to: "this.#digestOf(qc).length > 0",
      },
    ],
    checkers: [...safety, "liveness"],
    firstSeed: 1,
    seeds: 100,
  },
  {
    name: "own SKIP is not said again after a restart",
    edits: [
      {
        file: "consensus/replica.ts",
        from: "    if (lastSkip === view) return this.#skip();\n",
        to: "    if (lastSkip === view) return;\n",
      },
      // The timer would say it again; as in the bug this is modelled on, it looks at the record and rests.
      {
        file: "consensus/replica.ts",
        from: "    this.#pacemaker.sentSkip(this.#now);\n",
        to: "    this.#pacemaker.sentSkip(this.#now);\n    if (this.#safety.lastSkip === view) return;\n",
      },
    ],
    checkers: ["liveness"],
    firstSeed: 1,
    seeds: 100,
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
    firstSeed: 2,
    seeds: 100,
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
    firstSeed: 3,
    seeds: 100,
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
    firstSeed: 1,
    seeds: 100,
  },
];

/** Not a bug that a checker sees in one run, but one that makes no run repeatable. */
export const dice: Mutant = {
  name: "chance decides",
  edits: [
    {
      file: "consensus/pacemaker.ts",
      from: "    const idle = this.#entered + this.#parameters.idleTime + timeout;",
      to: "    const idle = this.#entered + this.#parameters.idleTime + timeout * Math.random();",
    },
  ],
  checkers: ["determinism"],
  firstSeed: 1,
  seeds: 1,
};

/** Bugs that only whole validators show. */
export const coreMutants: readonly Omit<Mutant, "options">[] = [
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
    firstSeed: 5,
    seeds: 10,
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
    firstSeed: 4,
    seeds: 10,
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
    firstSeed: 1,
    seeds: 10,
  },
];

/** The machines with these changes. `dispose` removes the copy. */
export async function loadMutant(mutant: Pick<Mutant, "name" | "edits">): Promise<{
  readonly replicaClass: ReplicaClass;
  readonly coreClass: CoreClass;
  readonly dispose: () => void;
}> {
  const root = resolve(import.meta.dirname, "../..");
  const folder = mkdtempSync(join(tmpdir(), "mutant-"));
  for (const floor of ["base", "crypto", "protocol"])
    symlinkSync(join(root, floor), join(folder, floor));
  for (const machine of ["consensus", "mempool", "ledger", "sequencer"])
    cpSync(join(root, machine), join(folder, machine), { recursive: true });
  // Node takes the kind of a module from the nearest package.
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const { file, from, to } of mutant.edits) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    if (text.split(from).length !== 2)
      throw new Error(`${mutant.name}: ${file} does not contain once: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }
  const load = (door: string): Promise<unknown> => import(pathToFileURL(join(folder, door)).href);
  const { Replica } = (await load("consensus/index.ts")) as { Replica: ReplicaClass };
  const { Core } = (await load("sequencer/core.ts")) as { Core: CoreClass };
  return {
    replicaClass: Replica,
    coreClass: Core,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
