// How long a session's lists took from the click: until the node accepted them, until a batch executed them, and until they
// traded. Only what a list filled in its first batch counts as filled: later fills are for others to come.

const samplesMax = 1_000;

export type Stage = "accepted" | "executed" | "filled";
export const stages: readonly Stage[] = ["accepted", "executed", "filled"];

export interface Figures {
  readonly last: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly count: number;
}

export class Latency {
  readonly #samples: Readonly<Record<Stage, number[]>> = { accepted: [], executed: [], filled: [] };
  /** When each list that has not been executed was sent; no more than a few are under way. */
  readonly #sent: Map<string, number> = new Map();

  sent(digest: string, at: number): void {
    this.#sent.set(digest, at);
    if (this.#sent.size <= samplesMax) return;
    const [oldest] = this.#sent.keys();
    if (oldest !== undefined) this.#sent.delete(oldest);
  }

  /** The node may be slower to answer than the stream is to tell that it is done. */
  accepted(ms: number): void {
    this.#add("accepted", ms);
  }

  /** How long it took; undefined for a list that this session did not send. */
  executed(digest: string, now: number, filledLots: number): number | undefined {
    const from = this.#sent.get(digest);
    if (from === undefined) return undefined;
    this.#sent.delete(digest);
    this.#add("executed", now - from);
    if (filledLots > 0) this.#add("filled", now - from);
    return now - from;
  }

  figures(stage: Stage): Figures {
    const samples = this.#samples[stage];
    const sorted = samples.toSorted((a, b) => a - b);
    const at = (share: number): number | undefined =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return { last: samples.at(-1), p50: at(0.5), p99: at(0.99), count: samples.length };
  }

  #add(stage: Stage, ms: number): void {
    this.#samples[stage].push(ms);
    if (this.#samples[stage].length > samplesMax) this.#samples[stage].shift();
  }
}
