// A client that starts from genesis and meets committees that genesis does not know.

import { describe, expect, test } from "vitest";
import {
  blockHash,
  type DeliveredPage,
  encodeEpochEnd,
  type EpochEnd,
  type Header,
  Height,
  Namespace,
  View,
} from "../../protocol/index.ts";
import { type Network, toNetwork, type VerifiedBlock, verifyPage } from "../../sdk/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { at, certify, Chain, committeeOf, endOf, genesis, mcl, sealed } from "./chain.ts";

const backends = { bls: blstBls, group: mcl };
const namespace = Namespace(0);

/** Two epochs have ended; the last block is of the third. */
async function longChain(): Promise<Chain> {
  const chain = new Chain();
  chain.add({ transactions: [await sealed("one")] });
  chain.add({ isClosing: true, transactions: [await sealed("two")] });
  chain.add({ transactions: [await sealed("three")] });
  chain.add();
  chain.add({ isClosing: true });
  chain.add({ transactions: [await sealed("four")] });
  return chain;
}

const closings = [2, 5];

function knowing(chain: Chain, count: number): Network {
  const network = toNetwork(genesis, mcl);
  for (const height of closings.slice(0, count))
    network.epochs.learn(encodeEpochEnd(endOf(at(chain.blocks, height - 1))), backends);
  return network;
}

function pageOf(chain: Chain, from: number): DeliveredPage {
  const page = chain.page(0, from);
  if (page === undefined) throw new Error("the chain is that long");
  return page;
}

function verify(network: Network, page: DeliveredPage, from = 1): VerifiedBlock[] {
  return verifyPage(page, { network, namespace, from: Height(from), parent: undefined }, backends);
}

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "none";
}

describe("a page over the ends of epochs", () => {
  test("is verified by the committee of its last block, and opens to what was sealed", async () => {
    const chain = await longChain();
    const blocks = verify(knowing(chain, 2), pageOf(chain, 1));
    expect(
      blocks.flatMap(({ transactions }) =>
        transactions.map(({ payload }) => new TextDecoder().decode(payload)),
      ),
    ).toEqual(["one", "two", "three", "four"]);
  });

  test("is of an unknown epoch until its end is shown", async () => {
    const chain = await longChain();
    for (const known of [0, 1])
      expect(codeOf(() => verify(knowing(chain, known), pageOf(chain, 1)))).toBe("UNKNOWN_EPOCH");
  });

  test("is not final by the committee of an earlier epoch", async () => {
    const chain = await longChain();
    const last = at(chain.blocks, 5);
    const certificate = certify(last.header, last.hash, { committee: 1 });
    const page = { ...pageOf(chain, 1), certificate };
    expect(codeOf(() => verify(knowing(chain, 2), page))).toBe("WRONG_CERTIFICATE");
  });
});

describe("what an old committee puts on its closing block", () => {
  /** A block of epoch 0 on the one that closed it, certified by its own committee. */
  async function overhang(): Promise<{ chain: Chain; page: DeliveredPage }> {
    const chain = await longChain();
    const { header: closing, hash } = at(chain.blocks, 1);
    const header: Header = {
      ...closing,
      view: View(closing.view + 1),
      height: Height(3),
      parent: hash,
      parentView: closing.view,
      payload: at(chain.blocks, 3).header.payload,
    };
    const blocks = [chain.deliver(0, 2), { ...chain.deliver(0, 4), header }];
    const certificate = certify(header, blockHash(header));
    return { chain, page: { blocks, certificate, voids: [] } };
  }

  test("is no part of the chain for who knows that the epoch ended", async () => {
    const { chain, page } = await overhang();
    expect(codeOf(() => verify(knowing(chain, 1), page, 2))).toBe("WRONG_PARENT");
  });

  test("nor for who only sees that the block closed it", async () => {
    const { chain, page } = await overhang();
    expect(codeOf(() => verify(knowing(chain, 0), page, 2))).toBe("WRONG_PARENT");
    const { hash, header } = at(chain.blocks, 1);
    const parent = { height: header.height, hash, view: header.view, isClosing: true };
    const rest = { ...page, blocks: page.blocks.slice(1) };
    const request = { network: knowing(chain, 0), namespace, from: Height(3), parent };
    expect(codeOf(() => verifyPage(rest, request, backends))).toBe("WRONG_PARENT");
  });
});

describe("the end of an epoch", () => {
  const learn = async (change: (end: EpochEnd) => EpochEnd, signers?: number): Promise<unknown> => {
    const chain = await longChain();
    const { epochs } = toNetwork(genesis, mcl);
    const end = change(endOf(at(chain.blocks, 1), signers));
    const code = codeOf(() => epochs.learn(encodeEpochEnd(end), backends));
    expect(epochs.newest.committee.epoch).toBe(code === "none" ? 1 : 0);
    return code;
  };

  test("is believed when a quorum of its committee signed it", async () => {
    expect(await learn((end) => end)).toBe("none");
  });

  test.each<[string, (end: EpochEnd) => EpochEnd, number | undefined]>([
    ["by fewer than a quorum", (end) => end, 2],
    ["with another committee", (end) => ({ ...end, committee: withOtherKey(end) }), undefined],
    ["of a later epoch", () => endOfLater(), undefined],
  ])("is not believed %s", async (_, change, signers) => {
    expect(await learn(change, signers)).toBe("WRONG_EPOCH_END");
  });

  test("is known once, and what is shown again changes nothing", async () => {
    const chain = await longChain();
    const network = knowing(chain, 2);
    network.epochs.learn(encodeEpochEnd(endOf(at(chain.blocks, 1))), backends);
    expect(network.epochs.newest.committee).toEqual(committeeOf(2));
    expect(codeOf(() => network.epochs.learn(new Uint8Array(7), backends))).toBe("WRONG_EPOCH_END");
  });
});

function withOtherKey({ committee }: EpochEnd): EpochEnd["committee"] {
  const [first, ...rest] = committee.members;
  if (first === undefined) throw new Error("there are members");
  const networkKey = new Uint8Array(32).fill(7);
  return { ...committee, members: [{ ...first, networkKey }, ...rest] };
}

function endOfLater(): EpochEnd {
  const chain = new Chain();
  chain.add({ isClosing: true });
  return endOf(chain.add({ isClosing: true }));
}
