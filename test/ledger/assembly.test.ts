import { expect, test } from "vitest";
import {
  type Candidate,
  checkNamespace,
  controlNamespace,
  Epoch,
  fromControlTransaction,
  type Genesis,
  Height,
  type L1Event,
  limits,
  Namespace,
  namespacesRoot,
  proveNamespace,
  type SealedTransaction,
  toControlTransaction,
  transactionId,
} from "../../protocol/index.ts";
import {
  bytes,
  Chain,
  fee,
  funded,
  genesisOf,
  snapshotOf,
  subscribed,
  transaction,
} from "./chain.ts";

const candidate = (fill: number): Candidate => ({
  publicKey: bytes(48, fill),
  networkKey: bytes(32, fill),
});
const [member, joiner, stranger] = [candidate(1), candidate(2), candidate(3)];

function genesisWith(committee: Partial<Genesis["committee"]> = {}): Genesis {
  const genesis = genesisOf();
  const members = [{ ...member, verificationKey: bytes(96) }];
  return { ...genesis, committee: { ...genesis.committee, members, ...committee } };
}

function prepared(candidates: readonly Candidate[], epoch = 2): L1Event {
  return { type: "prepared", epoch: Epoch(epoch), candidates };
}

/** What somebody says; every `word` is another transaction. */
function control(author: Candidate, word = 0, expiry = 50): SealedTransaction {
  return toControlTransaction(
    {
      author: author.networkKey,
      epoch: Epoch(2),
      attempt: word,
      keyId: 1,
      content: { type: "ack", dealers: [1] },
    },
    { chainId: 31_337, expiry: Height(expiry), sign: () => bytes(64) },
  );
}

test("members may speak, and from the block on that has read it whomever L1 names for the next committee", () => {
  const chain = new Chain({ genesis: genesisWith() });
  const transactions = [control(member), control(joiner), control(stranger)];
  expect(chain.add({ transactions }).drops).toEqual([undefined, "policy", "policy"]);
  const l1 = chain.l1.add(prepared([member, joiner]));
  expect(chain.add({ l1, transactions: [control(joiner), control(stranger)] }).drops).toEqual([
    undefined,
    "policy",
  ]);
  expect(chain.ledger.candidates).toEqual([member, joiner]);
});

test("a later naming takes the place of an earlier, and one for another epoch names nobody", () => {
  const chain = new Chain({ genesis: genesisWith() });
  chain.add({ l1: chain.l1.add(prepared([joiner]), prepared([stranger])) });
  expect(chain.ledger.candidates).toEqual([stranger]);
  expect(chain.add({ transactions: [control(joiner)] }).drops).toEqual(["policy"]);
  chain.add({ l1: chain.l1.add(prepared([joiner], 3)) });
  expect(chain.ledger.candidates).toBeUndefined();
  expect(chain.add({ transactions: [control(stranger)] }).drops).toEqual(["policy"]);
});

test("what is said pays nothing, stands behind all rollups, and completeness covers it", () => {
  const chain = new Chain({ genesis: genesisWith() });
  chain.open(chain.add({ l1: chain.l1.add(subscribed(0), funded(0, 10 * fee)) }));
  const said = [control(member, 2), control(member, 1)];
  const [first, second] = said;
  const transactions = [first, transaction(), second].filter((each) => each !== undefined);
  const block = chain.add({ transactions });
  expect(block.drops).toEqual([undefined, undefined, undefined]);
  expect(block.ordered.map(({ transaction: each }) => each.version)).toEqual([0, 2, 2]);
  expect(chain.ledger.namespaces()[0]?.balance).toBe(9 * fee);
  const root = namespacesRoot(block.leaves);
  const proof = proveNamespace(block.leaves, controlNamespace);
  expect(checkNamespace(root, controlNamespace, proof)).toMatchObject({ count: 2, inbox: 0 });
  expect(chain.open(block).batches.map(({ namespace }) => namespace)).toEqual([0]);
});

test("it is ordered once, within the time in which it means something", () => {
  const chain = new Chain({ genesis: genesisWith() });
  chain.add();
  const expired = control(member, 1, chain.ledger.final.height);
  const last = control(member, 2, chain.ledger.final.height + 1);
  const far = control(member, 3, chain.ledger.final.height + 2 + limits.expiryHorizon);
  const transactions = [expired, last, last, far];
  expect(chain.add({ transactions }).drops).toEqual(["expired", undefined, "seen", "policy"]);
});

test("nobody says more than so much within so many heights, and then it begins anew", () => {
  const chain = new Chain({ genesis: genesisWith() });
  const words = Array.from({ length: limits.controlsPerSpanMax + 1 }, (_, i) => i);
  const expiry = 2 * limits.controlSpan;
  const [half, rest] = [words.slice(0, 10), words.slice(10)].map((part) =>
    part.map((word) => control(member, word, expiry)),
  );
  chain.add({ transactions: half ?? [] });
  const parent = chain.propose({ transactions: rest ?? [] });
  expect(parent.drops.filter((drop) => drop !== undefined)).toEqual(["policy"]);
  expect(chain.propose({ parent, transactions: [control(member, 99, expiry)] }).drops).toEqual([
    "policy",
  ]);
  chain.finalize(parent);
  const height = chain.ledger.final.height;
  expect(chain.ledger.check(control(member, 99, expiry), height)).toBe("SAID_TOO_MUCH");
  while (chain.ledger.final.height < limits.controlSpan - 1) chain.add();
  expect(chain.add({ transactions: [control(member, 99, expiry)] }).drops).toEqual([undefined]);
});

test("what has another form than control transactions have is dropped", () => {
  const chain = new Chain({ genesis: genesisWith() });
  const good = control(member);
  const strays = [
    { ...good, body: bytes(3) },
    { ...good, envelope: { ...good.envelope, namespace: Namespace(0) } },
    { ...good, envelope: { ...good.envelope, chainId: 1 } },
    { ...good, version: 0 as const },
    { ...good, version: 1 as const },
  ];
  expect(chain.add({ transactions: strays }).drops).toEqual([
    "policy",
    "policy",
    "policy",
    "unknown-namespace",
    "unknown-namespace",
  ]);
  expect(fromControlTransaction(good)).toBeDefined();
});

test("a ledger made from a snapshot knows who may speak, and who has said how much", () => {
  const chain = new Chain({ genesis: genesisWith() });
  const words = Array.from({ length: limits.controlsPerSpanMax }, (_, i) => control(joiner, i));
  const l1 = chain.l1.add(prepared([joiner]));
  chain.open(chain.add({ l1, transactions: words }));
  const { genesis } = chain;
  const again = new Chain({ l1: chain.l1, genesis, snapshot: snapshotOf(chain) });
  expect(again.ledger.candidates).toEqual([joiner]);
  expect(snapshotOf(again)).toEqual(snapshotOf(chain));
  expect(again.add({ transactions: [control(joiner, 99), control(member)] }).drops).toEqual([
    "policy",
    undefined,
  ]);
});

test("before the committee has a key nothing sealed is ordered", () => {
  const chain = new Chain({ genesis: genesisWith({ sealing: undefined }) });
  chain.add({ l1: chain.l1.add(subscribed(0), funded(0, 10 * fee)) });
  const sealed = transaction({}, { version: 1 });
  expect(chain.add({ transactions: [sealed, transaction()] }).drops).toEqual(["policy", undefined]);
  expect(chain.ledger.check(sealed, chain.ledger.final.height)).toBe("SEALING_NOT_READY");
  expect(transactionId(sealed)).not.toEqual(transactionId(transaction()));
});
