// Blocks that hold what is sealed to two keys, while one replaces the other.

import { expect, test } from "vitest";
import {
  type DealtKey,
  dealKeyShares,
  decryptionShares,
  ephemeralPoint,
  keyedPoint,
  type SealingKey,
  type ShareBatch,
  toSealingKey,
} from "../../../crypto/index.ts";
import { assert } from "../../../base/index.ts";
import { Epoch, Height, type SealedTransaction } from "../../../protocol/index.ts";
import {
  createMclSealingGroup,
  nativeSenderSignatures,
  nodeNetworkSignatures,
} from "../../../sequencer/crypto/index.ts";
import { createHandlers } from "../../../sequencer/workers/handlers.ts";
import type { KeyShares } from "../../../sequencer/workers/openers.ts";
import { chainId, encodeAll, sealTransaction } from "./sealed.ts";

const group = await createMclSealingGroup();
const [oldest, old, newest] = [1, 2, 3].map((keyId) => {
  const dealt = dealKeyShares(group, {
    seats: 4,
    threshold: 3,
    entropy: new Uint8Array(32).fill(keyId),
  });
  const key = toSealingKey(group, { chainId, keyId, pk1: dealt.pk1, pk2: dealt.pk2 });
  assert(key !== undefined, "a dealt key is a key");
  return { keyId, dealt, key };
}) as [Held, Held, Held];

interface Held {
  readonly keyId: number;
  readonly dealt: DealtKey;
  readonly key: SealingKey;
}

const { pk1, pk2, verificationKeys } = old.dealt;
const committee = {
  epoch: Epoch(4),
  members: newest.dealt.verificationKeys.map((verificationKey, i) => ({
    publicKey: new Uint8Array(48).fill(i),
    networkKey: new Uint8Array(32).fill(i),
    verificationKey,
  })),
  sealing: { keyId: newest.keyId, pk1: newest.dealt.pk1, pk2: newest.dealt.pk2 },
  retiring: { keyId: old.keyId, pk1, pk2, verificationKeys, until: Height(90) },
};

function handlersOf(keyShares: KeyShares): ReturnType<typeof createHandlers> {
  return createHandlers({
    group,
    senderSignatures: nativeSenderSignatures,
    networkSignatures: nodeNetworkSignatures,
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    chainId,
    committee,
    keyShares,
  });
}

function sharesOf(seat: number, ...held: readonly Held[]): KeyShares {
  return held.map(({ keyId, dealt }) => ({
    keyId,
    share: dealt.keyShares[seat - 1] ?? new Uint8Array(),
  }));
}

const anyone = handlersOf([]);
const pattern = [old, newest, newest, old, old];
const mixed = pattern.map(({ key }, i) => sealTransaction(group, key, i + 1));

function batchOf(transactions: readonly SealedTransaction[], seats = [1, 2, 4]): ShareBatch {
  const points = transactions.map(({ body }) => keyedPoint(body));
  const rows = seats.map((seat) => {
    const { shares } = handlersOf(sharesOf(seat, newest, old));
    return { seat, shares: shares(points) };
  });
  return { points, rows };
}

function openingsIn(batch: ShareBatch): readonly Uint8Array[] {
  const [opened] = anyone.open([batch]);
  assert(opened !== undefined && "openings" in opened, "honest rows open");
  return opened.openings;
}

test("transactions under either key of the committee are valid, and under any other not", () => {
  const stale = sealTransaction(group, oldest.key, 1);
  expect(anyone.validate(encodeAll([...mixed, stale]))).toEqual([...mixed.map(() => true), false]);
});

test("a seat gives for each point its share of the key that the point is under", () => {
  const [row] = batchOf(mixed).rows;
  for (const [i, { dealt }] of pattern.entries()) {
    const [share] = dealt.keyShares;
    const point = ephemeralPoint(mixed[i]?.body ?? new Uint8Array());
    expect(row?.shares[i]).toEqual(decryptionShares(group, share ?? point, [point])[0]);
  }
});

test("a batch of both keys opens, is checked, and unsealed, beside batches of one", () => {
  const alone = [old, newest].map(({ key }) => [sealTransaction(group, key, 9)]);
  const all = [mixed, ...alone];
  const opened = anyone.open(all.map((each) => batchOf(each)));
  const claims = opened.map((each, i) => {
    const points = (all[i] ?? []).map(({ body }) => keyedPoint(body));
    return { points, openings: "openings" in each ? each.openings : [] };
  });
  expect(anyone["check-openings"](claims)).toEqual([true, true, true]);
  const items = all.flatMap((each, i) =>
    encodeAll(each).map((transaction, j) => {
      const opening = claims[i]?.openings[j] ?? new Uint8Array();
      return { transaction, opening };
    }),
  );
  expect(anyone.unseal(items)).toEqual([1, 2, 3, 4, 5, 9, 9].map((nonce) => Uint8Array.of(nonce)));
});

test("a seat that lies about points of one key is named, and what is of the other key is no help", () => {
  for (const lie of [0, 1]) {
    const { points, rows } = batchOf(mixed);
    const [first, ...others] = rows;
    assert(first !== undefined, "there are three");
    const shares = first.shares.with(lie, first.shares[4] ?? new Uint8Array());
    const lied = { points, rows: [{ seat: 1, shares }, ...others] };
    expect(anyone.open([lied])).toEqual([{ badSeats: [1] }]);
    const [fourth] = batchOf(mixed, [3]).rows;
    const [opened] = anyone.open([{ points, rows: [...lied.rows, ...(fourth ? [fourth] : [])] }]);
    expect(opened).toEqual({ badSeats: [1], openings: openingsIn(batchOf(mixed)) });
  }
});

test("openings that were exchanged between points of two keys are wrong", () => {
  const { points } = batchOf(mixed);
  const openings = openingsIn(batchOf(mixed));
  const [a, b] = openings;
  assert(a !== undefined && b !== undefined, "there are five");
  const exchanged = [b, a, ...openings.slice(2)];
  const answers = anyone["check-openings"]([
    { points, openings },
    { points, openings: exchanged },
    { points, openings: openings.slice(1) },
  ]);
  expect(answers).toEqual([true, false, false]);
});

test("shares of the one key are none of the other", () => {
  const { points, rows } = batchOf([mixed[0] as SealedTransaction]);
  const wrong = rows.map(({ seat }) => {
    const share = sharesOf(seat, newest)[0]?.share ?? new Uint8Array();
    const plain = [ephemeralPoint(mixed[0]?.body ?? share)];
    return { seat, shares: decryptionShares(group, share, plain) };
  });
  expect(anyone.open([{ points, rows: wrong }])).toEqual([{ badSeats: [1, 2, 4] }]);
});
