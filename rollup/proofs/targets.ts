// What the words of somebody else's chunk name: as far as one must know it to show the leaves that each step asks for. Whether
// a step is allowed is for the contract to say.

import { concatBytes } from "../../sdk/index.ts";
import { type Chunk, chunkKinds, chunkStepsMax } from "./chunks.ts";

export type Target =
  | { readonly type: "deposit"; readonly account: number }
  | { readonly type: "funding-mark"; readonly place: number }
  | { readonly type: "fill"; readonly slot: number }
  | { readonly type: "withdraw"; readonly actor: Actor }
  | { readonly type: "admit"; readonly actor: Actor; readonly slot: number };

/** Whose list it is, and which markets it names. */
export interface Actor {
  readonly account: number;
  readonly key: number;
  readonly markets: readonly number[];
}

export interface NamedStep {
  /** The step's own; of marks with the chunk's clock before them. */
  readonly words: Uint8Array;
  /** Undefined when words are missing. */
  readonly target: Target | undefined;
}

const wordBytes = 32;
const listWords = 11;
const admissionWords = 16;

export function namedSteps({ kind, steps }: Pick<Chunk, "kind" | "steps">): readonly NamedStep[] {
  const reader = new WordReader(steps);
  const clock = kind === chunkKinds["funding-mark"] ? reader.bytes(1) : new Uint8Array(0);
  if (kind === chunkKinds["funding-mark"]) reader.bytes(1);
  const named: NamedStep[] = [];
  while (reader.hasMore && named.length <= chunkStepsMax) {
    const from = reader.at;
    const target = readTarget(reader, kind);
    const words = concatBytes(clock, steps.subarray(from, reader.at));
    named.push({ words, target: reader.isShort ? undefined : target });
  }
  return named;
}

function readTarget(reader: WordReader, kind: number): Target | undefined {
  switch (kind) {
    case chunkKinds.deposit: {
      const account = reader.number();
      reader.bytes(3);
      return { type: "deposit", account };
    }
    case chunkKinds["funding-mark"]:
      return { type: "funding-mark", place: reader.number() };
    case chunkKinds.fill: {
      const slot = reader.number();
      reader.bytes(2);
      return { type: "fill", slot };
    }
    case chunkKinds.withdraw: {
      const actor = readList(reader);
      reader.bytes(2);
      return { type: "withdraw", actor };
    }
    case chunkKinds.admit:
      return readAdmission(reader);
    default:
      reader.bytes(1);
      return undefined;
  }
}

function readList(reader: WordReader): Actor {
  const account = reader.number();
  const key = reader.number();
  reader.bytes(listWords - 3);
  reader.bytes(Math.min(reader.number(), 255));
  return { account, key, markets: [] };
}

function readAdmission(reader: WordReader): Target {
  const actor = readList(reader);
  reader.bytes(3);
  const slot = reader.number();
  const market = reader.number();
  reader.bytes(7);
  const guardMarket = reader.number();
  const hasGuard = reader.number() !== 0;
  reader.bytes(admissionWords - 14);
  const markets = hasGuard ? [market, guardMarket] : [market];
  return { type: "admit", actor: { ...actor, markets }, slot };
}

class WordReader {
  at = 0;
  isShort = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get hasMore(): boolean {
    return this.at < this.#bytes.length;
  }

  bytes(words: number): Uint8Array {
    const from = this.at;
    this.at = Math.min(this.#bytes.length, from + words * wordBytes);
    if (this.at - from < words * wordBytes) this.isShort = true;
    return this.#bytes.subarray(from, this.at);
  }

  /** Infinity for what is no place of anything. */
  number(): number {
    const word = this.bytes(1);
    const view = new DataView(word.buffer, word.byteOffset, word.length);
    if (word.length < wordBytes || word.subarray(0, 26).some((byte) => byte !== 0)) return Infinity;
    return view.getUint16(26) * 2 ** 32 + view.getUint32(28);
  }
}
