// What is said between this node and others. Frames carry the epoch in which they are said, the mesh knows nodes by number
// and the machines by place; and whoever breaks a rule is noted, cut off where no honest node would, and convicted.

import type { Logger, Metrics, Transport } from "../base/index.ts";
import {
  type Committee,
  decodeFrame,
  encodeFrame,
  type Evidence,
  frameTypeOf,
  type Message,
  type Micros,
  type ValidatorIndex,
} from "../protocol/index.ts";
import type { Archive, DiskRequest } from "./archive.ts";
import type { Convicting } from "./convicting.ts";
import type { CoreHost } from "./core-host.ts";
import type { Journal } from "./journal.ts";
import type { Neighbours } from "./neighbours.ts";

export interface TalkPorts {
  /** Undefined while this node is not connected to any. */
  readonly transport: () =>
    | (Transport & { readonly connectedPeers: readonly number[] })
    | undefined;
  /** Of the epoch that lasts. */
  readonly committee: () => Committee;
  readonly host: Pick<CoreHost, "step" | "backlog">;
  readonly neighbours: Pick<Neighbours, "placeOf" | "numberAt">;
  readonly archive: Pick<Archive, "answer">;
  readonly journal: Journal;
  readonly convicting: Pick<Convicting, "onFound">;
  readonly now: () => Micros;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Small and worth the first place: what finality, and then the opening, waits for. */
const urgent: ReadonlySet<Message["type"]> = new Set([
  "propose",
  "vote",
  "certificate",
  "status",
  "lanes",
  "shares",
  "opened",
  "checkpoint-vote",
]);

/** Rules that no honest validator breaks, not even one that is behind, restarted or badly connected. */
const punished: ReadonlySet<string> = new Set(["MALFORMED_MESSAGE"]);

/** Effects that may wait for the disk before peers are not listened to. */
const backlogMax = 20_000;

/** By which stream of the mesh a frame travels. */
export function channelOf(frame: Uint8Array): "consensus" | "bulk" {
  return urgent.has(frameTypeOf(frame) ?? "blocks") ? "consensus" : "bulk";
}

export class Talk {
  readonly #ports: TalkPorts;

  constructor(ports: TalkPorts) {
    this.#ports = ports;
  }

  /** Places of those that are connected. */
  get connected(): ValidatorIndex[] {
    const { transport, neighbours } = this.#ports;
    const numbers = transport()?.connectedPeers ?? [];
    return numbers.flatMap((number) => neighbours.placeOf(number) ?? []);
  }

  onConnected(number: number): void {
    const { host, neighbours, now } = this.#ports;
    const peer = neighbours.placeOf(number);
    if (peer !== undefined) host.step({ type: "peer-connected", now: now(), peer });
  }

  /** To a new core, which has seen nobody come. */
  introduceAll(): void {
    const { host, now } = this.#ports;
    const at = now();
    for (const peer of this.connected) host.step({ type: "peer-connected", now: at, peer });
  }

  onFrame(number: number, frame: Uint8Array): void {
    const { host, neighbours, now, metrics } = this.#ports;
    // The disk is behind: what is said now is said again later, and must not pile up in memory before then.
    if (host.backlog > backlogMax) {
      metrics.count("frames_shed_total");
      return;
    }
    const from = neighbours.placeOf(number);
    if (from === undefined) return;
    const decoded = decodeFrame(frame);
    if (decoded === undefined) return this.onFault(from, "MALFORMED_MESSAGE");
    host.step({ type: "message", now: now(), from, ...decoded });
  }

  send(to: ValidatorIndex, message: Message): void {
    const { transport, neighbours, journal } = this.#ports;
    journal.onSaid(message);
    const number = neighbours.numberAt(to);
    if (number !== undefined) transport()?.send(number, this.#frameOf(message));
  }

  broadcast(message: Message): void {
    const { transport, journal } = this.#ports;
    journal.onSaid(message);
    transport()?.broadcast(this.#frameOf(message));
  }

  /** What peers ask for that only the disk has. Nothing is sent when it is not there; rejects when the disk fails. */
  async serve(request: DiskRequest): Promise<void> {
    const message = await this.#ports.archive.answer(request);
    if (message !== undefined) this.send(request.to, message);
  }

  onFault(peer: ValidatorIndex, code: string, evidence?: Evidence): void {
    const { transport, committee, neighbours, convicting, logger, metrics } = this.#ports;
    metrics.count("faults_total", { code });
    if (evidence !== undefined) metrics.count("evidence_total", { type: evidence.type });
    logger.warn("a validator broke a rule", { peer, code, isProven: evidence !== undefined });
    if (evidence !== undefined) convicting.onFound(evidence, committee());
    const number = neighbours.numberAt(peer);
    if (punished.has(code) && number !== undefined) transport()?.penalize(number, code);
  }

  #frameOf(message: Message): Uint8Array {
    return encodeFrame({ epoch: this.#ports.committee().epoch, message });
  }
}
