import {
  decodePayload,
  encodePayload,
  type Header,
  namespacesRoot,
  zeroHash,
} from "../../../protocol/index.ts";

/** Of a block that reads nothing more than its parent; undefined when the parent is none of ours, or genesis. */
export function emptyPayloadOn(parent: Header | undefined): Uint8Array | undefined {
  const payload = parent === undefined ? undefined : decodePayload(parent.payload);
  if (payload === undefined) return undefined;
  return encodePayload({
    ...payload,
    count: 0,
    ordered: namespacesRoot([]),
    nextCommittee: zeroHash,
  });
}
