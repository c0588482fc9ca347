import { beforeAll, expect, test } from "vitest";
import { type Withdrawal, genesisState } from "../../../rollup/engine/index.ts";
import { Executor, noProgress } from "../../../rollup/node/index.ts";
import { proofsOf } from "../../../rollup/node/proofs.ts";
import { inlineSigners } from "../../../rollup/signatures/index.ts";
import { rootOfProof, type RootParts, stateRoot, StateTrees } from "../../../rollup/state/index.ts";
import { fromHex, hexJson, keccak256 } from "../../../sdk/index.ts";
import { limit, rollupParameters } from "../engine/world.ts";
import { domain, RollupChain, signed, spec } from "./specs.ts";

interface Proof {
  readonly index: number;
  readonly count: number;
  readonly leaf: string;
  readonly siblings: readonly string[];
}

const withdrawals: Withdrawal[] = [];
let executor: Executor;

/** Two trade with each other, and the third withdraws. */
beforeAll(async () => {
  const state = genesisState(rollupParameters);
  const trees = new StateTrees(spec.rollupId, state, []);
  const store = { commit: () => Promise.resolve(), move: () => Promise.resolve() };
  const signers = inlineSigners(domain);
  executor = new Executor({ state, trees, progress: noProgress }, { spec, signers, store });
  executor.subscribe(({ outcome }) => void withdrawals.push(...outcome.withdrawals));
  const chain = await new RollupChain().open();
  const to = new Uint8Array(20).fill(4);
  await chain.add(
    signed(0, { actions: [limit(true, 600_000, 5)] }),
    signed(1, { actions: [limit(false, 600_000, 5)] }),
    signed(2, { actions: [{ type: "withdraw", tokenAmount: 5n, to }] }),
  );
  for (const block of chain.blocks()) await executor.apply(block);
});

function rootOf({ index, count, leaf, siblings }: Proof): string | undefined {
  const root = rootOfProof({
    index,
    count,
    leaf: keccak256(bytes(leaf)),
    siblings: siblings.map(bytes),
  });
  return root && hexJson(root);
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array();
}

test("an account, the markets that it is in and a withdrawal lead up to the root, without asking anybody", () => {
  const proof = proofsOf(executor, { account: 2, withdrawal: 0 }, withdrawals);
  const parts = proof["parts"] as Record<keyof RootParts, string | number>;
  const account = proof["account"] as Proof & { readonly markets: readonly Proof[] };
  expect(rootOf(account)).toBe(parts.accounts);
  expect(account.markets).toHaveLength(1);
  for (const market of account.markets) expect(rootOf(market)).toBe(parts.markets);
  expect(rootOf(proof["withdrawal"] as Proof)).toBe(parts.outbox);
  expect(hexJson(keccak256(bytes(String(proof["globals"]))))).toBe(parts.globals);
  const plain = Object.entries(parts).map(([name, value]) => [
    name,
    typeof value === "string" ? bytes(value) : value,
  ]);
  const root = stateRoot(Object.fromEntries(plain));
  expect(root).toEqual(executor.root);
  expect(proof["root"]).toBe(hexJson(root));
});

test("who has no position needs no marks, and what is not there is not proven", () => {
  const { account } = proofsOf(executor, { account: 4, withdrawal: undefined }, []);
  expect(account).toMatchObject({ index: 4, markets: [] });
  for (const wanted of [
    { account: 5, withdrawal: undefined },
    { account: undefined, withdrawal: 1 },
  ])
    expect(() => proofsOf(executor, wanted, withdrawals)).toThrow(
      expect.objectContaining({ code: "NO_SUCH_LEAF" }),
    );
});
