// A rollup's own process, which believes nothing but the genesis; read here by the lines that it prints.

import { join } from "node:path";
import type { Devnet } from "./devnet.ts";
import type { FollowerHistory } from "./observations.ts";
import type { Processes } from "./processes.ts";

/** Of the lines, what is looked at. */
interface Line {
  readonly type: string;
  readonly height: number;
  readonly batches: number;
  /** 0x and hex. */
  readonly batchesHash: string;
  readonly transactions: number;
  readonly lists: number;
  /** Of a fault: whose it is, what, and whether no honest node does it. */
  readonly endpoint: string;
  readonly code: string;
  readonly isLie: boolean;
}

export class Follower {
  readonly name: string;
  readonly namespace: number;
  /** What it found that no honest node does. */
  readonly lies: { readonly endpoint: string; readonly code: string }[] = [];
  readonly #hashes = new Map<number, string>();
  #last: Line | undefined;

  constructor(namespace: number) {
    this.name = `follower-${namespace}`;
    this.namespace = namespace;
  }

  /** Batches derived so far. */
  get batches(): number {
    return this.#last?.batches ?? 0;
  }

  async start({ place, validators, deployment }: Devnet, processes: Processes): Promise<void> {
    const { root, folder } = place;
    const options = {
      namespace: this.namespace,
      endpoints: validators.map(({ api }) => api.url).join(","),
      genesis: join(folder, "genesis.json"),
      settlement: deployment.settlements[this.namespace] ?? "",
      cursor: join(folder, `${this.name}.json`),
    };
    await processes.start({
      name: this.name,
      file: process.execPath,
      args: [
        join(root, "rollup", "main.ts"),
        ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
        "--json",
      ],
      // Elsewhere it would have a machine of its own.
      isPatient: true,
      onLine: (line) => this.#read(line),
    });
  }

  history(): FollowerHistory {
    const { name, namespace } = this;
    const { transactions = 0, lists = 0 } = this.#last ?? {};
    return { name, namespace, hashes: this.#hashes, transactions, lists };
  }

  #read(text: string): void {
    const line = JSON.parse(text) as Line;
    if (line.type === "fault" && line.isLie)
      this.lies.push({ endpoint: line.endpoint, code: line.code });
    if (line.type !== "block" && line.type !== "final") return;
    this.#last = line;
    this.#hashes.set(line.batches, line.batchesHash.slice(2));
  }
}
