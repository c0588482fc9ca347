// The validators of a devnet: processes as an operator starts them, with what is needed to watch, kill and restart one.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../../base/index.ts";
import { homeOf, type Place } from "./committee.ts";
import { conclave } from "./conclave.ts";
import { NodeApi } from "./node-api.ts";
import type { ValidatorTrace } from "./observations.ts";
import type { Processes, RunningProcess } from "./processes.ts";
import { until } from "./until.ts";

const readyMs = 60_000;

export class Validator {
  readonly index: number;
  readonly api: NodeApi;
  readonly #place: Place;
  readonly #processes: Processes;
  readonly #tracePath: string;
  #process: RunningProcess | undefined;

  constructor(
    place: Place,
    processes: Processes,
    { index, apiPort }: { readonly index: number; readonly apiPort: number },
  ) {
    this.index = index;
    this.api = new NodeApi(`http://127.0.0.1:${apiPort}`);
    this.#place = place;
    this.#processes = processes;
    const traces = join(place.folder, "traces");
    mkdirSync(traces, { recursive: true });
    this.#tracePath = join(traces, `validator-${index}.jsonl`);
  }

  /** @param program Instead of the node's own: a file and its arguments, to which the configuration is added. */
  async start(
    program: readonly string[] = conclave(this.#place.root, "node", "start"),
  ): Promise<void> {
    const config = join(homeOf(this.#place.folder, this.index), "config.json");
    this.#process = await this.#processes.start({
      name: `validator-${this.index}`,
      file: process.execPath,
      args: [...program, "--config", config],
      env: { CONCLAVE_TRACE: this.#tracePath },
    });
  }

  /** Without a chance to say or write anything more. */
  async kill(): Promise<void> {
    await this.#process?.stop("SIGKILL");
  }

  /** As an operator stops it. Resolves with how it ended: "code 0" when all went well. */
  async stop(): Promise<string> {
    await this.#process?.stop("SIGTERM");
    return (await this.#process?.ended) ?? "code 0";
  }

  /** Makes it stand still, as a machine does that is busy with something else. */
  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  /** It is about to stop by itself, and is meant to: resolves with how it ended. */
  async end(): Promise<string> {
    this.#process?.mayEnd();
    return (await this.#process?.ended) ?? "code 0";
  }

  /** What it said on its standard output and error, in all its lives. */
  get log(): string {
    return this.#process === undefined ? "" : readFileSync(this.#process.log, "utf8");
  }

  /** Throws `CodedError` NOT_READY, or what the process died of. */
  async ready(): Promise<void> {
    const { failed } = this.#processes;
    if (await until(() => this.api.isReady(), { timeoutMs: readyMs, failed })) return;
    const log = this.#process?.log ?? "its log";
    throw new CodedError("NOT_READY", `validator ${this.index} is not ready; ${log} may say why`);
  }

  /** What it noted down so far, in its order; a line that a kill cut off is left out. */
  trace(): ValidatorTrace {
    const lines = readFileSync(this.#tracePath, "utf8").split("\n").slice(0, -1);
    const events = lines.map((line) => JSON.parse(line) as ValidatorTrace["events"][number]);
    return { validator: this.index, events };
  }
}
