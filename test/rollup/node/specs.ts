// A rollup on the small chain of the SDK's tests, and blocks of it as they are delivered.

import { addressOf, Namespace, type VerifiedBlock } from "../../../sdk/index.ts";
import {
  Height,
  type InboxMessage,
  inboxMessageHash,
  type SealedTransaction,
} from "../../../protocol/index.ts";
import {
  domainOf,
  encodeDeposit,
  encodeSetMarket,
  type RollupSpec,
} from "../../../rollup/node/index.ts";
import {
  type ActionList,
  encodeActions,
  encodeOracleUpdate,
  type RollupDomain,
  signActions,
  signReport,
} from "../../../rollup/index.ts";
import { verifyPage } from "../../../sdk/index.ts";
import { blstBls } from "../../../sequencer/crypto/index.ts";
import { Chain, genesis, mcl, network, sealed } from "../../sdk/chain.ts";
import { market, marketParameters, rollupParameters } from "../engine/world.ts";

const keyOf = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
export const reporterKeys: readonly Uint8Array[] = [11, 12, 13].map(keyOf);
export const traderKeys: readonly Uint8Array[] = [21, 22, 23].map(keyOf);

export const spec: RollupSpec = {
  chainId: genesis.chainId,
  rollupId: 0,
  settlement: new Uint8Array(20).fill(0xc0),
  vault: new Uint8Array(20).fill(0xda),
  token: new Uint8Array(20).fill(0x05),
  reporters: reporterKeys.map(addressOf),
  parameters: rollupParameters,
};
export const domain: RollupDomain = domainOf(spec);

/** The first block's time, seconds: L1 is not ahead of it. */
export const startSeconds = 1_700_000_000;

/** A chain whose inbox is counted, with short ways to say what is in its blocks. */
export class RollupChain {
  readonly chain: Chain = new Chain();
  #messages = 0;

  get timeMs(): number {
    return startSeconds * 1_000 + this.chain.height * 100;
  }

  message(data: Uint8Array, sender: Uint8Array = spec.vault): InboxMessage {
    const message = {
      namespace: Namespace(spec.rollupId),
      index: this.#messages++,
      sender,
      timestamp: startSeconds,
      data,
    };
    return { ...message, messageHash: inboxMessageHash(message) };
  }

  /** The market is there, every trader has money, and there is a price. */
  async open(): Promise<this> {
    this.chain.add({
      inbox: [
        this.message(encodeSetMarket(market, marketParameters)),
        ...traderKeys.map((key) =>
          this.message(encodeDeposit(addressOf(key), { subId: 0, tokenAmount: 10n ** 12n })),
        ),
      ],
    });
    await this.add(priceUpdate(600_000, this.timeMs));
    return this;
  }

  async add(...payloads: readonly Uint8Array[]): Promise<void> {
    const transactions: SealedTransaction[] = [];
    for (const payload of payloads) transactions.push(await sealed(payload));
    this.chain.add({ transactions });
  }

  /** As the SDK delivers them. */
  blocks(from = 1): VerifiedBlock[] {
    const blocks: VerifiedBlock[] = [];
    for (let next = from; next <= this.chain.height; next += 64) {
      const page = this.chain.page(spec.rollupId, next);
      if (page === undefined) break;
      const request = { network, namespace: Namespace(spec.rollupId), from: Height(next) };
      const parent = undefined;
      blocks.push(...verifyPage(page, { ...request, parent }, { group: mcl, bls: blstBls }));
    }
    return blocks;
  }
}

/** By the trader, whose account it names. */
export function signed(trader: number, changes: Partial<ActionList>): Uint8Array {
  const list: ActionList = {
    account: 2 + trader,
    key: 0,
    nonce: 1,
    validUntilMs: Number.MAX_SAFE_INTEGER,
    relayTip: 0n,
    relayer: new Uint8Array(20),
    actions: [],
    ...changes,
  };
  return encodeActions(signActions(domain, list, traderKeys[trader] ?? keyOf(1)));
}

/** Signed by these reporters, each with its own key unless said otherwise. */
export function priceUpdate(
  priceTicks: number,
  publishTimeMs: number,
  reporters: readonly number[] = [0, 1, 2],
  keys: readonly Uint8Array[] = reporterKeys,
): Uint8Array {
  const report = { market, priceTicks, confidencePpm: 100, publishTimeMs };
  const reports = reporters.map((reporter) =>
    signReport(domain, report, { reporter, secretKey: keys[reporter] ?? keyOf(1) }),
  );
  return encodeOracleUpdate({ market, publishTimeMs, reports });
}
