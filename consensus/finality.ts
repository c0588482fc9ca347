// From "a quorum committed it" to "the node may apply it": in order, without a gap, and only with the data.

import { equalBytes } from "../base/index.ts";
import { type Header, limits, type Micros, type QC } from "../protocol/index.ts";
import type { BlockSync } from "./block-sync.ts";
import type { BlockTree, Node } from "./block-tree.ts";
import type { Certificates } from "./certificates.ts";
import type { Outbox } from "./outbox.ts";
import type { Application } from "./ports.ts";

export class Finality {
  readonly #application: Application;
  readonly #tree: BlockTree;
  readonly #certificates: Certificates;
  readonly #sync: BlockSync;
  readonly #outbox: Outbox;
  #isBroken = false;

  constructor(parts: {
    readonly application: Application;
    readonly tree: BlockTree;
    readonly certificates: Certificates;
    readonly sync: BlockSync;
    readonly outbox: Outbox;
  }) {
    this.#application = parts.application;
    this.#tree = parts.tree;
    this.#certificates = parts.certificates;
    this.#sync = parts.sync;
    this.#outbox = parts.outbox;
  }

  /** A quorum made final what this node finds invalid: its own state cannot be trusted, so it stops. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Delivers what has become final, a page at most. To be called last in a step (see `Application`). */
  advance(now: Micros): void {
    const ready = this.#ready(now);
    const top = ready.at(-1);
    if (top === undefined) return;
    this.#tree.finalize(top);
    let headers: Header[] = [];
    for (const { header, hash } of ready) {
      headers.push(header);
      const certificate = this.#certificateOf(hash);
      if (certificate === undefined && hash !== top.hash) continue;
      this.#outbox.push({ type: "finalized", headers, certificate });
      headers = [];
    }
  }

  #certificateOf(hash: Uint8Array): QC | undefined {
    const { commit } = this.#certificates;
    return commit !== undefined && equalBytes(commit.hash, hash)
      ? commit
      : this.#sync.proofOf(hash);
  }

  /** Whether this node holds all that the block and its unfinalized ancestors order. */
  hasData(branch: readonly Node[], now: Micros): boolean {
    return branch.every((node, i) => this.#hasData(node, toHeaders(branch.slice(0, i)), now));
  }

  /** Looks some way past the first block that misses something, so that what they miss is fetched at once. */
  #ready(now: Micros): Node[] {
    const branch = this.#finalBranch().slice(0, limits.headersPerAnswerMax);
    const ready: Node[] = [];
    for (const [i, node] of branch.entries()) {
      const hasData = this.#hasData(node, toHeaders(branch.slice(0, i)), now);
      if (hasData && ready.length === i) ready.push(node);
      if (i >= ready.length + limits.unfinalizedMax) break;
    }
    return ready;
  }

  #finalBranch(): readonly Node[] {
    const { commit } = this.#certificates;
    if (commit === undefined || commit.view <= this.#tree.final.view) return [];
    const whole = this.#tree.branch(commit.hash);
    if (whole !== undefined) return whole;
    const { reached } = this.#sync;
    return (reached === undefined ? undefined : this.#tree.branch(reached)) ?? [];
  }

  #hasData(node: Node, branch: readonly Header[], now: Micros): boolean {
    if (node.hasData) return true;
    if (!node.isValid) {
      // Asked for a certified block, it makes the application fetch what is missing.
      const verdict = this.#application.evaluate(node.header, branch, now);
      if (verdict === "invalid") this.#isBroken = true;
      if (verdict === "invalid" || verdict === "missing") return false;
      node.isValid = true;
    }
    node.hasData = this.#application.hasData(node.header, branch);
    return node.hasData;
  }
}

export function toHeaders(branch: readonly Node[]): Header[] {
  return branch.map(({ header }) => header);
}
