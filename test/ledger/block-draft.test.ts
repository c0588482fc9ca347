import { expect, test } from "vitest";
import { Height, limits, Namespace, namespaceLeaf, transactionId } from "../../protocol/index.ts";
import {
  Chain,
  fee,
  funded,
  fundedChain,
  inbox,
  openPolicy,
  subscribed,
  transaction,
} from "./chain.ts";

test("a payable transaction is admitted, and its bytes are taken from the rollup's balance", () => {
  const chain = fundedChain({}, 10 * fee);
  const block = chain.add({ transactions: [transaction()] });
  expect(block.drops).toEqual([undefined]);
  expect(block.ordered.map(({ id }) => id)).toEqual([transactionId(transaction())]);
  expect(chain.ledger.namespaces()[0]?.balance).toBe(9 * fee);
});

test("the balance pays to its last unit and not beyond", () => {
  const chain = fundedChain({}, 2 * fee);
  const nonces = [1, 2, 3].map((nonce) => transaction({ nonce }));
  expect(chain.add({ transactions: nonces }).drops).toEqual([undefined, undefined, "unpayable"]);
  expect(chain.ledger.namespaces()[0]?.balance).toBe(0);
});

test("a dropped transaction costs nothing and may come again", () => {
  const chain = fundedChain({}, fee - 1);
  expect(chain.add({ transactions: [transaction()] }).drops).toEqual(["unpayable"]);
  const block = chain.add({ l1: chain.l1.add(funded(0, 1)), transactions: [transaction()] });
  expect(block.drops).toEqual([undefined]);
});

test("nobody pays more than its cap", () => {
  const chain = fundedChain();
  const transactions = [transaction({ feeCap: fee }), transaction({ feeCap: fee - 1 })];
  expect(chain.add({ transactions }).drops).toEqual([undefined, "unpayable"]);
});

test("a transaction lives up to its expiry, within the horizon that the window remembers", () => {
  const chain = fundedChain();
  const at = chain.ledger.final.height + 1;
  const expiries = [at - 1, at, at + limits.expiryHorizon, at + limits.expiryHorizon + 1];
  const transactions = expiries.map((expiry) => transaction({ expiry: Height(expiry) }));
  const { drops } = chain.add({ transactions });
  expect(drops).toEqual(["expired", undefined, undefined, "policy"]);
});

test("a transaction is ordered once, whatever the distance of its copies", () => {
  const chain = fundedChain();
  expect(chain.add({ transactions: [transaction(), transaction()] }).drops).toEqual([
    undefined,
    "seen",
  ]);
  const parent = chain.propose({ transactions: [transaction()] });
  expect(parent.drops).toEqual(["seen"]);
  expect(chain.propose({ parent, transactions: [transaction()] }).drops).toEqual(["seen"]);
  while (chain.ledger.final.height < 49) chain.add();
  expect(chain.add({ transactions: [transaction()] }).drops).toEqual(["seen"]);
  expect(chain.add({ transactions: [transaction()] }).drops).toEqual(["expired"]);
});

test("a second signature over the same content does not make another transaction", () => {
  const chain = fundedChain();
  const resigned = { ...transaction(), signature: new Uint8Array(65).fill(1) };
  expect(chain.add({ transactions: [transaction(), resigned] }).drops).toEqual([undefined, "seen"]);
});

test("clear transactions are for namespaces that do not require sealing", () => {
  const clear = transaction();
  const sealed = transaction({}, { version: 1 });
  expect(fundedChain().add({ transactions: [clear, sealed] }).drops).toEqual([
    undefined,
    undefined,
  ]);
  expect(
    fundedChain({ sealingRequired: true }).add({ transactions: [clear, sealed] }).drops,
  ).toEqual(["policy", undefined]);
});

test("a sender that wants to pay is against the policy, or has nothing to pay with", () => {
  const transactions = [transaction({ payer: "sender" })];
  expect(fundedChain().add({ transactions }).drops).toEqual(["policy"]);
  expect(fundedChain({ senderMayPay: true }).add({ transactions }).drops).toEqual(["unpayable"]);
});

test("transactions of another chain or for nobody are dropped", () => {
  const chain = fundedChain();
  const transactions = [transaction({ chainId: 1 }), transaction({ namespace: Namespace(1) })];
  expect(chain.add({ transactions }).drops).toEqual(["policy", "unknown-namespace"]);
});

test("a rollup that a block hears of on L1 is served by that block", () => {
  const chain = new Chain();
  const l1 = chain.l1.add(subscribed(0), funded(0, fee));
  expect(chain.add({ l1, transactions: [transaction()] }).drops).toEqual([undefined]);
});

test("a block stands by namespace, by class where the policy wants it, and fairly inside", () => {
  const chain = new Chain();
  const l1 = chain.l1.add(
    subscribed(0, { classOrder: true }),
    subscribed(1),
    funded(0, 100 * fee),
    funded(1, 100 * fee),
  );
  const arrived = (["normal", "cancel", "normal", "oracle", "liquidation", "cancel"] as const)
    .map((each, nonce) => ({ class: each, nonce }))
    .flatMap((each) => [
      transaction({ ...each, namespace: Namespace(1) }),
      transaction({ ...each, namespace: Namespace(0) }),
    ]);
  const { ordered } = chain.add({ l1, transactions: arrived });
  expect(
    ordered.map((each) => each.transaction.envelope).map((e) => [e.namespace, e.nonce]),
  ).toEqual([
    ...[3, 1, 5, 4, 0, 2].map((nonce) => [0, nonce]),
    ...[0, 1, 2, 3, 4, 5].map((nonce) => [1, nonce]),
  ]);
});

test("the leaves hold each namespace's messages, then its transactions", () => {
  const chain = new Chain();
  const messages = [inbox(0, 0), inbox(2, 0), inbox(0, 1)];
  const l1 = chain.l1.add(...[0, 1, 2].map((id) => subscribed(id)), funded(0, fee), ...messages);
  const { leaves } = chain.add({ l1, transactions: [transaction()] });
  const hashes = messages.map((event) => (event.type === "inbox" ? event.messageHash : undefined));
  expect(leaves).toEqual([
    namespaceLeaf(Namespace(0), {
      inbox: [hashes[0], hashes[2]].filter((hash) => hash !== undefined),
      ids: [transactionId(transaction())],
    }),
    namespaceLeaf(Namespace(2), { inbox: [hashes[1]].filter((h) => h !== undefined), ids: [] }),
  ]);
});

test("an empty block has no leaves, and closing it twice gives the same", () => {
  const { draft, leaves } = fundedChain().propose();
  expect(leaves).toEqual([]);
  expect(draft.finish()).toBe(draft.finish());
  expect(() => draft.admit(transactionId(transaction()), transaction())).toThrow("finished");
});

test("clients are told what the order would do, by a code of its own for each rule", () => {
  const { ledger } = fundedChain({ sealingRequired: true, senderMayPay: true }, fee);
  const at = Height(ledger.final.height + 1);
  const sealed = transaction({}, { version: 1 });
  const check = (envelope: Parameters<typeof transaction>[0]): string | undefined =>
    ledger.check(transaction(envelope, { version: 1 }), at);
  expect(check({})).toBeUndefined();
  expect(check({ namespace: Namespace(9) })).toBe("UNKNOWN_NAMESPACE");
  expect(check({ chainId: 5 })).toBe("WRONG_CHAIN");
  expect(check({ expiry: Height(at - 1) })).toBe("EXPIRED");
  expect(check({ expiry: Height(at + limits.expiryHorizon + 1) })).toBe("EXPIRY_TOO_FAR");
  expect(check({ feeCap: fee - 1 })).toBe("FEE_CAP_TOO_LOW");
  expect(check({ payer: "sender" })).toBe("BALANCE_TOO_LOW");
  expect(ledger.check(transaction(), at)).toBe("SEALING_REQUIRED");
  expect(fundedChain().ledger.check(transaction({ payer: "sender" }), at)).toBe(
    "SENDER_MAY_NOT_PAY",
  );
  expect(ledger.policyOf(Namespace(0))).toEqual({
    ...openPolicy,
    sealingRequired: true,
    senderMayPay: true,
  });
  expect(ledger.check(sealed, at, transactionId(sealed))).toBeUndefined();
});

test("a client's copy of what was ordered is recognized by its id", () => {
  const chain = fundedChain();
  chain.add({ transactions: [transaction()] });
  const at = Height(chain.ledger.final.height + 1);
  expect(chain.ledger.check(transaction(), at, transactionId(transaction()))).toBe("ALREADY_SEEN");
});
