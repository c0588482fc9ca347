// How a devnet shows itself: lines that stay, and beneath them, on a terminal, one that is written again and again.

import type { Background } from "./background.ts";
import type { Stage } from "./journal.ts";
import { percentile } from "./percentiles.ts";

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const terminalMs = 500;
const plainMs = 5_000;
const wideColumns = 140;
const allStages: readonly Stage[] = ["ordered", "opened", "settled"];

export class Display {
  readonly #output: Output;
  readonly #started = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #last = { count: 0, at: performance.now() };

  constructor(output: Output) {
    this.#output = output;
  }

  /** A line that stays. */
  say(line: string): void {
    const seconds = ((performance.now() - this.#started) / 1_000).toFixed(1).padStart(6);
    this.print(`${seconds} s  ${line}`);
  }

  print(text: string): void {
    this.#output.write(`${this.#clear()}${text}\n`);
  }

  /** Shows how it goes until `stop`. @param prices Of an exchange, where there is one. */
  watch(background: Background, prices: () => string = () => ""): void {
    const describe = (stages: readonly Stage[]): string =>
      [this.#describe(background, stages), prices()].filter((each) => each !== "").join(" | ");
    const isTerminal = this.#output.isTTY === true;
    const show = (): void => {
      if (!isTerminal) return this.say(describe(allStages));
      const { columns = 80 } = this.#output;
      const line = describe(columns < wideColumns ? ["opened"] : allStages);
      // A line that is longer than the terminal is wide would leave pieces behind.
      this.#output.write(`${this.#clear()}${line.slice(0, columns - 1)}`);
    };
    clearInterval(this.#timer);
    this.#timer = setInterval(show, isTerminal ? terminalMs : plainMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#output.write(this.#clear());
  }

  #clear(): string {
    return this.#output.isTTY === true ? "\r\u001b[2K" : "";
  }

  #describe({ watch, journal }: Background, stages: readonly Stage[]): string {
    const { status, checkpoint, l1Block } = watch;
    const now = performance.now();
    const rate = ((journal.count - this.#last.count) * 1_000) / Math.max(1, now - this.#last.at);
    // Over a few seconds, so that the figure can be read.
    if (now - this.#last.at > plainMs / 2) this.#last = { count: journal.count, at: now };
    const latency = stages.map((stage) => {
      const values = journal.latencies(stage);
      return `${stage} ${ms(percentile(values, 0.5))}/${ms(percentile(values, 0.99))}`;
    });
    return [
      `view ${status?.view ?? "-"} height ${status?.final ?? "-"} opened ${status?.opened ?? "-"}`,
      `${journal.count} tx, ${rate.toFixed(0)}/s`,
      `p50/p99 ms ${latency.join(" ")}`,
      `checkpoint ${checkpoint === undefined ? "-" : `${checkpoint.number} at ${checkpoint.height}`}`,
      `L1 ${l1Block}`,
    ].join(" | ");
  }
}

function ms(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(0);
}
