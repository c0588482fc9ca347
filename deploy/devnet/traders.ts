// Traders with session keys, who sign lists of orders and cancels as EIP-712 typed data: what a rollup really gets.

import { randomBytes, randomInt } from "node:crypto";
import { unreachable } from "../../base/index.ts";
import {
  type Action,
  actionsMax,
  encodeActions,
  type Order,
  orderFlags,
  type RollupDomain,
  signActions,
  timesInForce,
} from "../../rollup/index.ts";
import type { Class } from "../../protocol/index.ts";
import { keySigner, type Signer } from "../../sdk/index.ts";
import { nativeSenderSignatures } from "../../sequencer/crypto/index.ts";

/** What one trader wants sequenced. */
export interface Intent {
  readonly namespace: number;
  readonly class: Class;
  readonly payload: Uint8Array;
  /** Of the session key, which brings the list as well. */
  readonly signer: Signer;
  /** Tells the signer's transactions apart. */
  readonly nonce: number;
}

const tradersPerRollup = 8;
const markets = 4;
/** Accounts 0 and 1 are the insurance fund and the fees. */
const firstAccount = 2;
const sessionKey = 1;
const listLifeMs = 10 * 60_000;

/** How often each class comes, in a hundred. */
const weights: readonly (readonly [Class, number])[] = [
  ["normal", 65],
  ["cancel", 20],
  ["oracle", 10],
  ["liquidation", 5],
];

interface Trader {
  readonly domain: RollupDomain;
  readonly account: number;
  readonly secretKey: Uint8Array;
  readonly signer: Signer;
  nonce: number;
}

export class Traders {
  readonly #byRollup: readonly (readonly Trader[])[];
  /** Walks at random by market, in ticks. */
  readonly #prices = Array.from({ length: markets }, () => 60_000);

  /** One domain for each rollup. */
  constructor(domains: readonly RollupDomain[]) {
    this.#byRollup = domains.map((domain) =>
      Array.from({ length: tradersPerRollup }, (_, index) => toTrader(domain, index)),
    );
  }

  /** A further list, for each rollup in turn. */
  next(turn: number): Intent {
    const traders = this.#byRollup[turn % this.#byRollup.length] ?? [];
    const trader = pick(traders);
    const kind = drawClass();
    const nonce = ++trader.nonce;
    const list = {
      account: trader.account,
      key: sessionKey,
      nonce,
      validUntilMs: Date.now() + listLifeMs,
      relayTip: 0n,
      relayer: new Uint8Array(20),
      actions: this.#actions(kind, nonce),
    };
    const { domain, secretKey, signer } = trader;
    const payload = encodeActions(signActions(domain, list, secretKey, nativeSenderSignatures));
    return { namespace: domain.rollupId, class: kind, payload, signer, nonce };
  }

  #actions(kind: Class, nonce: number): readonly Action[] {
    const market = randomInt(markets);
    const price = Math.max(1, (this.#prices[market] ?? 0) + randomInt(-5, 6));
    this.#prices[market] = price;
    switch (kind) {
      case "cancel":
        return [{ type: "cancel", market, orderNonce: randomInt(nonce) }];
      case "liquidation":
        return [
          order(market, price, {
            timeInForce: timesInForce.immediateOrCancel,
            flags: orderFlags.reduceOnly,
          }),
        ];
      case "oracle":
        // The reference rollups read no oracle yet: a maker's quote on both sides follows the price in its place.
        return [true, false].map((isBuy) =>
          order(market, price + (isBuy ? -2 : 2), { isBuy, flags: orderFlags.postOnly }),
        );
      case "normal":
        return Array.from({ length: randomInt(1, actionsMax / 16) }, () =>
          order(market, price, {}),
        );
      default:
        return unreachable(kind);
    }
  }
}

function order(market: number, priceTicks: number, change: Partial<Order>): Order {
  return {
    type: "order",
    market,
    isBuy: randomInt(2) === 0,
    priceTicks,
    lots: randomInt(1, 1_000),
    timeInForce: timesInForce.goodTillCancelled,
    flags: 0,
    validUntilMs: 0,
    clientId: randomInt(2 ** 47),
    guard: undefined,
    ...change,
  };
}

function toTrader(domain: RollupDomain, index: number): Trader {
  const secretKey = new Uint8Array(randomBytes(32));
  const signer = keySigner(secretKey, nativeSenderSignatures);
  return { domain, account: firstAccount + index, secretKey, signer, nonce: 0 };
}

function drawClass(): Class {
  let rest = randomInt(100);
  for (const [kind, weight] of weights) {
    if (rest < weight) return kind;
    rest -= weight;
  }
  return "normal";
}

function pick<T>(list: readonly T[]): T {
  return list[randomInt(list.length)] as T;
}
