// From what is prepaid to who is paid, through the nodes' ledger and the true contracts: nothing is created or lost.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { decodeTotals } from "../../ledger/snapshot.ts";
import { limits, Namespace, rollupProof, rollupsRoot } from "../../protocol/index.ts";
import * as ledgers from "../ledger/chain.ts";
import {
  call,
  Chain,
  checkpointOf,
  defined,
  hex,
  send,
  TestCommittee,
  totalsOf,
} from "./support/chain.ts";

let chain: Chain;

beforeAll(async () => {
  chain = await Chain.open();
}, 120_000);

const poster = `0x${"77".repeat(20)}`;
const round = fc.record({
  fund: fc.nat({ max: 500_000 }),
  reserve: fc.nat({ max: 5 }),
  sizes: fc.array(fc.integer({ min: 1, max: limits.transactionBodyBytesMax }), { maxLength: 6 }),
});

test("whatever is prepaid is held, or has gone to stake, poster or treasury, to the last unit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
      const committee = TestCommittee.ofEqual(1, 1);
      const hub = await chain.deployHub(committee);
      const rollups = await chain.rollupsOf(hub);
      for (const _ of [0, 1]) await chain.deploySettlement(hub);
      const owner = defined((await chain.ethers.getSigners())[0]).address;
      const registry = await rollups.getAddress();
      const stake = await (await chain.stakeOf(hub)).getAddress();
      const node = new ledgers.Chain();
      node.open(node.add({ l1: node.l1.add(ledgers.subscribed(0), ledgers.subscribed(1)) }));
      const before = { poster: await balanceOf(poster), treasury: await balanceOf(owner) };
      let prepaid = 0n;
      for (const [i, { fund, reserve, sizes }] of rounds.entries()) {
        await send(chain.token, "mint", owner, fund);
        await send(chain.token, "approve", registry, fund);
        await send(rollups, "fund", i % 2, fund);
        prepaid += BigInt(fund);
        const l1 = node.l1.add(ledgers.funded(i % 2, fund), ledgers.reserveSet(i % 2, reserve));
        const transactions = sizes.map((size, place) =>
          ledgers.transaction(
            { namespace: Namespace(place % 2), nonce: 10 * i + place, feeCap: 1e9 },
            { body: "x".repeat(size) },
          ),
        );
        node.open(node.add({ l1, transactions }));
        const leaves = defined(decodeTotals(node.ledger.totalsSnapshot())).rollups;
        await chain.finalize(hub, committee, checkpointOf(i + 1, rollupsRoot(leaves)));
        for (const leaf of leaves) {
          const proof = rollupProof(leaves, leaf.namespace).map(hex);
          await send(rollups, "collect", leaf.namespace, i + 1, totalsOf(leaf), proof, poster);
          const account = await call<readonly bigint[]>(rollups, "accountOf", leaf.namespace);
          expect(account.slice(1, 3)).toEqual([BigInt(leaf.spent), BigInt(leaf.earned)]);
          if (account[2] !== account[3]) await send(rollups, "withdraw", leaf.namespace);
        }
        const unspent = node.ledger.namespaces().reduce((sum, { balance }) => sum + balance, 0);
        // All that was earned has been withdrawn, so the registry holds what the ledger calls balances.
        expect(await balanceOf(registry)).toBe(BigInt(unspent));
        const paid = {
          stake: await balanceOf(stake),
          poster: (await balanceOf(poster)) - before.poster,
          treasury: (await balanceOf(owner)) - before.treasury,
        };
        expect(BigInt(unspent) + paid.stake + paid.poster + paid.treasury).toBe(prepaid);
      }
    }),
    { numRuns: 4 },
  );
}, 120_000);

async function balanceOf(address: string): Promise<bigint> {
  return call<bigint>(chain.token, "balanceOf", address);
}
