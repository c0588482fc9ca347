// What is hashed or signed begins with one of these, so that bytes meant for one purpose serve no other.

import { sha256 } from "../crypto/index.ts";
import { utf8 } from "../base/index.ts";

type Purpose =
  | "genesis"
  | "header"
  | "transaction"
  | "sender"
  | "lane"
  | "receipt"
  | "namespaces"
  | "batch"
  | "opened"
  | "leaders"
  | "committee"
  | "snapshot"
  | "control";

/** SHA-256 of the domain's name: 32 bytes, the first of every hash input and signed message. */
function domain(what: string): Uint8Array {
  return sha256(utf8(`CONCLAVE_V1_${what}`));
}

export const domains: Readonly<Record<Purpose, Uint8Array>> = {
  genesis: domain("GENESIS"),
  header: domain("HEADER"),
  transaction: domain("TRANSACTION"),
  sender: domain("SENDER"),
  lane: domain("LANE"),
  receipt: domain("RECEIPT"),
  namespaces: domain("NAMESPACES"),
  batch: domain("BATCH"),
  opened: domain("OPENED"),
  leaders: domain("LEADERS"),
  committee: domain("COMMITTEE"),
  snapshot: domain("SNAPSHOT"),
  control: domain("CONTROL"),
};
