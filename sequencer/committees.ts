// Which committee an epoch had, as far as this node has come: genesis names the first, and the end of each epoch the next.

import { type Committee, Epoch, type Genesis } from "../protocol/index.ts";
import type { Archive } from "./archive.ts";

export class Committees {
  readonly #first: Committee;
  readonly #archive: Pick<Archive, "epochEnd">;

  constructor({ committee }: Genesis, archive: Pick<Archive, "epochEnd">) {
    this.#first = committee;
    this.#archive = archive;
  }

  /** Undefined for an epoch that this node has not reached, and for none of this network. */
  async of(epoch: Epoch): Promise<Committee | undefined> {
    const first = this.#first;
    if (epoch <= first.epoch) return epoch === first.epoch ? first : undefined;
    return (await this.#archive.epochEnd(Epoch(epoch - 1)))?.committee;
  }

  async before({ epoch }: Committee): Promise<Committee | undefined> {
    return epoch === this.#first.epoch ? undefined : this.of(Epoch(epoch - 1));
  }
}
