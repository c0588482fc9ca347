// The compact form of a signed list, which is what is sealed. What decodes re-encodes to the same bytes.

import { decode, encode } from "../sdk/index.ts";
import { readAction, writeAction } from "./action-codec.ts";
import { actionsMax } from "./actions.ts";
import type { SignedActionList } from "./intents.ts";
import { readU128, writeU128 } from "./wide.ts";

/** Also what tells a payload that is a list from one that is not. */
export const listVersion = 1;

export function encodeActions(signed: SignedActionList): Uint8Array {
  return encode(signed, (writer, { list, signature }) => {
    writer.u8(listVersion).u32(list.account).u8(list.key).u64(list.nonce).u64(list.validUntilMs);
    writeU128(writer, list.relayTip);
    writer.fixed(list.relayer, 20).list(list.actions, actionsMax, writeAction);
    writer.fixed(signature, 65);
  });
}

/** Undefined for whatever is not the one encoding of a list within its bounds. */
export function decodeActions(bytes: Uint8Array): SignedActionList | undefined {
  return decode(bytes, (reader) => {
    reader.require(reader.u8() === listVersion, "UNKNOWN_VERSION");
    const list = {
      account: reader.u32(),
      key: reader.u8(),
      nonce: reader.u64(),
      validUntilMs: reader.u64(),
      relayTip: readU128(reader),
      relayer: reader.fixed(20),
      actions: reader.list(actionsMax, readAction),
    };
    return { list, signature: reader.fixed(65) };
  });
}
