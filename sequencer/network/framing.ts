// Frames on a stream: a u32 length and as many bytes. A frame of no bytes is a heartbeat, and the first frame on
// every stream names the chain.

import { limits } from "../../protocol/index.ts";

export const headerBytes = 4;

/** What a body is given room for before any of it has come; it grows with what does come. */
const firstCapacity = 65_536;

export function frameHeader(length: number): Uint8Array {
  const header = new Uint8Array(headerBytes);
  new DataView(header.buffer).setUint32(0, length);
  return header;
}

/** Cuts a stream of bytes into frames. Holds at most twice of what has arrived of the frame under way. */
export class FrameReader {
  readonly #header = new Uint8Array(headerBytes);
  #lengthMax: number;
  #headerLength = 0;
  #body: Uint8Array = new Uint8Array();
  #bodyLength = 0;

  /** The first frame is held to a bound of its own, as whoever sends it has shown nothing yet. */
  constructor(firstLengthMax: number) {
    this.#lengthMax = firstLengthMax;
  }

  /** The frames that are complete now; undefined when a length is beyond the limit, and nothing after it makes sense. */
  push(bytes: Uint8Array): Uint8Array[] | undefined {
    const frames: Uint8Array[] = [];
    // What the library hands out may be a `Buffer`, whose `slice` shares memory instead of copying.
    let rest = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (;;) {
      rest = this.#takeHeader(rest);
      if (this.#headerLength < headerBytes) return frames;
      const length = new DataView(this.#header.buffer).getUint32(0);
      if (length > this.#lengthMax) return undefined;
      rest = this.#takeBody(rest, length);
      if (this.#bodyLength < length) return frames;
      frames.push(this.#body.slice(0, length));
      this.#lengthMax = limits.frameBytesMax;
      this.#headerLength = 0;
      this.#bodyLength = 0;
      this.#body = new Uint8Array();
    }
  }

  #takeHeader<T extends ArrayBufferLike>(bytes: Uint8Array<T>): Uint8Array<T> {
    const count = Math.min(headerBytes - this.#headerLength, bytes.length);
    this.#header.set(bytes.subarray(0, count), this.#headerLength);
    this.#headerLength += count;
    return bytes.subarray(count);
  }

  #takeBody<T extends ArrayBufferLike>(bytes: Uint8Array<T>, length: number): Uint8Array<T> {
    const count = Math.min(length - this.#bodyLength, bytes.length);
    if (this.#bodyLength === 0 && count === length) {
      // All here already: no copy but the one that is handed out.
      this.#body = bytes.subarray(0, length);
    } else {
      this.#reserve(this.#bodyLength + count, length);
      this.#body.set(bytes.subarray(0, count), this.#bodyLength);
    }
    this.#bodyLength += count;
    return bytes.subarray(count);
  }

  #reserve(needed: number, length: number): void {
    if (needed <= this.#body.length) return;
    const capacity = Math.max(needed, firstCapacity, 2 * this.#body.length);
    const grown = new Uint8Array(Math.min(length, capacity));
    grown.set(this.#body);
    this.#body = grown;
  }
}
