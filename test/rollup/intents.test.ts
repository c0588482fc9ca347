import { recoverAddress, Signature, TypedDataEncoder, Wallet } from "ethers";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Action,
  type ActionList,
  actionsDigest,
  hashAction,
  type Order,
  type RollupDomain,
  signActions,
  signerOfActions,
} from "../../rollup/index.ts";
import { toHex, unreachable } from "../../sdk/index.ts";
import { anyAction, anyList, domain, plainList, traderKey } from "./lists.ts";

const guard = [
  { name: "market", type: "uint32" },
  { name: "op", type: "uint8" },
  { name: "priceTicks", type: "uint32" },
  { name: "maxAgeMs", type: "uint32" },
];
const order = [
  { name: "market", type: "uint32" },
  { name: "isBuy", type: "bool" },
  { name: "priceTicks", type: "uint32" },
  { name: "lots", type: "uint64" },
  { name: "tif", type: "uint8" },
  { name: "flags", type: "uint8" },
  { name: "validUntilMs", type: "uint64" },
  { name: "clientId", type: "uint64" },
  { name: "guard", type: "Guard" },
];
const cancel = [
  { name: "market", type: "uint32" },
  { name: "orderNonce", type: "uint64" },
];
const replace = [
  { name: "orderNonce", type: "uint64" },
  { name: "order", type: "Order" },
];
const transfer = [
  { name: "to", type: "uint32" },
  { name: "quanta", type: "uint128" },
];
const withdraw = [
  { name: "tokenAmount", type: "uint128" },
  { name: "to", type: "address" },
];
const sessionKey = [
  { name: "key", type: "uint8" },
  { name: "signer", type: "address" },
  { name: "scopes", type: "uint8" },
  { name: "markets", type: "uint32[]" },
  { name: "expiryMs", type: "uint64" },
  { name: "maxNotional", type: "uint128" },
];
const actions = [
  { name: "account", type: "uint32" },
  { name: "key", type: "uint8" },
  { name: "nonce", type: "uint64" },
  { name: "validUntilMs", type: "uint64" },
  { name: "relayTip", type: "uint128" },
  { name: "relayer", type: "address" },
  { name: "actionHashes", type: "bytes32[]" },
];

test("an action's hash is what ethers computes", () => {
  fc.assert(
    fc.property(anyAction, (action) => {
      expect(hex(hashAction(action))).toBe(ethersHash(action));
    }),
    { numRuns: 120 },
  );
});

test("a list's digest is what ethers computes", () => {
  fc.assert(
    fc.property(anyList, (list) => {
      expect(hex(actionsDigest(domain, list))).toBe(
        TypedDataEncoder.hash(ethersDomain(domain), { Actions: actions }, ethersMessage(list)),
      );
    }),
    { numRuns: 25 },
  );
});

test("a wallet's signature is recovered here, and ours there", async () => {
  const wallet = new Wallet(hex(traderKey));
  const list = plainList();
  const theirs = Signature.from(
    await wallet.signTypedData(ethersDomain(domain), { Actions: actions }, ethersMessage(list)),
  );
  const { signature } = signActions(domain, list, traderKey);
  // The same key, digest and nonce rule give the same signature; only v is written differently.
  expect(hex(signature)).toBe(`${theirs.r}${theirs.s.slice(2)}0${theirs.yParity}`);
  const signer = signerOfActions(domain, { list, signature });
  expect(signer && hex(signer)).toBe(wallet.address.toLowerCase());
  expect(recoverAddress(hex(actionsDigest(domain, list)), theirs)).toBe(wallet.address);
});

test("a signature holds for no other rollup, chain, contract, list or order of actions", () => {
  const list = plainList({
    actions: [
      { type: "cancel", market: 1, orderNonce: 1 },
      { type: "cancel", market: 2, orderNonce: 2 },
    ],
  });
  const { signature } = signActions(domain, list, traderKey);
  const signer = signerOfActions(domain, { list, signature });
  for (const [otherDomain, otherList] of [
    [{ ...domain, rollupId: 8 }, list],
    [{ ...domain, chainId: 1 }, list],
    [{ ...domain, settlement: new Uint8Array(20) }, list],
    [domain, { ...list, nonce: 2 }],
    [domain, { ...list, relayTip: 1n }],
    [domain, { ...list, actions: list.actions.toReversed() }],
  ] as const)
    expect(signerOfActions(otherDomain, { list: otherList, signature })).not.toEqual(signer);
});

function ethersHash(action: Action): string {
  const hash = TypedDataEncoder.hashStruct.bind(TypedDataEncoder);
  switch (action.type) {
    case "order":
      return hash("Order", { Order: order, Guard: guard }, ethersOrder(action));
    case "cancel":
      return hash("Cancel", { Cancel: cancel }, action);
    case "replace":
      return hash(
        "Replace",
        { Replace: replace, Order: order, Guard: guard },
        { ...action, order: ethersOrder(action.order) },
      );
    case "transfer":
      return hash("Transfer", { Transfer: transfer }, action);
    case "withdraw":
      return hash("Withdraw", { Withdraw: withdraw }, { ...action, to: hex(action.to) });
    case "authorize": {
      const message = { ...action, signer: hex(action.address) };
      return hash("SessionKey", { SessionKey: sessionKey }, message);
    }
    default:
      return unreachable(action);
  }
}

function ethersOrder({ timeInForce: tif, guard: given, ...rest }: Order): Record<string, unknown> {
  const none = { market: 0, op: 0, priceTicks: 0, maxAgeMs: 0 };
  return { ...rest, tif, guard: given ?? none };
}

function ethersDomain({ chainId, settlement, rollupId }: RollupDomain): object {
  return {
    name: "DerivRollup",
    version: "1",
    chainId,
    verifyingContract: hex(settlement),
    salt: `0x${rollupId.toString(16).padStart(64, "0")}`,
  };
}

function ethersMessage(list: ActionList): Record<string, unknown> {
  const { actions: listed, relayer, ...rest } = list;
  return { ...rest, relayer: hex(relayer), actionHashes: listed.map(ethersHash) };
}

function hex(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}
