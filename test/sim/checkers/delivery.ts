import { equalBytes, toHex } from "../../../base/index.ts";
import {
  type Batch,
  batchHash,
  chainBatch,
  rollupsRoot,
  zeroHash,
  controlNamespace,
} from "../../../protocol/index.ts";
import type { Clients } from "../whole/clients.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

type Delivered = Extract<Observation, { type: "delivered" }>;

interface Total {
  readonly batches: number;
  readonly hash: Uint8Array;
  readonly inboxRead: number;
}

/**
 * What rollups get: the same batches of a height from every honest process in all its lives, heights without gaps, each
 * transaction and each inbox message once, in the order that was final, with what its sender put inside. What
 * checkpoints commit to is the sum of just that.
 */
export class Delivery implements Checker {
  readonly #clients: Clients;
  /** Ids by height, as ordered and as delivered. */
  readonly #ordered = new Map<number, string>();
  /** What validators say to each other, which nobody delivers. */
  readonly #controls = new Map<number, string>();
  readonly #heightOf = new Map<string, number>();
  readonly #delivered = new Map<number, string>();
  /** Every rollup's totals after a height. */
  readonly #totals = new Map<number, ReadonlyMap<number, Total>>([[0, new Map()]]);
  /** Heights delivered by each process, in any life and in this one. */
  readonly #reached = new Map<number, number>();
  readonly #last = new Map<number, number>();

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  /** How far the process has delivered in its present life; 0 when it has not. */
  heightOf(process: { readonly id: number }): number {
    return this.#last.get(process.id) ?? 0;
  }

  /** Where an honest process has ordered it. */
  whereIs(id: string): number | undefined {
    return this.#heightOf.get(id);
  }

  observe(observation: Observation): void {
    if (!observation.process.isHonest) return;
    if (observation.type === "started") this.#last.delete(observation.process.id);
    if (observation.type === "resumed") this.#raise(observation.process.id, observation.delivered);
    if (observation.type === "ordered") this.#onOrdered(observation);
    if (observation.type === "delivered") this.#onDelivered(observation);
    if (observation.type === "certified") this.#onCertified(observation);
  }

  #onOrdered({ header, groups }: Extract<Observation, { type: "ordered" }>): void {
    const idsOf = (isControl: boolean): string[] =>
      groups.flatMap((group) =>
        (group.namespace === controlNamespace) === isControl ? group.ids.map(toHex) : [],
      );
    const [ofRollups, controls] = [idsOf(false), idsOf(true)];
    agree(this.#ordered, header.height, ofRollups.join(" "), "orders");
    agree(this.#controls, header.height, controls.join(" "), "hears");
    const ids = [...ofRollups, ...controls];
    for (const id of ids) {
      const before = this.#heightOf.get(id) ?? header.height;
      if (before !== header.height || new Set(ids).size !== ids.length)
        throw new Violation("once", `${id} is ordered twice`);
      this.#heightOf.set(id, header.height);
    }
  }

  #onDelivered({ process, height, batches }: Delivered): void {
    const reached = this.#reached.get(process.id) ?? 0;
    const last = this.#last.get(process.id);
    if (last === undefined ? height > reached + 1 : height !== last + 1)
      throw new Violation("once", `${process.id} delivers height ${height} after ${last}`);
    this.#last.set(process.id, height);
    this.#raise(process.id, height);
    const hashes = batches.map((batch) => toHex(batchHash(batch)));
    const isNew = !this.#delivered.has(height);
    agree(this.#delivered, height, hashes.join(" "), "delivers");
    if (isNew) this.#check(height, batches);
  }

  /** What is on disk as delivered, rollups read there; it is not handed out again. */
  #raise(id: number, height: number): void {
    this.#reached.set(id, Math.max(this.#reached.get(id) ?? 0, height));
  }

  #check(height: number, batches: readonly Batch[]): void {
    const transactions = batches.flatMap((batch) => batch.transactions);
    if (transactions.map(({ id }) => toHex(id)).join(" ") !== this.#ordered.get(height))
      throw new Violation("delivery", `height ${height} does not deliver what it ordered`);
    for (const { id, payload } of transactions) {
      const inside = this.#clients.get(toHex(id))?.payload;
      if (toHex(payload ?? zeroHash) !== toHex(inside ?? zeroHash))
        throw new Violation("delivery", `${toHex(id)} is not opened to what is inside`);
    }
    const totals = new Map(this.#totals.get(height - 1));
    for (const batch of batches) {
      const before = totals.get(batch.namespace) ?? { batches: 0, hash: zeroHash, inboxRead: 0 };
      if (batch.inbox.some(({ index }, i) => index !== before.inboxRead + i))
        throw new Violation("once", `height ${height} leaves out or repeats an inbox message`);
      totals.set(batch.namespace, {
        batches: before.batches + 1,
        hash: chainBatch(before.hash, batchHash(batch)),
        inboxRead: before.inboxRead + batch.inbox.length,
      });
    }
    this.#totals.set(height, totals);
  }

  #onCertified({ certified, leaves }: Extract<Observation, { type: "certified" }>): void {
    const { height, rollupsRoot: root } = certified.checkpoint;
    const totals = this.#totals.get(height);
    const isSum =
      equalBytes(rollupsRoot(leaves), root) &&
      leaves.every(({ namespace, batches, batchesHash, inboxRead }) => {
        const total = totals?.get(namespace) ?? { batches: 0, hash: zeroHash, inboxRead: 0 };
        return (
          batches === total.batches &&
          inboxRead === total.inboxRead &&
          equalBytes(batchesHash, total.hash)
        );
      });
    if (!isSum)
      throw new Violation("totals", `the checkpoint of ${height} is not what was delivered`);
  }
}

function agree(known: Map<number, string>, height: number, value: string, does: string): void {
  const before = known.get(height) ?? value;
  if (before !== value) throw new Violation("delivery", `not everyone ${does} the same ${height}`);
  known.set(height, value);
}
