import { BoundedMap, equalBytes } from "../base/index.ts";
import {
  type Committee,
  contradiction,
  type Evidence,
  type Height,
  type Shares,
  signedDigest,
  type Statement,
  type ValidatorIndex,
} from "../protocol/index.ts";

/** BLS by the committee's keys; the shape that consensus asks for as well. Nothing that is verified can throw. */
export interface ReleaseSignatures {
  /** 96 bytes over its digest. */
  sign(statement: Statement): Uint8Array;
  verify(signer: ValidatorIndex, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** What came of a message of shares. */
export interface Hearing {
  /** Its sender stands for it; nothing else is listened to. */
  readonly isSigned: boolean;
  /** The sender has not been found out at this height before. */
  readonly isNews: boolean;
  /** Its shares are given for two blocks of one height. */
  readonly evidence?: Evidence;
}

interface Said {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Heights of which it is remembered who gave shares for which block. */
export const releasesMax = 128;

/**
 * For which block of a height each seat gives its shares. A share says nothing of that itself, and anyone can make one that
 * nobody has given (docs/contracts.md, What is not there). So each message of shares is signed for height and block, and
 * who gives them for a block before it is final says two things of one height when another one becomes final: `Hub.convict`
 * takes both. At most one signature of each seat and block is verified, and two blocks of each seat and height.
 */
export class Releases {
  readonly #signatures: ReleaseSignatures;
  readonly #domain: Uint8Array;
  readonly #committee: Committee;
  /** By height and seat; null for one that signed for nothing or for everything. As many seats as the committee has. */
  readonly #heard = new BoundedMap<Height, Map<ValidatorIndex, Said | null>>(releasesMax);
  readonly #own = new BoundedMap<Height, Uint8Array>(releasesMax);

  constructor(
    signatures: ReleaseSignatures,
    options: { readonly committee: Committee; readonly domain: Uint8Array },
  ) {
    this.#signatures = signatures;
    this.#committee = options.committee;
    this.#domain = options.domain;
  }

  /** Heights. */
  get size(): number {
    return this.#heard.size;
  }

  /** Of this validator, for a final block; the same for every message about it. */
  sign(height: Height, blockHash: Uint8Array): Uint8Array {
    const known = this.#own.get(height);
    if (known !== undefined) return known;
    const signature = this.#signatures.sign(this.#statement(height, blockHash));
    this.#own.set(height, signature);
    return signature;
  }

  hear(from: ValidatorIndex, { height, blockHash, signature }: Shares): Hearing {
    const seats = this.#heard.get(height) ?? new Map<ValidatorIndex, Said | null>();
    const before = seats.get(from);
    if (before === null) return { isSigned: false, isNews: false };
    // A key and a message have one signature.
    if (before !== undefined && equalBytes(before.payload, blockHash))
      return { isSigned: equalBytes(before.signature, signature), isNews: true };
    const digest = signedDigest(this.#statement(height, blockHash));
    const isSigned = this.#signatures.verify(from, digest, signature);
    if (before === undefined) {
      seats.set(from, isSigned ? { payload: blockHash, signature } : null);
      if (!this.#heard.has(height)) this.#heard.set(height, seats);
      return { isSigned, isNews: true };
    }
    if (!isSigned) return { isSigned, isNews: true };
    seats.set(from, null);
    const place = { epoch: this.#committee.epoch, offender: from, slot: height };
    const first = { kind: "release", ...before } as const;
    const second = { kind: "release", payload: blockHash, signature } as const;
    return { isSigned, isNews: true, evidence: contradiction(place, [first, second]) };
  }

  #statement(height: Height, payload: Uint8Array): Statement {
    const { epoch } = this.#committee;
    return { domain: this.#domain, kind: "release", epoch, slot: height, payload };
  }
}
