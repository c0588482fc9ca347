import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { CodedError } from "../../base/index.ts";
import {
  batchHash,
  decodeDeliveredPage,
  type DeliveredBlock,
  type DeliveredPage,
  encodeDeliveredPage,
  Epoch,
  Height,
  Namespace,
  ValidatorIndex,
  View,
} from "../../protocol/index.ts";
import { clearTransaction, type VerifiedBlock, verifyPage } from "../../sdk/index.ts";
import { blstBls } from "../../sequencer/crypto/index.ts";
import { at, certify, Chain, inboxMessage, mcl, network, sealed, sender } from "./chain.ts";

const backends = { group: mcl, bls: blstBls };
const chain = new Chain();
let page: DeliveredPage;

beforeAll(async () => {
  const oracle = await clearTransaction({
    network,
    signer: sender,
    payload: Uint8Array.of(42),
    envelope: {
      namespace: Namespace(4),
      class: "oracle",
      nonce: 1,
      expiry: Height(99),
      feeCap: 1,
    },
  });
  chain.add({ transactions: [await sealed("one", ns(4)), await sealed("two", ns(4))] });
  chain.add({ transactions: [await sealed("other", ns(1)), await sealed("other", ns(9))] });
  chain.add();
  chain.add({
    inbox: [inboxMessage(0, 4), inboxMessage(1, 4)],
    transactions: [await sealed("before", ns(1)), oracle, await sealed("three", ns(4))],
  });
  page = pageOf(4, 1);
});

describe("an honest page", () => {
  test("is opened in order, with what L1 sent first", () => {
    const blocks = verify(page);
    expect(blocks.map(textsOf)).toEqual([["one", "two"], [], [], ["*", "three"]]);
    expect(blocks.map(({ inbox }) => inbox.length)).toEqual([0, 0, 0, 2]);
    expect(blocks.map(({ height }) => height)).toEqual([1, 2, 3, 4]);
    expect(at(blocks, 3).hash).toEqual(at(chain.blocks, 3).hash);
  });

  test("verifies with the libraries of a browser as well", () => {
    expect(verifyPage(page, request(), {}).map(textsOf)).toEqual(verify(page).map(textsOf));
  });

  test("may begin anywhere, with or without the block before", () => {
    const later = pageOf(4, 3);
    const before = at(verify(pageOf(4, 1, 2)), 1);
    const parent = { height: before.height, hash: before.hash, view: before.header.view };
    expect(verify(later, { from: 3 })).toHaveLength(2);
    expect(verify(later, { from: 3, parent })).toHaveLength(2);
  });

  test("names its batches as the settlement chains them, and empty blocks have none", () => {
    const [first, second] = verify(page);
    const delivered = at(page.blocks, 0);
    expect(second?.batchHash).toBeUndefined();
    expect(first?.batchHash).toEqual(
      batchHash({
        namespace: Namespace(4),
        height: Height(1),
        inbox: [],
        transactions: delivered.transactions.map(({ transaction, opening }, i) => ({
          id: first?.transactions[i]?.id ?? new Uint8Array(),
          transaction,
          opening,
          payload: first?.transactions[i]?.payload,
        })),
      }),
    );
  });

  test("keeps the place of a transaction that does not decrypt, and executes nothing for it", async () => {
    const other = new Chain();
    const broken = await sealed("lost", ns(4));
    // Its last byte belongs to the ciphertext's authenticator. An honest validator refuses the seal; here we are them.
    broken.body[broken.body.length - 1] = (broken.body.at(-1) ?? 0) ^ 1;
    other.add({ transactions: [broken, await sealed("kept", ns(4))] });
    const [block] = verify(requirePage(other.page(4, 1)));
    expect(block?.transactions.map(({ payload }) => payload && text(payload))).toEqual([
      undefined,
      "kept",
    ]);
  });
});

describe("a page that lies", () => {
  /** What an endpoint might do, and by what code it is found out. */
  const lies: Record<string, [lie: (page: DeliveredPage) => DeliveredPage, code: string]> = {
    "sends no blocks": [(p) => ({ ...p, blocks: [] }), "MALFORMED_PAGE"],
    "begins elsewhere": [(p) => ({ ...p, blocks: p.blocks.slice(1) }), "WRONG_HEIGHT"],
    "leaves a block out": [(p) => without(p, 2), "WRONG_HEIGHT"],
    "stops early": [(p) => ({ ...p, blocks: p.blocks.slice(0, 3) }), "WRONG_CERTIFICATE"],
    "changes a header": [
      (p) => withHeader(p, 1, (header) => ({ ...header, view: View(header.view + 100) })),
      "WRONG_PARENT",
    ],
    "gives the first block another parent": [
      (p) => withHeader(p, 0, (header) => ({ ...header, parent: new Uint8Array(32) })),
      "WRONG_PARENT",
    ],
    "says another view of the parent": [
      (p) => withHeader(p, 2, (header) => ({ ...header, parentView: View(1) })),
      "WRONG_PARENT",
    ],
    "puts a block into another epoch": [
      (p) => withHeader(p, 3, (header) => ({ ...header, epoch: Epoch(1) })),
      "UNKNOWN_EPOCH",
    ],
    "changes the last header": [
      (p) => withHeader(p, 3, (header) => ({ ...header, payload: header.payload.slice(1) })),
      "WRONG_CERTIFICATE",
    ],
    "certifies another block": [
      (p) => ({ ...p, certificate: at(chain.blocks, 2).certificate }),
      "WRONG_CERTIFICATE",
    ],
    "certifies by PREPARE votes": [
      (p) => ({ ...p, certificate: certifyLast(p, { kind: "prepare" }) }),
      "WRONG_CERTIFICATE",
    ],
    "relabels PREPARE votes": [
      (p) => ({ ...p, certificate: { ...certifyLast(p, { kind: "prepare" }), kind: "commit" } }),
      "WRONG_CERTIFICATE",
    ],
    "lacks a vote": [(p) => ({ ...p, certificate: certifyLast(p, { signers: 2 }) }), "NO_QUORUM"],
    "claims a vote it lacks": [
      (p) => ({
        ...p,
        certificate: { ...certifyLast(p, { signers: 2 }), signers: p.certificate.signers },
      }),
      "WRONG_CERTIFICATE",
    ],
    "names others as signers": [
      (p) => ({ ...p, certificate: { ...p.certificate, signers: [1, 2, 3].map(ValidatorIndex) } }),
      "WRONG_CERTIFICATE",
    ],
    "names strangers as signers": [
      (p) => ({ ...p, certificate: { ...p.certificate, signers: [1, 2, 9].map(ValidatorIndex) } }),
      "WRONG_CERTIFICATE",
    ],
    "lets one sign thrice": [
      (p) => ({ ...p, certificate: { ...p.certificate, signers: [1, 1, 1].map(ValidatorIndex) } }),
      "WRONG_CERTIFICATE",
    ],
    "omits a transaction": [
      (p) => withBlock(p, 0, (b) => ({ ...b, transactions: b.transactions.slice(1) })),
      "INCOMPLETE",
    ],
    "sends one twice": [
      (p) =>
        withBlock(p, 0, (b) => ({ ...b, transactions: [...b.transactions, ...b.transactions] })),
      "INCOMPLETE",
    ],
    "omits a message from L1": [
      (p) => withBlock(p, 3, (b) => ({ ...b, inbox: b.inbox.slice(1) })),
      "INCOMPLETE",
    ],
    "swaps two transactions": [
      (p) => withBlock(p, 0, (b) => ({ ...b, transactions: b.transactions.toReversed() })),
      "WRONG_TRANSACTIONS",
    ],
    "swaps two messages from L1": [
      (p) => withBlock(p, 3, (b) => ({ ...b, inbox: b.inbox.toReversed() })),
      "WRONG_TRANSACTIONS",
    ],
    "replaces a transaction": [
      (p) =>
        withBlock(p, 0, (b) => ({
          ...b,
          transactions: [at(b.transactions, 0), at(at(p.blocks, 3).transactions, 1)],
        })),
      "WRONG_TRANSACTIONS",
    ],
    "says that there is nothing": [
      (p) => withBlock(p, 0, (b) => ({ ...b, transactions: [], proof: at(p.blocks, 2).proof })),
      "WRONG_PROOF",
    ],
    "proves another block": [
      (p) => withBlock(p, 1, (b) => ({ ...b, proof: at(p.blocks, 0).proof })),
      "WRONG_PROOF",
    ],
    "delivers another namespace": [() => pageOf(1, 1), "INCOMPLETE"],
    "opens with another transaction's key": [
      (p) => withOpenings(p, 0, (openings) => openings.toReversed()),
      "WRONG_OPENING",
    ],
    "opens with nothing": [
      (p) => withOpenings(p, 0, (openings) => openings.map(() => new Uint8Array())),
      "WRONG_OPENING",
    ],
    "opens with what is no point": [
      (p) => withOpenings(p, 0, (openings) => openings.map(() => new Uint8Array(48).fill(0xa5))),
      "WRONG_OPENING",
    ],
    "opens what is clear": [
      (p) => withOpenings(p, 3, ([, last]) => [last ?? new Uint8Array(), last ?? new Uint8Array()]),
      "WRONG_OPENING",
    ],
  };

  for (const [name, [lie, code]] of Object.entries(lies))
    test(`that ${name} is found out as ${code}`, () => {
      expect(faultOf(lie(page))).toBe(code);
    });

  test("that continues another block than the last verified one is found out", () => {
    const parent = { height: Height(2), hash: new Uint8Array(32), view: 2 };
    expect(faultOf(pageOf(4, 3), { from: 3, parent })).toBe("WRONG_PARENT");
  });

  test("cannot change a byte that matters unnoticed", () => {
    const honest = encodeDeliveredPage(page);
    const expected = verify(page).map(contentsOf);
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }), (offset, mask) => {
        const bytes = honest.slice();
        bytes[offset] = (bytes[offset] ?? 0) ^ mask;
        const changed = decodeDeliveredPage(bytes);
        const fault = changed === undefined ? "MALFORMED_PAGE" : faultOf(changed);
        if (fault !== undefined) refused++;
        // Only a sender's signature may change: it stands outside of the id, and is not shown.
        else expect(verify(changed as DeliveredPage).map(contentsOf)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

function ns(namespace: number): { namespace: number } {
  return { namespace };
}

function request(
  options: { from?: number; parent?: { height: Height; hash: Uint8Array; view: number } } = {},
): Parameters<typeof verifyPage>[1] {
  const { from = 1, parent } = options;
  return { network, namespace: Namespace(4), from: Height(from), parent };
}

function verify(given: DeliveredPage, options?: Parameters<typeof request>[0]): VerifiedBlock[] {
  return verifyPage(given, request(options), backends);
}

function faultOf(
  given: DeliveredPage,
  options?: Parameters<typeof request>[0],
): string | undefined {
  try {
    verify(given, options);
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

function pageOf(namespace: number, from: number, limit?: number): DeliveredPage {
  return requirePage(chain.page(namespace, from, limit));
}

function requirePage(given: DeliveredPage | undefined): DeliveredPage {
  if (given === undefined) throw new Error("the chain has these blocks");
  return given;
}

function without(given: DeliveredPage, index: number): DeliveredPage {
  return { ...given, blocks: given.blocks.filter((_, i) => i !== index) };
}

function withBlock(
  given: DeliveredPage,
  index: number,
  change: (block: DeliveredBlock) => DeliveredBlock,
): DeliveredPage {
  return {
    ...given,
    blocks: given.blocks.map((block, i) => (i === index ? change(block) : block)),
  };
}

function withHeader(
  given: DeliveredPage,
  index: number,
  change: (header: DeliveredBlock["header"]) => DeliveredBlock["header"],
): DeliveredPage {
  return withBlock(given, index, (block) => ({ ...block, header: change(block.header) }));
}

function withOpenings(
  given: DeliveredPage,
  index: number,
  change: (openings: Uint8Array[]) => Uint8Array[],
): DeliveredPage {
  return withBlock(given, index, (block) => {
    const openings = change(block.transactions.map(({ opening }) => opening));
    const transactions = block.transactions.map(({ transaction }, i) => ({
      transaction,
      opening: at(openings, i),
    }));
    return { ...block, transactions };
  });
}

function certifyLast(
  given: DeliveredPage,
  options: Parameters<typeof certify>[2],
): DeliveredPage["certificate"] {
  const { header } = at(given.blocks, given.blocks.length - 1);
  return certify(header, given.certificate.hash, options);
}

function textsOf(block: VerifiedBlock): (string | undefined)[] {
  return block.transactions.map(({ payload }) => payload && text(payload));
}

function contentsOf({ hash, transactions, inbox, time }: VerifiedBlock): unknown {
  return [hash, time, transactions, inbox];
}

function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

describe("a block that is void as a whole", () => {
  async function voidedChain(): Promise<Chain> {
    const its = new Chain();
    its.add({ transactions: [await sealed("nobody reads", ns(4))] });
    its.add();
    its.add({ voided: Height(1) });
    return its;
  }
  const verifyOf = (each: DeliveredPage | undefined): VerifiedBlock[] => {
    if (each === undefined) throw new Error("there is a page");
    return verifyPage(each, request(), backends);
  };

  test("is shown by a page that holds the block which says so, or carries its header", async () => {
    const its = await voidedChain();
    expect(its.page(4, 1)?.voids).toEqual([]);
    expect(its.page(4, 1, 1)?.voids.length).toBe(1);
    for (const limit of [1, 3])
      expect(verifyOf(its.page(4, 1, limit))[0]?.transactions[0]?.payload).toBeUndefined();
  });

  test("is not taken for void on the word of an endpoint", async () => {
    const its = await voidedChain();
    const short = its.page(4, 1, 1);
    const [word] = short?.voids ?? [];
    if (short === undefined || word === undefined) throw new Error("there is a page");
    const [header] = word.headers;
    if (header === undefined) throw new Error("it has a header");
    const other = at(its.blocks, 1);
    for (const [voids, code] of [
      [[], "WRONG_OPENING"],
      [[{ headers: [], certificate: word.certificate }], "WRONG_CERTIFICATE"],
      [[{ headers: [other.header], certificate: other.certificate }], "WRONG_VOID"],
      [[{ headers: [header], certificate: other.certificate }], "WRONG_CERTIFICATE"],
      [[{ headers: [header, other.header], certificate: other.certificate }], "WRONG_VOID"],
    ] as const)
      expect(() => verifyOf({ ...short, voids: [...voids] })).toThrow(
        expect.objectContaining({ code }),
      );
  });

  test("is not opened all the same", async () => {
    const its = new Chain();
    its.add({ transactions: [await sealed("nobody reads", ns(4))] });
    its.add();
    const opened = its.page(4, 1)?.blocks[0];
    its.add({ voided: Height(1) });
    const whole = its.page(4, 1);
    if (whole === undefined || opened === undefined) throw new Error("there is a page");
    const blocks = [opened, ...whole.blocks.slice(1)];
    expect(() => verifyOf({ ...whole, blocks })).toThrow(
      expect.objectContaining({ code: "WRONG_OPENING" }),
    );
  });
});
