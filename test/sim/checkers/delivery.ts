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

/** A height as it was delivered: opened, or with all sealed in it void. */
interface Outcome {
  readonly hashes: string;
  readonly batches: readonly Batch[];
  readonly isVoid: boolean;
}

/**
 * What rollups get: the same batches of a height from every honest process in all its lives, heights without gaps, each
 * transaction and each inbox message once, in the order that was final, with what its sender put inside. What
 * checkpoints commit to is the sum of just that.
 *
 * A quorum may declare void what one has opened alone; that one goes back, and nobody opens it after he was told so.
 * Nothing that a certified checkpoint counts opened becomes void.
 */
export class Delivery implements Checker {
  readonly #clients: Clients;
  /** Ids by height, as ordered and as delivered. */
  readonly #ordered = new Map<number, string>();
  /** What validators say to each other, which nobody delivers. */
  readonly #controls = new Map<number, string>();
  readonly #heightOf = new Map<string, number>();
  readonly #delivered = new Map<number, Outcome>();
  /** What was opened before it became void. */
  readonly #undone = new Map<number, Outcome>();
  /** Heights that each process has last delivered opened and not void, and those it was told are void. */
  readonly #opened = new Map<number, Set<number>>();
  readonly #voided = new Map<number, Set<number>>();
  #certifiedHeight = 0;
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

  /** Heights that were declared void. */
  get voidHeights(): readonly number[] {
    return [...this.#delivered].flatMap(([height, { isVoid }]) => (isVoid ? [height] : []));
  }

  /** Nobody of these holds on to what a quorum declared void. */
  checkCalm(processes: readonly { readonly id: number }[]): void {
    for (const { id } of processes)
      for (const height of this.voidHeights)
        if (this.#opened.get(id)?.has(height))
          throw new Violation("void", `${id} has height ${height} opened, which is void`);
  }

  #onDelivered({ process, height, batches, voidedBy }: Delivered): void {
    const reached = this.#reached.get(process.id) ?? 0;
    const last = this.#last.get(process.id);
    if (last === undefined ? height > reached + 1 : height !== last + 1)
      throw new Violation("once", `${process.id} delivers height ${height} after ${last}`);
    this.#last.set(process.id, height);
    this.#raise(process.id, height);
    const isVoid = voidedBy !== undefined;
    this.#note(process.id, height, isVoid);
    const hashes = batches.map((batch) => toHex(batchHash(batch))).join(" ");
    const known = this.#delivered.get(height);
    // Who has opened it alone comes late with it, and will be told.
    const same = known?.isVoid === true && !isVoid ? this.#undone.get(height) : known;
    if (same !== undefined && same.isVoid === isVoid) {
      if (same.hashes !== hashes)
        throw new Violation("delivery", `not everyone delivers the same ${height}`);
      return;
    }
    const outcome: Outcome = { hashes, batches, isVoid };
    this.#check(height, outcome);
    if (known?.isVoid === true) return void this.#undone.set(height, outcome);
    if (known !== undefined) this.#undo(height, known);
    this.#delivered.set(height, outcome);
    for (let at = height; this.#sum(at); at++);
  }

  #note(id: number, height: number, isVoid: boolean): void {
    const opened = this.#opened.get(id) ?? new Set();
    const voided = this.#voided.get(id) ?? new Set();
    this.#opened.set(id, opened);
    this.#voided.set(id, voided);
    if (!isVoid && voided.has(height))
      throw new Violation("void", `${id} opens height ${height}, which it delivered void`);
    if (isVoid) opened.delete(height);
    else opened.add(height);
    if (isVoid) voided.add(height);
  }

  #undo(height: number, outcome: Outcome): void {
    if (height <= this.#certifiedHeight)
      throw new Violation("void", `height ${height} is void, and certified opened`);
    this.#undone.set(height, outcome);
  }

  /** What is on disk as delivered, rollups read there; it is not handed out again. */
  #raise(id: number, height: number): void {
    this.#reached.set(id, Math.max(this.#reached.get(id) ?? 0, height));
  }

  #check(height: number, { batches, isVoid }: Outcome): void {
    const transactions = batches.flatMap((batch) => batch.transactions);
    if (transactions.map(({ id }) => toHex(id)).join(" ") !== this.#ordered.get(height))
      throw new Violation("delivery", `height ${height} does not deliver what it ordered`);
    for (const { id, payload } of transactions) {
      const sent = this.#clients.get(toHex(id));
      const inside = isVoid && sent?.point !== undefined ? undefined : sent?.payload;
      if (toHex(payload ?? zeroHash) !== toHex(inside ?? zeroHash))
        throw new Violation("delivery", `${toHex(id)} is not opened to what is inside`);
    }
  }

  /** What was delivered up to a height, anew; false when nothing was delivered there. */
  #sum(height: number): boolean {
    const outcome = this.#delivered.get(height);
    if (outcome === undefined) return false;
    const totals = new Map(this.#totals.get(height - 1));
    for (const batch of outcome.batches) {
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
    return true;
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
    this.#certifiedHeight = Math.max(this.#certifiedHeight, height);
  }
}

function agree(known: Map<number, string>, height: number, value: string, does: string): void {
  const before = known.get(height) ?? value;
  if (before !== value) throw new Violation("delivery", `not everyone ${does} the same ${height}`);
  known.set(height, value);
}
