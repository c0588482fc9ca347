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
  /** Of its state after them; of a rollup that has one. */
  readonly root?: string;
  readonly transactions: number;
  readonly lists: number;
  /** Of a fault: whose it is, what, and whether no honest node does it. */
  readonly endpoint: string;
  readonly code: string;
  readonly isLie: boolean;
}

/** Which process it is: one that prints such lines. */
export interface FollowerProgram {
  readonly name: string;
  /** A file and its arguments. */
  readonly command: (devnet: Devnet) => readonly string[];
}

export class Follower {
  readonly name: string;
  readonly namespace: number;
  /** What it found that no honest node does. */
  readonly lies: { readonly endpoint: string; readonly code: string }[] = [];
  readonly #command: FollowerProgram["command"];
  readonly #hashes = new Map<number, string>();
  readonly #roots = new Map<number, string>();
  #last: Line | undefined;

  /** @param program Instead of the one that follows any rollup, and executes nothing. */
  constructor(namespace: number, program: FollowerProgram = plainFollower(namespace)) {
    this.name = program.name;
    this.namespace = namespace;
    this.#command = program.command;
  }

  /** Batches derived so far. */
  get batches(): number {
    return this.#last?.batches ?? 0;
  }

  /** Of its state, hex without 0x; undefined until it has come so far, and of a rollup that has none. */
  rootAfter(batches: number): string | undefined {
    return this.#roots.get(batches);
  }

  async start(devnet: Devnet, processes: Processes): Promise<void> {
    await processes.start({
      name: this.name,
      file: process.execPath,
      args: this.#command(devnet),
      // Elsewhere it would have a machine of its own.
      isPatient: true,
      onLine: (line) => this.#read(line),
    });
  }

  history(): FollowerHistory {
    const { name, namespace } = this;
    const { transactions = 0, lists = 0 } = this.#last ?? {};
    return { name, namespace, hashes: this.#hashes, roots: this.#roots, transactions, lists };
  }

  #read(text: string): void {
    const line = JSON.parse(text) as Line;
    if (line.type === "fault" && line.isLie)
      this.lies.push({ endpoint: line.endpoint, code: line.code });
    if (line.type !== "block" && line.type !== "final") return;
    this.#last = line;
    this.#hashes.set(line.batches, line.batchesHash.slice(2));
    if (line.root !== undefined) this.#roots.set(line.batches, line.root.slice(2));
  }
}

function plainFollower(namespace: number): FollowerProgram {
  const name = `follower-${namespace}`;
  return {
    name,
    command: ({ place, validators, deployment }) => [
      join(place.root, "rollup", "main.ts"),
      ...commandOptions({
        namespace,
        endpoints: validators.map(({ api }) => api.url).join(","),
        genesis: join(place.folder, "genesis.json"),
        settlement: deployment.settlements[namespace] ?? "",
        cursor: join(place.folder, `${name}.json`),
      }),
      "--json",
    ],
  };
}

export function commandOptions(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
