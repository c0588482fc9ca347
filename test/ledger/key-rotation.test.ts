import { expect, test } from "vitest";
import { Writer } from "../../base/index.ts";
import { sealOverheadBytes } from "../../crypto/index.ts";
import {
  type Committee,
  type Genesis,
  Height,
  type SealedTransaction,
} from "../../protocol/index.ts";
import { bytes, Chain, funded, genesisOf, subscribed, transaction } from "./chain.ts";

const until = Height(4);

/** In an epoch whose newest key is the second, and the first retires after the fourth block. */
function rotating(committee: Partial<Committee> = {}): Chain {
  const genesis: Genesis = genesisOf();
  const [pk1, pk2] = [bytes(48), bytes(96)];
  const retiring = { keyId: 1, pk1, pk2, verificationKeys: [], until };
  const sealing = { keyId: 2, pk1, pk2 };
  const chain = new Chain({
    genesis: { ...genesis, committee: { ...genesis.committee, sealing, retiring, ...committee } },
  });
  chain.add({ l1: chain.l1.add(subscribed(0), funded(0, 1_000_000)) });
  return chain;
}

/** To the key with this id. */
function sealedTo(keyId: number, nonce = 0): SealedTransaction {
  const head = new Writer().u8(1).u32(keyId).finish();
  const body = new Uint8Array(sealOverheadBytes);
  body.set(head);
  return { ...transaction({ nonce }), version: 1, body };
}

test("what is sealed to either key is ordered until the old one retires, and from then on to the newest alone", () => {
  const chain = rotating();
  for (let height = 2; height <= 6; height++) {
    const old = sealedTo(1, height);
    const isOver = height > until;
    expect(chain.ledger.check(old, Height(height))).toBe(isOver ? "KEY_RETIRED" : undefined);
    expect(chain.ledger.check(sealedTo(2), Height(height))).toBeUndefined();
    const { drops } = chain.add({ transactions: [old, sealedTo(2, height)] });
    expect(drops).toEqual([isOver ? "policy" : undefined, undefined]);
  }
});

test("a key that is no more is told from one that is not there yet", () => {
  const chain = rotating({ retiring: undefined });
  const height = Height(2);
  expect(chain.ledger.check(sealedTo(1), height)).toBe("KEY_RETIRED");
  expect(chain.ledger.check(sealedTo(3), height)).toBe("UNKNOWN_KEY");
  const { drops } = chain.add({ transactions: [sealedTo(1), sealedTo(3), sealedTo(2)] });
  expect(drops).toEqual(["policy", "policy", undefined]);
});
