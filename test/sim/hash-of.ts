import { toHex } from "../../base/index.ts";
import { blockHash, type Header } from "../../protocol/index.ts";

/** Headers are the same objects at all processes of a run, so that each is hashed once only. */
const known = new WeakMap<Header, string>();

/** A block's name in hex. */
export function hashOf(header: Header): string {
  const hash = known.get(header) ?? toHex(blockHash(header));
  known.set(header, hash);
  return hash;
}
