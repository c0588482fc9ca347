import { toHex } from "../../../base/index.ts";
import { sealedKeyId } from "../../../crypto/index.ts";
import {
  type Committee,
  isSealedTo,
  keysOf,
  type SealedTransaction,
} from "../../../protocol/index.ts";
import type { EpochStart } from "../../../sequencer/records.ts";
import { type Checker, type Observation, Violation } from "../observation.ts";

/**
 * I18: every committee has its predecessor's newest key, and the one before if that is still in use; a key that was
 * replaced is in use for the overlap at least, to an end that stays. What is sealed to a key is ordered while that is in
 * use and not after, and no transaction is left out for its key any earlier.
 */
export class Keys implements Checker {
  /** By epoch. */
  readonly #committees = new Map<number, Committee>();
  readonly #transactionOf: (id: string) => SealedTransaction | undefined;
  readonly #overlap: number;
  #ofRetiring = 0;
  #refused = 0;

  constructor(options: {
    readonly transactionOf: (id: string) => SealedTransaction | undefined;
    readonly overlap: number;
  }) {
    this.#transactionOf = options.transactionOf;
    this.#overlap = options.overlap;
  }

  /** How often a process ordered what is sealed to a key that is being replaced, or left it out because that was over. */
  get counts(): { readonly ofRetiring: number; readonly refused: number } {
    return { ofRetiring: this.#ofRetiring, refused: this.#refused };
  }

  /** `height`: of the block on which the epoch stands. */
  begin({ committee, height }: Pick<EpochStart, "committee" | "height">): void {
    if (this.#committees.has(committee.epoch)) return;
    this.#committees.set(committee.epoch, committee);
    const before = this.#committees.get(committee.epoch - 1);
    const { sealing, retiring } = before ?? {};
    const current = new Set(keysOf(committee).map(({ keyId }) => keyId));
    const name = `epoch ${committee.epoch}`;
    if (sealing !== undefined && !current.has(sealing.keyId))
      throw new Violation("keys", `${name} begins without key ${sealing.keyId}`);
    const isHeld = committee.retiring?.keyId === retiring?.keyId;
    if (retiring !== undefined && retiring.until >= height && !isHeld)
      throw new Violation("keys", `${name} begins without key ${retiring.keyId}, which is in use`);
    if (committee.retiring === undefined) return;
    const { keyId, until } = committee.retiring;
    const isEnd =
      keyId === retiring?.keyId ? until === retiring.until : until >= height + this.#overlap;
    if (!isEnd) throw new Violation("keys", `key ${keyId} ends at ${until}`);
  }

  observe(observation: Observation): void {
    if (observation.type !== "ordered" || !observation.process.isHonest) return;
    const { header, groups, dropped } = observation;
    const committee = this.#committees.get(header.epoch);
    if (committee === undefined) throw new Violation("keys", "a block of no known epoch");
    const { height } = header;
    for (const id of groups.flatMap(({ ids }) => ids)) {
      const keyId = this.#keyIdOf(id);
      if (keyId === undefined) continue;
      if (!isSealedTo(committee, { keyId, height }))
        throw new Violation("keys", `key ${keyId} is ordered for at ${height}`);
      if (keyId === committee.retiring?.keyId) this.#ofRetiring++;
    }
    for (const { id, reason } of dropped) {
      const keyId = reason === "policy" ? this.#keyIdOf(id) : undefined;
      if (keyId === undefined) continue;
      if (isSealedTo(committee, { keyId, height }))
        throw new Violation("keys", `key ${keyId} is not accepted at ${height}`);
      this.#refused++;
    }
  }

  #keyIdOf(id: Uint8Array): number | undefined {
    const transaction = this.#transactionOf(toHex(id));
    return transaction?.version === 1 ? sealedKeyId(transaction.body) : undefined;
  }
}
