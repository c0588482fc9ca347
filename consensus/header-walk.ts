// From a certified block down to the newest state that its chain names, and to the block of that state. Only hashes are
// trusted, so any peer may answer.

import { equalBytes } from "../base/index.ts";
import {
  blockHash,
  decodePayload,
  type Epoch,
  type GetBlocks,
  type Header,
  limits,
  type Micros,
  type QC,
  type SnapshotName,
  type ValidatorIndex,
  type View,
} from "../protocol/index.ts";
import { Asker } from "./asker.ts";

/** What a walk found: a state to begin with, and the way from its block up to one that is certified. */
export interface Destination {
  readonly name: SnapshotName;
  /** Newest first; the last is the block after which the state is. */
  readonly headers: readonly Header[];
  readonly certificate: QC;
}

export class HeaderWalk {
  readonly #certificate: QC;
  readonly #patience: number;
  readonly #asker: Asker;
  readonly #headers: Header[] = [];
  /** Who was asked for the hash that is wanted now. */
  #asked: ValidatorIndex[] = [];
  #name: SnapshotName | undefined;
  /** Questions since the last answer. */
  #unanswered = 0;

  /** Each peer has `patience` µs for an answer. */
  constructor(
    certificate: QC,
    { self, patience }: { readonly self: ValidatorIndex; readonly patience: number },
  ) {
    this.#certificate = certificate;
    this.#patience = patience;
    this.#asker = new Asker(self);
  }

  /** Of the certificate. */
  get epoch(): Epoch {
    return this.#certificate.epoch;
  }

  /** Of the certificate. */
  get view(): View {
    return this.#certificate.view;
  }

  /** Headers that are held. */
  get size(): number {
    return this.#headers.length;
  }

  /** The certified block, once its header is here. */
  get top(): Header | undefined {
    return this.#headers[0];
  }

  /** Undefined until the walk is over. */
  get destination(): Destination | undefined {
    const name = this.#name;
    if (name === undefined || this.#headers.at(-1)?.height !== name.height) return undefined;
    return { name, headers: this.#headers, certificate: this.#certificate };
  }

  /** No state was named for longer than there is any sense in going down. */
  get isLost(): boolean {
    const lowest = this.#headers.at(-1);
    const isOver = lowest !== undefined && lowest.height <= 1;
    return this.destination === undefined && (isOver || this.size >= limits.stateSyncHeadersMax);
  }

  /** So many peers had time enough twice, and none has what is wanted now. */
  isStalled(peers: number): boolean {
    return this.#unanswered > 2 * peers;
  }

  /** `peers`, unless it is the signers, may be others each time. */
  ask(
    now: Micros,
    peers: readonly ValidatorIndex[] = this.#certificate.signers,
  ): { to: ValidatorIndex; message: GetBlocks } | undefined {
    const to = this.#asker.next(peers, now, this.#patience);
    if (to === undefined) return undefined;
    this.#unanswered += 1;
    this.#asked = [...this.#asked, to].slice(-limits.askedPeersMax);
    const count = limits.headersPerAnswerMax;
    return { to, message: { type: "get-blocks", hash: this.#wanted, count } };
  }

  /** Takes what continues the way down; whatever else peers send is passed over. */
  take(from: ValidatorIndex, headers: readonly Header[]): void {
    if (!this.#asked.includes(from)) return;
    for (const header of headers) {
      if (this.destination !== undefined || this.isLost) return;
      if (!equalBytes(blockHash(header), this.#wanted)) return;
      this.#headers.push(header);
      this.#asked = [];
      this.#unanswered = 0;
      this.#asker.postpone(0);
      this.#name ??= decodePayload(header.payload)?.snapshot;
    }
  }

  get #wanted(): Uint8Array {
    return this.#headers.at(-1)?.parent ?? this.#certificate.hash;
  }
}
