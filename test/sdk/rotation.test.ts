// A client that seals and verifies while one key replaces another.

import { expect, test } from "vitest";
import { sealedKeyId } from "../../crypto/index.ts";
import {
  type DeliveredPage,
  encodeEpochEnd,
  Height,
  Namespace,
  type SealedTransaction,
} from "../../protocol/index.ts";
import { type Network, toNetwork, type VerifiedBlock, verifyPage } from "../../sdk/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { at, Chain, endOf, genesis, mcl, renewing, sealed } from "./chain.ts";

const backends = { bls: blstBls, group: mcl };

/** Up to the epoch with this number, whose committee's predecessors have all closed theirs. */
function chainTo(epoch: number): { readonly chain: Chain; readonly network: Network } {
  const chain = new Chain();
  const network = toNetwork(genesis, mcl);
  for (let i = 0; i < epoch; i++)
    network.epochs.learn(encodeEpochEnd(endOf(chain.add({ isClosing: true }))), backends);
  return { chain, network };
}

function verifyLast(
  chain: Chain,
  network: Network,
  change = (page: DeliveredPage) => page,
): VerifiedBlock[] {
  const namespace = Namespace(0);
  const page = chain.page(0, chain.height);
  if (page === undefined) throw new Error("the chain is that long");
  const from = Height(chain.height);
  return verifyPage(change(page), { network, namespace, from, parent: undefined }, backends);
}

function textsOf(blocks: readonly VerifiedBlock[]): string[] {
  return blocks.flatMap(({ transactions }) =>
    transactions.map(({ payload }) => new TextDecoder().decode(payload)),
  );
}

test("a client that has learned of the new key seals to it, and one that has not to the old one", async () => {
  const { network } = chainTo(renewing);
  const keyIdOf = ({ body }: SealedTransaction): number | undefined => sealedKeyId(body);
  expect(keyIdOf(await sealed("new", { known: network }))).toBe(2);
  expect(keyIdOf(await sealed("old"))).toBe(1);
  expect(network.epochs.newest.keys.map(({ keyId }) => keyId)).toEqual([2, 1]);
});

test("blocks of the epoch in which both are in use are verified, whichever key it is", async () => {
  const { chain, network } = chainTo(renewing);
  const transactions = [
    await sealed("to the old one"),
    await sealed("to the new one", { known: network }),
    await sealed("to the old one again"),
  ];
  chain.add({ transactions });
  expect(textsOf(verifyLast(chain, network))).toEqual([
    "to the old one",
    "to the new one",
    "to the old one again",
  ]);
});

test("an opening under the one key is none for what is sealed to the other", async () => {
  const { chain, network } = chainTo(renewing);
  chain.add({
    transactions: [await sealed("old"), await sealed("new", { known: network })],
  });
  const exchanged = (page: DeliveredPage): DeliveredPage => {
    const [block] = page.blocks;
    if (block === undefined) throw new Error("it has a block");
    const [first, second] = [at(block.transactions, 0), at(block.transactions, 1)];
    const transactions = [
      { ...first, opening: second.opening },
      { ...second, opening: first.opening },
    ];
    return { ...page, blocks: [{ ...block, transactions }] };
  };
  expect(() => verifyLast(chain, network, exchanged)).toThrow(
    expect.objectContaining({ code: "WRONG_OPENING" }),
  );
});

test("what is sealed to a key that the epoch's committee has not is no part of its blocks", async () => {
  const { chain: early, network: ahead } = chainTo(renewing);
  const next = await sealed("to a key of later", { known: ahead });
  const { chain, network } = chainTo(renewing - 1);
  chain.add({ transactions: [next] });
  expect(() => verifyLast(chain, network)).toThrow(
    expect.objectContaining({ code: "WRONG_OPENING" }),
  );
  const end = early.add({ isClosing: true });
  ahead.epochs.learn(encodeEpochEnd(endOf(end)), backends);
  early.add({ transactions: [await sealed("to a key of before")] });
  expect(() => verifyLast(early, ahead)).toThrow(
    expect.objectContaining({ code: "WRONG_OPENING" }),
  );
});
