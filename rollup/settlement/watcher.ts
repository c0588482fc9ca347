// Holds every proposal against what a shadow of the rollup's engine knows. A lie that L1 can be shown is challenged; of one
// that it cannot be shown the guardian is told, or vetoes it when this is the guardian.

import { assert, CodedError, equalBytes } from "../../sdk/index.ts";
import type { Keccak, RootParts } from "../state/index.ts";
import { chunkHash, traceOf } from "./chunk.ts";
import type { Shadow } from "./shadow.ts";
import type { Claim, Proposal, VaultClient } from "./vault-client.ts";
import { judge } from "./verdict.ts";

export type SettlementEvent =
  | { readonly type: "proposed"; readonly index: number; readonly batch: number }
  | { readonly type: "right"; readonly index: number; readonly batch: number }
  | { readonly type: "challenged"; readonly index: number; readonly place: number }
  | { readonly type: "vetoed"; readonly index: number }
  /** Somebody must look: a wrong root will be final unless the guardian vetoes it. */
  | { readonly type: "unprovable"; readonly index: number; readonly why: string }
  /** The history begins too late to say anything of the proposal, or to propose behind it. */
  | { readonly type: "unknown"; readonly index: number; readonly batch: number }
  | { readonly type: "failed"; readonly code: string; readonly message: string };

export interface WatcherOptions {
  readonly vault: VaultClient;
  readonly shadow: Shadow;
  readonly keccak: Keccak;
  /** Whether the client signs for the guardian. */
  readonly isGuardian: boolean;
  readonly report: (event: SettlementEvent) => void;
}

/** Found right, with what claims under it need. */
interface Checked {
  readonly proposal: Proposal;
  readonly parts: RootParts;
  readonly withdrawals: number;
}

/** More than can wait for their window at once. */
const checkedMax = 512;

export class Watcher {
  readonly #options: WatcherOptions;
  /** In order; older ones go, as nobody can remove what is final. */
  readonly #checked: Checked[] = [];
  /** What was reported already is not said again with every round. */
  #doubted: Proposal | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Looks at what is new. Resolves with the last proposal when it is right; behind it one may propose. */
  async round(): Promise<Proposal | undefined> {
    const count = await this.#options.vault.count();
    for (let index = await this.#dropRemoved(count); index < count; index++) {
      const proposal = await this.#options.vault.proposal(index);
      const verdict = this.#look(proposal);
      if (verdict === "later") return undefined;
      if (verdict === "wrong") {
        await this.#answer(proposal);
        return undefined;
      }
    }
    const last = this.#checked.at(-1)?.proposal;
    return last?.index === count - 1 ? last : undefined;
  }

  /** What pays a withdrawal under the last final root; undefined while there is none that has it. */
  async claim(place: number): Promise<Claim | undefined> {
    const { vault, shadow } = this.#options;
    const final = await vault.lastFinal();
    const under = this.#checked.findLast(({ proposal }) => proposal.index <= final);
    const withdrawal = shadow.withdrawal(place);
    if (under === undefined || withdrawal === undefined || place >= under.withdrawals)
      return undefined;
    const { proposal, parts, withdrawals: count } = under;
    return {
      index: proposal.index,
      parts,
      withdrawal: { index: place, ...withdrawal },
      count,
      proof: shadow.proveWithdrawal(place, count),
    };
  }

  /** Forgets what is gone from L1; resolves with the number of the first proposal to look at. */
  async #dropRemoved(count: number): Promise<number> {
    for (;;) {
      const last = this.#checked.at(-1)?.proposal;
      if (last === undefined) return 0;
      const isThere =
        last.index < count &&
        equalBytes((await this.#options.vault.proposal(last.index)).trace, last.trace);
      if (isThere) return last.index + 1;
      this.#checked.pop();
    }
  }

  #look(proposal: Proposal): "right" | "wrong" | "later" | "unknown" {
    const { shadow, report } = this.#options;
    const { index, batch, root } = proposal;
    if (batch > shadow.last) return "later";
    const own = shadow.rootAt(batch);
    if (own === undefined) {
      this.#doubt(proposal, { type: "unknown", index, batch });
      return "unknown";
    }
    if (!equalBytes(own, root)) return "wrong";
    shadow.forget(batch);
    const { withdrawals } = shadow;
    this.#checked.push({ proposal, parts: shadow.parts(), withdrawals });
    if (this.#checked.length > checkedMax) this.#checked.shift();
    report({ type: "right", index, batch });
    return "right";
  }

  async #answer(proposal: Proposal): Promise<void> {
    const { vault, shadow, keccak, report } = this.#options;
    const { index, batch, trace } = proposal;
    if (index === 0)
      throw new CodedError("WRONG_ROLLUP", "the vault begins with another state than this rollup");
    const chunks = await vault.chunksOf(proposal);
    if (chunks === undefined || !equalBytes(traceOf(chunks, keccak), trace))
      return this.#veto(proposal, "its chunks cannot be found");
    const before = await vault.proposal(index - 1);
    if (before.batch < shadow.first)
      return this.#veto(proposal, "the history begins behind the proposal before it");
    const verdict = judge(chunks, shadow.chunksBetween(before.batch, batch));
    assert(verdict.type !== "right", "the roots differ");
    if (verdict.type === "unprovable")
      return this.#veto(proposal, `chunk ${verdict.place} is none that L1 can be shown`);
    const { place, own } = verdict;
    const witness = shadow.prove(own);
    if (witness === undefined) return this.#veto(proposal, "the chunk has no witness");
    const hashes = chunks.map((chunk) => chunkHash(chunk, keccak));
    try {
      await vault.challenge({ index, hashes, place, chunks, witness });
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "L1_REFUSED") throw error;
      // Somebody was faster, or L1 and the engine are not of one mind.
      if (error.details["reason"] === "NotPending") return undefined;
      return this.#veto(proposal, error.message);
    }
    report({ type: "challenged", index, place });
    return undefined;
  }

  async #veto(proposal: Proposal, why: string): Promise<void> {
    const { vault, isGuardian, report } = this.#options;
    const { index } = proposal;
    this.#doubt(proposal, { type: "unprovable", index, why });
    if (!isGuardian) return;
    await vault.veto(index);
    report({ type: "vetoed", index });
  }

  #doubt(proposal: Proposal, event: SettlementEvent): void {
    const { trace } = proposal;
    if (this.#doubted !== undefined && equalBytes(this.#doubted.trace, trace)) return;
    this.#doubted = proposal;
    this.#options.report(event);
  }
}
