// What the events of L1 change. Events that say what cannot be are passed over, the same on every node: L1 is final, so
// there is nobody left to refuse them to.

import { unreachable } from "../base/index.ts";
import { type InboxMessage, type L1Event, limits, type Namespace } from "../protocol/index.ts";
import type { Prepared } from "./assembly.ts";
import type { NamespaceState } from "./types.ts";

/** What one block's step on L1 changes. */
export interface L1Reading {
  /** The namespaces that it changes, as they are after it. */
  readonly namespaces: Map<Namespace, NamespaceState>;
  readonly subscribed: Namespace[];
  /** In L1 order. */
  readonly inbox: InboxMessage[];
  /** The newest naming of a next committee. */
  readonly prepared: Prepared | undefined;
}

type RollupEvent = Exclude<L1Event, { type: "prepared" }>;

export function readL1(
  events: readonly L1Event[],
  stateBefore: (namespace: Namespace) => NamespaceState | undefined,
): L1Reading {
  const prepared = events.findLast((event) => event.type === "prepared");
  const reading: L1Reading = { namespaces: new Map(), subscribed: [], inbox: [], prepared };
  for (const event of events) {
    // Who may sit in the next committee changes nothing for rollups.
    if (event.type === "prepared") continue;
    const before = stateBefore(event.namespace);
    const state = reading.namespaces.get(event.namespace) ?? before;
    const inboxEnd = (before?.inboxRead ?? 0) + limits.inboxPerBlockMax;
    const after =
      state === undefined ? subscribe(reading, event) : apply(reading, event, { state, inboxEnd });
    if (after !== undefined) reading.namespaces.set(event.namespace, after);
  }
  return reading;
}

/** The first thing that is heard of a namespace must be that it exists. */
function subscribe(reading: L1Reading, event: RollupEvent): NamespaceState | undefined {
  // Ids are given in order from 0, so this bounds how many are kept.
  if (event.type !== "subscribed" || event.namespace >= limits.namespacesMax) return undefined;
  const { namespace, settlement, policy } = event;
  reading.subscribed.push(namespace);
  const terms = { policy, reserve: 0, hasLeft: false };
  return { namespace, settlement, ...terms, balance: 0, inboxRead: 0 };
}

function apply(
  reading: L1Reading,
  event: RollupEvent,
  { state, inboxEnd }: { readonly state: NamespaceState; readonly inboxEnd: number },
): NamespaceState | undefined {
  switch (event.type) {
    case "subscribed":
      return undefined;
    case "funded":
      return {
        ...state,
        balance: Math.min(state.balance + event.amount, Number.MAX_SAFE_INTEGER),
      };
    case "policy-set":
      return { ...state, policy: event.policy };
    case "reserve-set":
      return { ...state, reserve: event.feePerByte };
    case "left":
      return { ...state, hasLeft: true };
    case "inbox":
      if (!isNext(event, state) || state.inboxRead >= inboxEnd) return undefined;
      reading.inbox.push(messageOf(event));
      return { ...state, inboxRead: state.inboxRead + 1 };
    default:
      return unreachable(event);
  }
}

/** A settlement contract of somebody's own making may say anything; only an unbroken inbox can be proven to it. */
function isNext(message: InboxMessage, state: NamespaceState): boolean {
  return message.index === state.inboxRead && message.data.length <= limits.inboxMessageBytesMax;
}

function messageOf(message: InboxMessage): InboxMessage {
  const { namespace, index, sender, timestamp, data, messageHash } = message;
  return { namespace, index, sender, timestamp, data, messageHash };
}
