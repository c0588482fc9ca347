import { fromHex, type Store, toHex, type Write } from "../../base/index.ts";
import type { SeededRandom } from "./random.ts";

type Space = Map<string, Uint8Array>;

export type DiskCopy = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

export interface CrashOptions {
  /** What was being written. */
  readonly unfinished?: readonly Write[] | undefined;
  readonly tearsBatches?: boolean;
}

/**
 * A store in memory that loses, in a crash, any of the batches that no synced one followed: not the last ones only,
 * since a tail that was not synced was seen to come back with gaps (network.md 4).
 *
 * A batch is there or not, also the one that was being written. LevelDB writes a batch as one record of its log, each
 * block of which carries a checksum: when power goes in the middle of it, the record does not check on the next start,
 * and is dropped whole. So a torn write is a lost batch, and nothing that was promised rests on it, for its sync had
 * not come back. What such a torn record may not do is come through in part; `tearsBatches` is a disk that lets it.
 */
export class SimDisk implements Store {
  readonly #durable = new Map<string, Space>();
  #unsynced: (readonly Write[])[] = [];
  /** What is read: all that was written, synced or not. */
  #current = new Map<string, Space>();

  writeNow(batch: readonly Write[], sync: boolean): void {
    apply(this.#current, batch);
    this.#unsynced.push(batch);
    if (sync) this.#settle(this.#unsynced);
  }

  /** Power is lost: each unsynced batch survives or does not, by itself. `unfinished` was being written. */
  crash(random: SeededRandom, { unfinished = [], tearsBatches = false }: CrashOptions = {}): void {
    const survives = random.pick([0, 0.5, 0.9]);
    const batches = [...this.#unsynced, unfinished].filter(() => random.chance(survives));
    const torn = (batch: readonly Write[]): readonly Write[] =>
      batch.slice(0, random.between(1, batch.length));
    this.#settle(tearsBatches ? batches.map(torn) : batches);
    this.#current = copyOf(this.#durable);
  }

  /** A backup of what no crash can take any more. */
  copy(): DiskCopy {
    return copyOf(this.#durable);
  }

  /** Restores a backup of all but some spaces, which stand on a disk of their own. */
  setBack(copy: DiskCopy, kept: readonly string[]): void {
    const old = copyOf(copy);
    for (const name of new Set([...this.#durable.keys(), ...old.keys()]))
      if (!kept.includes(name)) this.#durable.set(name, old.get(name) ?? new Map());
    this.#current = copyOf(this.#durable);
  }

  /** Another disk is in its place, with nothing on it but these spaces. */
  lose(kept: readonly string[]): void {
    for (const name of this.#durable.keys()) if (!kept.includes(name)) this.#durable.delete(name);
    this.#unsynced = [];
    this.#current = new Map();
    for (const [name, space] of this.#durable) this.#current.set(name, new Map(space));
  }

  read(space: string, key: Uint8Array): Uint8Array | undefined {
    return this.#current.get(space)?.get(toHex(key));
  }

  /** What no crash can take any more; undefined also for what a later synced write deleted. */
  readDurable(space: string, key: Uint8Array): Uint8Array | undefined {
    return this.#durable.get(space)?.get(toHex(key));
  }

  get(space: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.read(space, key));
  }

  range(
    space: string,
    options: { from?: Uint8Array; to?: Uint8Array; limit?: number; reverse?: boolean } = {},
  ): Promise<{ key: Uint8Array; value: Uint8Array }[]> {
    const from = options.from === undefined ? "" : toHex(options.from);
    const to = options.to === undefined ? "g" : toHex(options.to);
    const entries = [...(this.#current.get(space) ?? [])]
      .filter(([key]) => key >= from && key < to)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (options.reverse === true) entries.reverse();
    return Promise.resolve(
      entries
        .slice(0, options.limit)
        .map(([key, value]) => ({ key: fromHex(key) ?? new Uint8Array(0), value })),
    );
  }

  write(batch: readonly Write[], { sync }: { sync: boolean }): Promise<void> {
    this.writeNow(batch, sync);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #settle(batches: readonly (readonly Write[])[]): void {
    for (const batch of batches) apply(this.#durable, batch);
    this.#unsynced = [];
  }
}

function copyOf(spaces: DiskCopy): Map<string, Space> {
  return new Map([...spaces].map(([name, space]) => [name, new Map(space)]));
}

function apply(spaces: Map<string, Space>, batch: readonly Write[]): void {
  for (const { space, key, value } of batch) {
    const entries = spaces.get(space) ?? new Map<string, Uint8Array>();
    spaces.set(space, entries);
    if (value === undefined) entries.delete(toHex(key));
    else entries.set(toHex(key), value);
  }
}
