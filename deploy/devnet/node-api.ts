// The parts of a node's client interface that the devnet looks at. Nothing here is verified: it is for showing, and for
// asking each validator for its own view.

import { CodedError } from "../../base/index.ts";

export interface NodeStatus {
  readonly ready: boolean;
  readonly epoch: number;
  /** Its seat, null without one. */
  readonly validator: number | null;
  readonly view: number;
  readonly final: number;
  readonly opened: number;
  readonly oldest: number;
  readonly peers: number;
  readonly l1Block: number;
}

export interface NodeBlock {
  /** 0x and hex. */
  readonly hash: string;
  /** The L1 block up to which its events are in. */
  readonly l1Block: number;
}

export interface NodeCheckpoint {
  readonly number: number;
  readonly height: number;
  readonly l1Transaction: string | null;
}

/** Generous: a validator that has just been started on a busy machine answers late, and is well all the same. */
const requestMs = 20_000;

export class NodeApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Whether it should be sent traffic; false as well while it does not answer. */
  async isReady(): Promise<boolean> {
    try {
      return (await this.#get("/readyz")).ok;
    } catch {
      return false;
    }
  }

  async status(): Promise<NodeStatus> {
    return (await this.#json("/v1/status")) as NodeStatus;
  }

  /** Undefined before the first. */
  async checkpoint(): Promise<NodeCheckpoint | undefined> {
    const response = await this.#get("/v1/checkpoints/latest");
    return response.status === 404 ? undefined : ((await response.json()) as NodeCheckpoint);
  }

  /** Undefined while it is not on the node's disk, which may be a moment after it is final. */
  async block(height: number): Promise<NodeBlock | undefined> {
    const response = await this.#get(`/v1/blocks/${height}`);
    return response.ok ? ((await response.json()) as NodeBlock) : undefined;
  }

  /**
   * How late the main thread's timers ran since this was asked last, in milliseconds: the 99th percentile and the most.
   */
  async eventLoopDelay(): Promise<{ readonly p99: number; readonly max: number }> {
    const lines = await this.#metrics();
    const at = (quantile: string): number => {
      const series = `conclave_event_loop_delay_seconds{quantile="${quantile}"} `;
      const line = lines.find((each) => each.startsWith(series));
      return 1_000 * Number(line?.slice(series.length) ?? Number.NaN);
    };
    return { p99: at("0.99"), max: at("1") };
  }

  /** How often it noted which fault of its peers since it was started, by code. */
  faults(): Promise<ReadonlyMap<string, number>> {
    return this.#counters("conclave_faults_total", "code");
  }

  /** How much of it it could prove, by the type of the evidence. */
  evidence(): Promise<ReadonlyMap<string, number>> {
    return this.#counters("conclave_evidence_total", "type");
  }

  async #counters(name: string, label: string): Promise<ReadonlyMap<string, number>> {
    const series = new RegExp(`^${name}\\{${label}="([^"]+)"\\} (\\d+)$`);
    return new Map(
      (await this.#metrics()).flatMap((line) => {
        const [, value, count] = series.exec(line) ?? [];
        return value === undefined ? [] : [[value, Number(count)] as const];
      }),
    );
  }

  async #metrics(): Promise<readonly string[]> {
    return (await (await this.#get("/metrics")).text()).split("\n");
  }

  async #json(path: string): Promise<unknown> {
    const response = await this.#get(path);
    if (response.ok) return response.json();
    throw new CodedError("NODE_REFUSED", `${this.url}${path} answers ${response.status}`);
  }

  async #get(path: string): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(requestMs) });
    } catch (cause) {
      throw new CodedError("NODE_UNREACHABLE", `${this.url} does not answer`, { cause });
    }
  }
}
