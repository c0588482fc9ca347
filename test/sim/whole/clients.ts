// What clients send, and what the simulator knows about it that no node does: what is inside, and whether it has to
// arrive.

import { toHex, utf8 } from "../../../base/index.ts";
import { keyedPoint } from "../../../crypto/index.ts";
import {
  type Class,
  Height,
  keysOf,
  type L1Block,
  Namespace,
  type Policy,
  type SealedTransaction,
  transactionId,
} from "../../../protocol/index.ts";
import { l1BlockOf } from "./l1.ts";
import type { Sealing } from "./sealing.ts";
import type { SeededRandom } from "../random.ts";

export const chainId = 31_337;

/** A rollup like any; one that has its classes sorted and insists on seals; one that runs out of money. */
const policies: readonly Policy[] = [
  { sealingRequired: false, classOrder: false, senderMayPay: false },
  { sealingRequired: true, classOrder: true, senderMayPay: false },
  { sealingRequired: false, classOrder: false, senderMayPay: true },
];
const poor = 2;
const feeCap = 10_000;
const farExpiry = 15_000;

/** What the first L1 block says: everyone has read it before the first view. */
export const firstL1Block: L1Block = l1BlockOf(1, [
  ...policies.map((policy, namespace) => ({
    type: "subscribed" as const,
    namespace: Namespace(namespace),
    settlement: new Uint8Array(20).fill(namespace + 1),
    policy,
  })),
  { type: "funded", namespace: Namespace(0), amount: 1e12 },
  { type: "funded", namespace: Namespace(1), amount: 1e12 },
  { type: "funded", namespace: Namespace(poor), amount: 4_000 },
]);

export interface Sent {
  readonly id: string;
  readonly transaction: SealedTransaction;
  /** Valid, paid for, and not about to expire: whoever honest has received it may not lose it. */
  readonly isSure: boolean;
  /** What everyone must find inside; undefined when it is void. */
  readonly payload: Uint8Array | undefined;
  /** Of the ciphertext, in hex; undefined for a clear one. */
  readonly point: string | undefined;
  /** Inside one block and group the fair order holds. */
  readonly group: string;
}

export class Clients {
  readonly #random: SeededRandom;
  readonly #sealing: Sealing;
  readonly #keyIds: () => readonly number[];
  readonly #sent = new Map<string, Sent>();

  /** `keyIds`: to which a client may seal now, because they are known and in use; those of the sealing if not said. */
  constructor(random: SeededRandom, sealing: Sealing, keyIds?: () => readonly number[]) {
    this.#random = random;
    this.#sealing = sealing;
    this.#keyIds = keyIds ?? (() => keysOf(sealing.committee).map(({ keyId }) => keyId));
  }

  get all(): readonly Sent[] {
    return [...this.#sent.values()];
  }

  get(id: string): Sent | undefined {
    return this.#sent.get(id);
  }

  /** A new transaction, made when the chain is about this high. */
  make(height: number): Sent {
    const random = this.#random;
    const number = this.#sent.size + 1;
    const namespace = random.pick([0, 0, 0, 1, 1, poor]);
    const isClear = namespace !== 1 && random.chance(0.1);
    const isVoid = !isClear && random.chance(0.05);
    const isForged = random.chance(0.03);
    const isHasty = random.chance(0.08);
    const classOf: Class = random.pick(["oracle", "cancel", "normal", "normal"]);
    const keyIds = this.#keyIds();
    const { transaction, payload } = this.#sealing.write({
      number,
      keyId: keyIds.length === 1 ? (keyIds[0] ?? 0) : random.pick(keyIds),
      envelope: {
        chainId,
        namespace: Namespace(namespace),
        class: classOf,
        payer: "rollup",
        sender: new Uint8Array(20),
        nonce: number,
        expiry: Height(height + (isHasty ? random.between(1, 12) : farExpiry)),
        feeCap,
      },
      message: utf8(`message ${number}`),
      isClear,
      isVoid,
      isForged,
    });
    const isSorted = policies[namespace]?.classOrder === true;
    const sent: Sent = {
      id: toHex(transactionId(transaction)),
      transaction,
      isSure: !isForged && !isHasty && namespace !== poor,
      payload,
      point: isClear ? undefined : toHex(keyedPoint(transaction.body)),
      group: `${namespace} ${isSorted ? classOf : ""}`,
    };
    this.#sent.set(sent.id, sent);
    return sent;
  }
}
